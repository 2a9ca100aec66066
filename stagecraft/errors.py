"""Every way a command can end badly: one class an exit code (spec/exit-codes.md).

An error is part of the interface: what happened, where (file:line, host or service), and what to do next.
"""

from typing import ClassVar


class StagecraftError(Exception):
    """Something a person has to know. `hint` names the next thing to do or to type."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", place: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class ConfigError(StagecraftError):
    """A usage or configuration error; nothing was touched."""

    exit_code = 2


class UnavailableError(StagecraftError):
    """Something outside is missing or unreachable; nothing was touched."""

    exit_code = 3


class LockBusyError(StagecraftError):
    """Another run holds the environment's lock."""

    exit_code = 4


class StepFailedError(StagecraftError):
    """One step failed; `log` holds the last lines of what failed, redacted.

    The executor turns it into the phase's outcome and raises `PhaseFailedError`.
    """

    exit_code = 5

    def __init__(self, message: str, *, hint: str = "", place: str = "", log: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint, place=place)
        self.log = log
        self.actions: tuple[str, ...] = ()


class RefusedError(StagecraftError):
    """The rollback target or the saved plan cannot be used, or the person declined."""

    exit_code = 6


class StepRefusedError(StepFailedError, RefusedError):
    """A step must not run before a person has decided; the phase ends with exit code 6."""

    exit_code = 6


class StepBusyError(StepFailedError, LockBusyError):
    """A step found a lock of the database taken; the phase ends with exit code 4."""

    exit_code = 4


class PhaseFailedError(StepFailedError):
    """A phase failed and the release is recorded as failed."""

    exit_code = 5


class PhaseRefusedError(PhaseFailedError, RefusedError):
    """A phase stopped because a person has to decide first; the release is recorded as failed."""

    exit_code = 6


class PhaseBusyError(PhaseFailedError, LockBusyError):
    """A phase stopped because another run holds a lock in the database; the release is recorded as failed."""

    exit_code = 4


class StoreError(StagecraftError):
    """The release store cannot be read or written.

    `record` is the text of the record that could not be stored, if there is one: it is printed to stderr, so
    that it can be saved by hand.
    """

    exit_code = 7

    def __init__(self, message: str, *, hint: str = "", place: str = "", record: str = "") -> None:
        super().__init__(message, hint=hint, place=place)
        self.record = record


class MixedHostsError(PhaseFailedError):
    """A phase failed and some hosts are left on the new release."""

    exit_code = 8


class InterruptedRunError(StagecraftError):
    """A signal ended the run; the release is recorded as interrupted. Exit code 128 + signal."""

    def __init__(self, signal: int, message: str = "interrupted", *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.signal = signal
