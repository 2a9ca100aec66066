"""One run of a rollout: does what was decided, tells of it, and remembers since when it waits."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from stagecraft.engine.ports import Clock, Observer
from stagecraft.engine.site import Site
from stagecraft.errors import StepFailedError
from stagecraft.model import events
from stagecraft.model.action import Action, Add, Check, Fail, Remove, Rename, Switch, Up, Wait
from stagecraft.model.image import RunningImage
from stagecraft.model.observed import Observed, Progress
from stagecraft.model.phase import HostStatus
from stagecraft.model.release import HostRecord

POLL = 0.1
"""Seconds from one look to the next while something is waited for."""
REST = 0.02
"""Seconds of that without any look, however long one takes."""
SWITCHES = 50
"""How often a proxy is told the same in one run."""


@dataclass
class RolloutRun:
    """One run: acts, and keeps what the next decision depends on."""

    host: str
    site: Site
    clock: Clock
    notify: Observer
    health_timeout: float
    """Seconds."""
    stale: frozenset[str] = frozenset()
    """IDs of the containers of before, of services to be replaced in any case."""
    done: list[str] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    added: dict[str, int] = field(default_factory=dict)
    rests: dict[str, float] = field(default_factory=dict)
    """Service -> when its pause between two batches is over."""
    drains: dict[str, float] = field(default_factory=dict)
    """Container ID -> when its requests in flight have had all the time they get."""
    checked: dict[str, int] = field(default_factory=dict)
    """Service -> exit code of the check of its new containers."""
    said: dict[str, Sequence[str]] = field(default_factory=dict)
    """Service -> the last lines that this check wrote."""
    looked: float = 0.0
    """When the last look began."""
    since: dict[str, float] = field(default_factory=dict)
    switched: Counter[Switch] = field(default_factory=Counter)
    told: set[Action] = field(default_factory=set)
    last: tuple[Action, ...] = ()

    def look(self) -> Observed:
        """Look at the site."""
        self.looked = self.clock.monotonic()
        return self.site.observe()

    def progress(self, *, failed: bool = False) -> Progress:
        """Return what this run has done so far, as the deciding function is told it."""
        now = self.clock.monotonic()
        overdue = (name for name, since in self.since.items() if now - since > self.health_timeout)
        return Progress(
            tried=frozenset(self.tried),
            overdue=frozenset(overdue),
            stale=self.stale,
            added=dict(self.added),
            rested=frozenset(name for name, until in self.rests.items() if now >= until),
            drained=frozenset(id_ for id_, until in self.drains.items() if now >= until),
            checked=dict(self.checked),
            failed=failed,
        )

    def act(self, actions: tuple[Action, ...], seen: Observed) -> None:
        """Do what is asked for, one command a kind; pause if there was nothing to do or it had no effect.

        `seen` is the look that led to the actions.
        """
        again, self.last = actions == self.last, actions
        batches: dict[tuple[object, ...], tuple[Action, ...]] = {}
        for action in actions:
            key = _batch(action)
            batches[key] = (*batches.get(key, ()), action)
        for batch in batches.values():
            self._tell(batch)
            self._do(batch, seen)
        self._start_waiting(
            action.service
            for action in actions
            if isinstance(action, Add | Up) or (isinstance(action, Wait) and not action.leaving)
        )
        if again or isinstance(actions[0], Wait):
            self.clock.sleep(max(REST, self.looked + POLL - self.clock.monotonic()))

    def record(self, running: Mapping[str, RunningImage]) -> HostRecord:
        """Return the host's record after a success."""
        status = HostStatus.UPDATED if self.done else HostStatus.UNCHANGED
        return HostRecord(status=status, actions=tuple(self.done), running=dict(running))

    def _do(self, batch: tuple[Action, ...], seen: Observed) -> None:
        site = self.site
        match batch[0]:
            case Up(force=force):
                self._up([action.service for action in batch if isinstance(action, Up)], force=force)
            case Remove():
                site.remove([action.id for action in batch if isinstance(action, Remove)])
            case Rename(id=container, to=name):
                site.rename(container, name)
            case Switch():
                self._switch([action for action in batch if isinstance(action, Switch)], seen)
            case Check():
                self._check([action for action in batch if isinstance(action, Check)])
            case Add():
                self._add([action for action in batch if isinstance(action, Add)])
            case Wait() | Fail():
                self._wait([action for action in batch if isinstance(action, Wait)])
            case _ as never:
                assert_never(never)

    def _up(self, services: list[str], *, force: bool) -> None:
        self.tried.update(services)
        self.site.up(services, force=force)

    def _add(self, actions: list[Add]) -> None:
        for action in actions:
            self.added[action.service] = action.new
            self.rests.pop(action.service, None)
            self.since.pop(action.service, None)
        self.tried.update(self.added)
        self.site.add({action.service: action.total for action in actions})

    def _check(self, actions: list[Check]) -> None:
        for action in actions:
            code, self.said[action.service] = self.site.check(action.container, action.command)
            self.checked[action.service] = code
            self.rests.pop(action.service, None)

    def _switch(self, actions: list[Switch], seen: Observed) -> None:
        """Tell one proxy about its services; who is led to again has all its time when it leaves again."""
        back = {share.container for action in actions for share in action.to}
        for container in seen.containers:
            if container.name in back:
                self.drains.pop(container.id, None)
        self.switched[actions[0]] += 1
        if self.switched[actions[0]] > SWITCHES:
            raise StepFailedError(
                f"the ingress does not keep to what it was told: {actions[0]}",
                hint="does something else tell it what to do?",
                place=f"host {self.host}",
            )
        for proxy in seen.proxies:
            if proxy.container == actions[0].proxy:
                self.site.switch(proxy, {action.service: action.to for action in actions})

    def _wait(self, actions: list[Wait]) -> None:
        now = self.clock.monotonic()
        for action in actions:
            for container in action.leaving:
                self.drains.setdefault(container, now + action.rest)
            if action.rest and not action.leaving:
                self.rests.setdefault(action.service, now + action.rest)

    def _start_waiting(self, services: Iterable[str]) -> None:
        """A service's time runs from the end of the commands that started it, or from the first wait for it.

        What the command of another service takes is not taken from it.
        """
        now = self.clock.monotonic()
        for service in services:
            self.since.setdefault(service, now)

    def _tell(self, batch: tuple[Action, ...]) -> None:
        """Tell of every action once, however often it takes until it shows."""
        for action in batch:
            if action in self.told:
                continue
            self.told.add(action)
            self.notify(events.Action(host=self.host, action=str(action), cause=action.cause))
            if not isinstance(action, Wait):
                self.done.append(f"{action}: {action.cause}")


def _batch(action: Action) -> tuple[object, ...]:
    """Return what actions that are done by one command have in common."""
    match action:
        case Up(force=force):
            return Up, force
        case Rename(id=container):
            return Rename, container
        case Switch(proxy=proxy):
            return Switch, proxy
        case _:
            return (type(action),)
