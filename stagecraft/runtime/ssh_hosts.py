"""The sessions of all hosts of a run: begun together, locked one after the other (spec/hosts.md)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from stagecraft.errors import LockBusyError, StagecraftError
from stagecraft.model.holder import Holder
from stagecraft.runtime.ssh import SshSession
from stagecraft.runtime.ssh_command import Target
from stagecraft.runtime.together import together

Begin = Callable[[Target], SshSession]


@dataclass(frozen=True)
class Opened:
    """What became of each host; every host is in one of the two."""

    sessions: Mapping[str, SshSession]
    problems: Mapping[str, StagecraftError]

    def close(self) -> None:
        """Close every session, side by side."""
        together(self.sessions.values(), SshSession.close)


def begin_all(targets: Iterable[Target], begin: Begin) -> Opened:
    """Start a session to every host, and wait for none; `wait_all` does."""
    sessions: dict[str, SshSession] = {}
    problems: dict[str, StagecraftError] = {}
    for target in targets:
        try:
            sessions[target.name] = begin(target)
        except StagecraftError as error:
            problems[target.name] = error
    return Opened(sessions, problems)


def wait_all(begun: Opened) -> Opened:
    """Return once every session that was begun is open or has failed.

    A host that fails does not keep the others from answering: the preflight reports every problem at once.
    """
    sessions: dict[str, SshSession] = {}
    problems = dict(begun.problems)
    for name, session in begun.sessions.items():
        try:
            sessions[name] = session.wait()
        except StagecraftError as error:
            problems[name] = error
    return Opened(sessions, problems)


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
