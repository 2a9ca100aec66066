"""The loop of a rollout: observe, ask, act, until nothing is left to do (spec/rollout.md).

It decides nothing about containers: `app` hands in the deciding function (`compose.next_actions`) and the
hands (`runtime`). What the loop knows is the order of things and time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, assert_never

from stagecraft.engine.ports import Clock, Observer
from stagecraft.errors import StepFailedError
from stagecraft.model import events
from stagecraft.model.action import Action, Fail, Remove, Rename, Up, Wait
from stagecraft.model.image import RunningImage
from stagecraft.model.observed import Observed, Progress, Wanted
from stagecraft.model.phase import HostStatus
from stagecraft.model.release import HostRecord

POLL = 0.1
"""Seconds between two looks while something is waited for."""

LOG_LINES = 50
"""How many log lines, and health outputs, of a failed container are shown and recorded."""

Decide = Callable[[Wanted, Observed, Progress], Sequence[Action]]


class Site(Protocol):
    """One Compose project with one text on one host: what the loop sees and touches.

    Every method may raise StepFailedError, and UnavailableError when the engine does not answer.
    """

    def observe(self) -> Observed:
        """Return every container of the project."""
        ...

    def up(self, services: Sequence[str], *, force: bool) -> None:
        """Bring these services, and no others, to the text; `force` replaces what would be kept."""
        ...

    def remove(self, containers: Sequence[str]) -> None:
        """Stop containers, by ID, with their own signal and grace period, and remove them without volumes."""
        ...

    def rename(self, container: str, name: str) -> None:
        """Give a container, by ID, another name."""
        ...

    def logs(self, container: str, lines: int) -> Sequence[str]:
        """Return the last lines a container, by name, wrote, as they are; best effort."""
        ...

    def running(self, observed: Observed) -> Mapping[str, RunningImage]:
        """Return, per service, the image its containers were made from."""
        ...


@dataclass(frozen=True)
class RolloutLoop:
    """Rollouts on one host."""

    host: str
    site: Site
    decide: Decide
    clock: Clock
    notify: Observer
    redact: Callable[[str], str]
    """Makes a line fit to be shown and recorded: secrets masked, control characters dropped."""

    def run(
        self, wanted: Wanted, *, health_timeout: float, deadline: float, observed: Observed | None = None
    ) -> HostRecord:
        """Bring the site to `wanted` and return what was done; without `text`, which the caller knows.

        `health_timeout` is in seconds for each service, `deadline` on the clock's monotonic scale. `observed`
        saves the first look, if the caller had to look anyway in order to know what is wanted.

        Raises StepFailedError, with the last lines of what failed.
        """
        run = _Run(self, health_timeout)
        seen = observed or self.site.observe()
        while actions := tuple(self.decide(wanted, seen, run.progress(self.clock.monotonic()))):
            if failures := [action for action in actions if isinstance(action, Fail)]:
                raise self._failure(failures, seen)
            if self.clock.monotonic() >= deadline:
                raise self._late(actions)
            run.act(actions)
            seen = self.site.observe()
        return run.record(self.site.running(seen))

    def _failure(self, failures: Sequence[Fail], observed: Observed) -> StepFailedError:
        reasons = "; ".join(f"`{fail.service}` failed: {fail.cause}" for fail in failures)
        log = tuple(line for fail in failures for line in self._evidence(fail.container, observed))
        return StepFailedError(
            self.redact(reasons),
            place=f"host {self.host}",
            hint="see the last lines of the container below; its containers are left as they are",
            log=log,
        )

    def _late(self, actions: Sequence[Action]) -> StepFailedError:
        return StepFailedError(
            f"the rollout did not end in its time; left to do: {', '.join(map(str, actions))}",
            place=f"host {self.host}",
            hint="raise `timeouts.rollout` of the environment if the services need that long",
        )

    def _evidence(self, name: str, observed: Observed) -> list[str]:
        """Return the last lines a container wrote and what its last health checks said."""
        container = next((container for container in observed.containers if container.name == name), None)
        if container is None:
            return []
        outputs = [line for output in container.health_log for line in output.split("\n")]
        lines = [f"{name} | {line}" for line in self.site.logs(name, LOG_LINES)]
        lines += [f"{name} health check | {line}" for line in outputs[-LOG_LINES:]]
        return [self.redact(line) for line in lines]


@dataclass
class _Run:
    """What one run has done and since when it waits."""

    loop: RolloutLoop
    health_timeout: float
    done: list[str] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    since: dict[str, float] = field(default_factory=dict)
    told: set[Action] = field(default_factory=set)
    last: tuple[Action, ...] = ()

    def progress(self, now: float) -> Progress:
        overdue = (name for name, since in self.since.items() if now - since > self.health_timeout)
        return Progress(tried=frozenset(self.tried), overdue=frozenset(overdue))

    def act(self, actions: tuple[Action, ...]) -> None:
        """Do what is asked for, one command a kind; pause if there was nothing to do or it had no effect."""
        again, self.last = actions == self.last, actions
        batches: dict[tuple[object, ...], tuple[Action, ...]] = {}
        for action in actions:
            key = _batch(action)
            batches[key] = (*batches.get(key, ()), action)
        for batch in batches.values():
            self._tell(batch)
            self._do(batch)
        if again or isinstance(actions[0], Wait):
            self.loop.clock.sleep(POLL)

    def record(self, running: Mapping[str, RunningImage]) -> HostRecord:
        """Return the host's record after a success."""
        status = HostStatus.UPDATED if self.done else HostStatus.UNCHANGED
        return HostRecord(status=status, actions=tuple(self.done), running=dict(running))

    def _do(self, batch: tuple[Action, ...]) -> None:
        site = self.loop.site
        match batch[0]:
            case Up(force=force):
                self._up([action.service for action in batch if isinstance(action, Up)], force=force)
            case Remove():
                site.remove([action.id for action in batch if isinstance(action, Remove)])
            case Rename(id=container, to=name):
                site.rename(container, name)
            case Wait() | Fail():
                self._start_waiting(action.service for action in batch if isinstance(action, Wait))
            case _ as never:
                assert_never(never)

    def _up(self, services: list[str], *, force: bool) -> None:
        self.tried.update(services)
        self.loop.site.up(services, force=force)
        self._start_waiting(services)

    def _start_waiting(self, services: Iterable[str]) -> None:
        """A service's time runs from the end of its `up`, or from when it was first waited for."""
        now = self.loop.clock.monotonic()
        for service in services:
            self.since.setdefault(service, now)

    def _tell(self, batch: tuple[Action, ...]) -> None:
        """Tell of every action once, however often it takes until it shows."""
        for action in batch:
            if action in self.told:
                continue
            self.told.add(action)
            self.loop.notify(events.Action(host=self.loop.host, action=str(action), cause=action.cause))
            if not isinstance(action, Wait):
                self.done.append(f"{action}: {action.cause}")


def _batch(action: Action) -> tuple[object, ...]:
    """Return what actions that are done by one command have in common."""
    match action:
        case Up(force=force):
            return Up, force
        case Rename(id=container):
            return Rename, container
        case _:
            return (type(action),)
