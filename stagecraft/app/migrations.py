"""Migrations as they run: the record before, during and after, and whatever engine does it."""

from collections.abc import Callable, Mapping
from typing import Protocol

from stagecraft.app import migration_past
from stagecraft.app.migration_entry import Entry
from stagecraft.app.migration_past import Past
from stagecraft.engine.ports import Clock, Record
from stagecraft.errors import (
    ConfigError,
    LockBusyError,
    RefusedError,
    StagecraftError,
    StepBusyError,
    StepFailedError,
    StepRefusedError,
)
from stagecraft.model.release import Release
from stagecraft.model.step import Migrate
from stagecraft.store.file import FileStore


class Engine(Protocol):
    """The hands of one way to migrate; its brain is in `migrators`."""

    def run(self, step: Migrate, release: Release, past: Past, entry: Entry, deadline: float) -> None:
        """Run one migration to its end and record it through `entry`. Raises StagecraftError subclasses."""
        ...

    def cancel(self) -> None:
        """End what is under way; idempotent, from any thread."""
        ...


class Migrations:
    """Runs migrations; callable as `StepRunner.migrate`."""

    def __init__(self, engines: Mapping[str, Engine], store: FileStore, clock: Clock) -> None:
        """`engines` are the hands by the name that `engine:` gives them."""
        self._engines = engines
        self._store = store
        self._clock = clock

    def __call__(self, step: Migrate, release: Release, deadline: float, record: Record) -> None:
        """Run one migration. Raises StepFailedError; UnavailableError if nothing of it was begun."""
        earlier = migration_past.releases(self._store, release.environment, before=release.number)
        past = migration_past.past(earlier, step.work.name)
        if step.work.timeout is not None:
            deadline = min(deadline, self._clock.monotonic() + step.work.timeout)
        entry = Entry(step, record, self._clock.now)
        _as_step(lambda: self._engines[step.work.engine].run(step, release, past, entry, deadline))

    def cancel(self) -> None:
        """End what is under way."""
        for engine in self._engines.values():
            engine.cancel()


def _as_step(run: Callable[[], None]) -> None:
    """Run it; what the executor would not know how to record becomes the failure of a step."""
    try:
        run()
    except StepFailedError:
        raise
    except RefusedError as error:
        raise _like(error, StepRefusedError) from error
    except LockBusyError as error:
        raise _like(error, StepBusyError) from error
    except ConfigError as error:
        raise _like(error, StepFailedError) from error


def _like(error: StagecraftError, kind: type[StepFailedError]) -> StepFailedError:
    return kind(error.message, hint=error.hint, place=error.place)
