"""The exceptions of this package. Each has a stable ``code``, the same as in Node and in the HTTP API, and a ``hint``."""

from __future__ import annotations


class StingError(Exception):
    """Anything that goes wrong in STING."""

    code: str
    hint: str

    def __init__(self, message: str, code: str = "error", hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint

    def __reduce__(self) -> tuple[type[StingError], tuple[str, str, str]]:
        return type(self), (str(self), self.code, self.hint)


class ConfigError(StingError, ValueError):
    """A setting that cannot work."""


class ModelError(StingError):
    """A model that cannot be loaded or that failed."""


class StoreError(StingError):
    """A store that cannot be opened, written or trusted."""


class RuleError(StingError):
    """A detection rule that cannot be used: ``path`` and ``line`` say where, ``message`` says why."""

    path: str
    line: int

    def __init__(
        self, message: str, code: str = "rule", hint: str = "", path: str = "", line: int = 0
    ) -> None:
        super().__init__(message, code, hint)
        self.path = path
        self.line = line

    @property
    def message(self) -> str:
        return str(self.args[0])

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.path else self.message

    def __reduce__(self) -> tuple[type[RuleError], tuple[str, str, str, str, int]]:  # type: ignore[override]
        return type(self), (self.message, self.code, self.hint, self.path, self.line)


class SourceError(StingError, OSError):
    """A source that cannot be read."""

    # OSError builds its message from its own arguments; ours is the one given.
    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class CancelledError(StingError):
    """A call that was cancelled."""
