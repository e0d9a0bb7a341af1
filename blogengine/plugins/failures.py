"""What plugins did wrong in this process: noted at once, stored by whoever takes it."""

import hashlib
import logging
import re
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from blogengine.secret import redact

log = logging.getLogger("blogengine.plugins")


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure. `muting` is true for the one that made the hook mute, `hanging` for one that never came back."""

    plugin_id: str
    hook: str
    message: str
    traceback: str
    fingerprint: str
    at: float
    muting: bool
    hanging: bool = False


class FailureLog:
    """The failures of this process which are not yet stored; bounded, oldest dropped first."""

    def __init__(self) -> None:
        self._failures: deque[Failure] = deque(maxlen=500)
        self.listener: Callable[[Failure], None] | None = None
        """Is told of each failure as it happens."""
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._failures)

    def add(self, plugin_id: str, hook: str, error: BaseException, *, muting: bool = False) -> Failure:
        """Note that `hook` of `plugin_id` raised `error`."""
        frames = traceback.extract_tb(error.__traceback__)
        last = frames[-1] if frames else None
        return self._add(
            plugin_id,
            hook,
            redact(f"{type(error).__name__}: {_said_by(error)}")[:500],
            redact("".join(traceback.format_exception(error)))[-8000:],
            f"{type(error).__name__}|{last.filename}:{last.lineno}" if last else type(error).__name__,
            muting,
        )

    def note(
        self,
        plugin_id: str,
        hook: str,
        message: str,
        frame: FrameType | None = None,
        *,
        muting: bool = False,
        hanging: bool = False,
    ) -> Failure:
        """Note what `hook` of `plugin_id` did wrong without raising, such as taking long; `frame` is where it is now."""
        stack = traceback.extract_stack(frame) if frame is not None else []
        return self._add(
            plugin_id,
            hook,
            redact(message),
            "".join(traceback.format_list(stack))[-8000:],
            "hanging" if hanging else re.sub("[0-9.]+", "", message),
            muting,
            hanging,
        )

    def _add(
        self,
        plugin_id: str,
        hook: str,
        message: str,
        trace: str,
        place: str,
        muting: bool,
        hanging: bool = False,
    ) -> Failure:
        key = f"{plugin_id}|{hook}|{place}"
        fingerprint = hashlib.sha256(key.encode(errors="replace")).hexdigest()[:16]
        failure = Failure(
            plugin_id, hook, _storable(message), _storable(trace), fingerprint, time.time(), muting, hanging
        )
        with self._lock:
            self._failures.append(failure)
        log.error("plugin %s failed in %s: %s", plugin_id, hook, failure.message)
        if self.listener is not None:
            self.listener(failure)
        return failure

    def put_back(self, failures: list[Failure]) -> None:
        """Keep failures that could not be stored for the next time."""
        with self._lock:
            self._failures.extendleft(reversed(failures))

    def take(self) -> list[Failure]:
        """Return what was noted since the last call."""
        with self._lock:
            failures = list(self._failures)
            self._failures.clear()
        return failures


def _said_by(error: BaseException) -> str:
    """Return the words of an error; one whose own `__str__` fails has none."""
    try:
        return str(error)
    except BaseException:
        return "(it cannot be shown)"


def _storable(text: str) -> str:
    """Return `text` without what no database stores as text."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
