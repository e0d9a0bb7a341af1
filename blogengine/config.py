"""Where this installation lives: the instance folder, its database, its secret key."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from blogengine.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Config:
    """One installation's fixed facts, read from the environment and the instance folder.

    `database_url` is an SQLAlchemy URL. `proxies` is how many trusted proxies stand in front (their
    `X-Forwarded-*` are believed). `comment_rate_limit` is False when load tests lifted the limit.
    """

    instance: Path
    database_url: str
    secret_key: str
    url: str = ""
    """Absolute address set by the environment; wins over the setting."""
    proxies: int = 0
    comment_rate_limit: bool = True
    safe_mode: bool = False
    hook_seconds: float = 10.0
    """Seconds after which a plugin's hook that has not come back counts as hanging."""
    scratch: Path | None = None
    """In a trial, the folder that stands in for `run` and is deleted after it."""

    @property
    def media_folder(self) -> Path:
        """Folder of uploaded and imported files."""
        return self.instance / "media"

    @property
    def drop_in_folder(self) -> Path:
        """Folder of drop-in plugins."""
        return self.instance / "plugins"

    @property
    def run_folder(self) -> Path:
        """Folder of what running processes leave for each other."""
        return self.scratch or self.instance / "run"


def find_instance(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the instance folder: `given`, else `BLOGENGINE_INSTANCE`, else `./instance`."""
    return Path(given or os.environ.get("BLOGENGINE_INSTANCE") or "instance").absolute()


def load_config(
    instance: str | os.PathLike[str] | None = None, *, create: bool = True, safe_mode: bool = False
) -> Config:
    """Read the configuration of the instance folder, which is made with its secret key when missing.

    Raises `ConfigError` when the folder is missing and `create` is False, or cannot be written.
    """
    folder = find_instance(instance)
    if not folder.is_dir():
        if not create:
            raise ConfigError(
                f"There is no instance folder at {folder}.",
                hint="Run `blogengine init` to make one, or name another with --instance.",
            )
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise ConfigError(
                f"The instance folder {folder} cannot be made: {error.strerror}.",
                hint="Choose a folder you may write to with --instance.",
            ) from error
    url = os.environ.get("BLOGENGINE_DATABASE_URL") or f"sqlite:///{folder / 'blog.db'}"
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    return Config(
        instance=folder,
        database_url=url,
        secret_key=_secret_key(folder),
        url=os.environ.get("BLOGENGINE_URL", "").rstrip("/"),
        proxies=_number("BLOGENGINE_PROXIES", 0),
        comment_rate_limit=os.environ.get("BLOGENGINE_COMMENT_RATE_LIMIT", "on").lower() != "off",
        safe_mode=safe_mode or os.environ.get("BLOGENGINE_SAFE_MODE", "") not in ("", "0"),
        hook_seconds=float(max(1, _number("BLOGENGINE_HOOK_SECONDS", 10))),
    )


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdigit():
        raise ConfigError(f"The environment variable {name} is {text!r}.", hint="It must be a whole number.")
    return int(text)


def _secret_key(folder: Path) -> str:
    path = folder / "secret_key"
    try:
        key = path.read_text(encoding="ascii").strip()
        if len(key) < 32:
            raise ConfigError(
                f"The secret key in {path} is shorter than 32 characters.",
                hint="Delete the file: a new key is made at the next start, and everybody signs in again.",
            )
        return key
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The secret key {path} cannot be read: {error}.", hint="Mend its permissions (600) or delete it."
        ) from error
    key = secrets.token_urlsafe(48)
    scratch = folder / f".secret_key.{os.getpid()}"
    try:
        with open(
            os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
        ) as file:
            file.write(key + "\n")
        try:
            os.link(scratch, path)  # never over a key that another process has just written
        except FileExistsError:
            return _secret_key(folder)
        finally:
            scratch.unlink()
    except OSError as error:
        raise ConfigError(
            f"The secret key {path} cannot be written: {error.strerror}.",
            hint="Make the instance folder writable for this user.",
        ) from error
    return key
