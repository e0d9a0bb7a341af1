"""The files of an export, from one file, a folder or a zip: names are only looked up, never written to."""

import io
import lzma
import os
import posixpath
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from typing import TYPE_CHECKING
from typing import BinaryIO

from blogengine.plugin import Refused

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_FILES = 200_000
MAX_FEED = 4_000_000_000
"""Bytes of one feed, unpacked: a zip of a few megabytes may claim more."""
MAX_SMALL = 2_000_000
"""Bytes of a settings file."""
NO_EXPORT = "Give the XML file of an old export, or a Google Takeout: its zip, or its folder."


@dataclass(frozen=True, slots=True)
class Archive:
    """Files by name, with `/` between folders. `place` is what messages call it."""

    place: str
    sizes: dict[str, int]
    _open: Callable[[str], BinaryIO]
    _zip: zipfile.ZipFile | None = None

    def __del__(self) -> None:
        if self._zip is not None:
            self._zip.close()

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading. Raises `Refused` when it cannot be or is larger than any real one."""
        if self.sizes[name] > MAX_FEED:
            raise Refused(f"{name} is larger than {MAX_FEED:,} bytes.", code="too_large")
        try:
            return self._open(name)
        except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            raise Refused(f"{name} in {self.place} cannot be read: {error}.", code="not_readable") from error

    def read(self, name: str) -> bytes:
        """Return the bytes of a small file."""
        with self.open(name) as file:
            data = file.read(MAX_SMALL + 1)
        if len(data) > MAX_SMALL:
            raise Refused(f"{name} is larger than {MAX_SMALL:,} bytes.", code="too_large")
        return data


def open_archive(path: Path) -> Archive:
    """Open an export: a feed's file with the settings beside it, a folder, or a zip."""
    try:
        if path.is_dir():
            return _folder(path)
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise Refused(
            f"{path} cannot be read: {error.strerror}.", code="not_readable", hint=NO_EXPORT
        ) from error
    if start.startswith(b"PK"):
        return _zip(path)
    if start.startswith(b"\x1f\x8b"):
        raise Refused(
            f"{path.name} is a .tgz file.", code="not_readable", hint="Unpack it and import the folder."
        )
    beside = {file.name: file for file in path.parent.iterdir() if file.suffix == ".csv" and file.is_file()}
    files = {path.name: path, **beside}
    return Archive(
        path.name,
        {name: file.stat().st_size for name, file in files.items()},
        lambda name: files[name].open("rb"),
    )


def _folder(root: Path) -> Archive:
    sizes: dict[str, int] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            file = Path(folder, name)
            if _is_rubbish(file.relative_to(root).as_posix()) or file.is_symlink() or not file.is_file():
                continue
            sizes[posixpath.join(root.resolve().name, file.relative_to(root).as_posix())] = (
                file.stat().st_size
            )
            if len(sizes) > MAX_FILES:
                raise Refused(
                    f"{root} holds more than {MAX_FILES:,} files.", code="too_large", hint=NO_EXPORT
                )
    return Archive(root.name, sizes, lambda name: (root.resolve().parent / name).open("rb"))


def _zip(path: Path) -> Archive:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise Refused(
            f"{path.name} is a damaged zip file: {error}.",
            code="not_readable",
            hint="Download or copy it again.",
        ) from error
    try:
        return _archive_of(archive, path)
    except Refused:
        archive.close()
        raise


def _archive_of(archive: zipfile.ZipFile, path: Path) -> Archive:
    members = {
        member.filename: member
        for member in archive.infolist()
        if not member.is_dir() and not _is_rubbish(member.filename)
    }
    if len(members) > MAX_FILES:
        raise Refused(f"{path.name} holds more than {MAX_FILES:,} files.", code="too_large")
    if any(
        member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members.values()
    ):
        raise Refused(
            f"{path.name} is packed in a way that Google does not use.",
            code="not_readable",
            hint="Unpack it and import the folder.",
        )
    if any(member.flag_bits & 1 for member in members.values()):
        raise Refused(
            f"{path.name} is encrypted.", code="not_readable", hint="Unpack it and import the folder."
        )
    return Archive(
        path.name,
        {name: member.file_size for name, member in members.items()},
        lambda name: io.BufferedReader(_Member(archive.open(members[name]), name, path.name)),
        archive,
    )


class _Member(io.RawIOBase):
    """A file in a zip whose damage is reported as such, wherever it is met."""

    def __init__(self, file: IO[bytes], name: str, place: str) -> None:
        self._file = file
        self._name = name
        self._place = place

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        try:
            data = self._file.read(len(view))
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
            raise Refused(
                f"{self._name} in {self._place} is damaged: {error}.",
                code="not_readable",
                hint="Download or copy it again. Nothing was imported.",
            ) from error

        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _is_rubbish(name: str) -> bool:
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1].startswith(".")
