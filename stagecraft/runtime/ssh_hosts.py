"""The sessions of all hosts of a run: opened together, locked one after the other (spec/hosts.md)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from stagecraft.errors import LockBusyError, StagecraftError
from stagecraft.model.holder import Holder
from stagecraft.runtime.ssh import SshSession
from stagecraft.runtime.ssh_command import Target
from stagecraft.runtime.together import together

Open = Callable[[Target], SshSession]


@dataclass(frozen=True)
class Opened:
    """What became of each host; every host is in one of the two."""

    sessions: Mapping[str, SshSession]
    problems: Mapping[str, StagecraftError]

    def close(self) -> None:
        """Close every session, side by side."""
        together(self.sessions.values(), SshSession.close)


def open_all(targets: Sequence[Target], open_one: Open) -> Opened:
    """Open every host's session side by side and return when all are open or have failed.

    A host that fails does not keep the others from answering: the preflight reports every problem at once.
    """

    def attempt(target: Target) -> SshSession | StagecraftError:
        try:
            return open_one(target)
        except StagecraftError as error:
            return error

    results = dict(zip((target.name for target in targets), together(targets, attempt), strict=True))
    return Opened(
        {name: result for name, result in results.items() if isinstance(result, SshSession)},
        {name: result for name, result in results.items() if isinstance(result, StagecraftError)},
    )


def lock_all(sessions: Mapping[str, SshSession], name: str, holder: Holder) -> None:
    """Take the lock `name` on every host, by host name, without waiting.

    The caller closes the sessions on failure, which lets go of those taken.

    Raises LockBusyError with the host and the holder's name; UnavailableError.
    """
    for host in sorted(sessions):
        try:
            sessions[host].lock(name, holder.model_dump_json())
        except LockBusyError as error:
            raise LockBusyError(
                f"another run holds the lock of `{name}`: {_described(error.message)}",
                hint="wait for it to end, then run the command again",
                place=host,
            ) from None


def _described(note: str) -> str:
    try:
        return Holder.model_validate_json(note).describe()
    except ValidationError:
        return "it has left no note"
