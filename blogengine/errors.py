"""Domain errors: each carries one sentence for the person who will read it, and what to do next."""


class BlogError(Exception):
    """Base of every error that this project raises on purpose."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class NotFound(BlogError):
    """The thing asked for is not there, or not for this reader."""


class Refused(BlogError):
    """A rule says no; `message` tells the person why. `code` is a stable word for tests and plugins."""

    def __init__(self, message: str, *, code: str = "refused", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class Invalid(BlogError):
    """Values do not fit; `problems` maps field names to sentences."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = problems


class Busy(BlogError):
    """The database could not take a write in time; nothing was stored, the same call may work later."""


class ConfigError(BlogError):
    """This installation is set up wrongly."""
