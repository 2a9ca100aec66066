"""What the engine needs from the world. `app` hands in the real things; tests hand in fakes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from stagecraft.model.events import Event
from stagecraft.model.header import Header
from stagecraft.model.holder import Holder
from stagecraft.model.outcome import Outcome
from stagecraft.model.release import Release
from stagecraft.model.step import Step


class Clock(Protocol):
    """Time, injected."""

    def now(self) -> datetime:
        """Return the time, UTC, with whole seconds."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds, or until the run is cancelled."""
        ...


class Observer(Protocol):
    """Whoever wants to know: the progress view, the JSON lines. Must not raise; called from any thread."""

    def __call__(self, event: Event) -> None:
        """Take one event."""
        ...


Shield = Callable[[], AbstractContextManager[None]]
"""Within it no signal raises: a store write is never torn by Ctrl-C; the signal raises when it ends."""


Edit = Callable[[Release], Release]
"""A change of the record."""

Record = Callable[[Edit], None]
"""Has a change recorded, in the midst of a step; returns when it is durable."""


class Runner(Protocol):
    """Turns a step into an effect. The only thing that touches Docker, SSH or a process."""

    def run(self, step: Step, release: Release, deadline: float, record: Record) -> Outcome:
        """Run one step to its end.

        `deadline` is on the clock's monotonic scale; a step that is not done by then fails. `record` is for
        what has to be on disk before or while the step does something.
        Called from worker threads, several steps of a wave at once.

        Raises StepFailedError.
        """
        ...

    def cancel(self) -> None:
        """End everything under way, with whole process groups; running steps then raise. Idempotent."""
        ...


class Session(Protocol):
    """The right to write one environment's releases, while its lock is held."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Return the file descriptors that every program the run starts has to inherit."""
        ...

    @property
    def settled(self) -> tuple[Header, ...]:
        """Return the dead releases that taking the lock has written down as interrupted."""
        ...

    def create(self, release: Release) -> Release:
        """Store a new release durably under the next number and return it with that number."""
        ...

    def update(self, release: Release) -> None:
        """Replace the record of the release created in this session; returns when it is durable.

        Raises StoreError: not ours, fenced, finished already, or the disk refused.
        """
        ...


class Store(Protocol):
    """Keeps releases. Readers never wait and never see half a record."""

    def exists(self) -> bool:
        """Return whether there is a store at all."""
        ...

    def headers(self, environment: str) -> Iterator[Header]:
        """Yield headers, newest first, lazily: the cost is that of the ones taken.

        A `running` release whose lock is free is yielded as `interrupted`. Damaged records are left out.
        """
        ...

    def read(self, environment: str, number: int) -> Release:
        """Return one release. Raises StoreError if there is none or both copies are damaged."""
        ...

    def environments(self) -> Sequence[str]:
        """Return the names of the environments that have releases, sorted."""
        ...

    def lock(self, environment: str, holder: Holder, wait: float = 0) -> AbstractContextManager[Session]:
        """Take the environment's lock, waiting up to `wait` seconds. Creates the store.

        Raises LockBusyError with the holder's name.
        """
        ...

    def holder(self, environment: str) -> Holder | None:
        """Return who holds the lock now, or None if it is free. Never waits, never creates anything."""
        ...

    def verify(self, environment: str) -> Sequence[str]:
        """Check every record and twin; return one sentence a problem found."""
        ...
