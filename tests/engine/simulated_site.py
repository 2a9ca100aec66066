"""A Compose project without Docker: containers as records, programs as what becomes of them in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stagecraft.model.image import RunningImage
from stagecraft.model.ingress import Proxy, Traffic
from stagecraft.model.observed import Container, Health, Observed, Wanted, WantedService
from tests.fakes import FakeClock


class KilledError(Exception):
    """The run was killed in the middle of a call."""


@dataclass(frozen=True)
class Program:
    """What a container of a service does once it is started; times in seconds."""

    exits_after: float | None = None
    exit_code: int = 0
    healthy_after: float | None = None
    unhealthy_after: float | None = None


@dataclass(frozen=True)
class Simulated:
    """One container; `running_since` is None when it does not run. One from before the run stays as it is."""

    container: Container
    running_since: float | None = None
    program: Program = Program()


@dataclass
class SimulatedSite:
    """Behaves as Compose and the engine do, as far as `spec/rollout.md` relies on them."""

    clock: FakeClock
    wanted: Wanted
    programs: Mapping[str, Program] = field(default_factory=dict)
    made: dict[str, Simulated] = field(default_factory=dict)
    """By container ID."""
    calls: list[str] = field(default_factory=list)
    exit_codes: Mapping[str, int] = field(default_factory=dict)
    """Program of a check -> its exit code; 0 unless said."""
    said: Mapping[str, Sequence[str]] = field(default_factory=dict)
    killed_at: int | None = None
    """The number of the changing call that is killed after half of its work."""
    numbers: int = 0
    fewest: dict[str, int] = field(default_factory=dict)
    """Service -> the smallest number of its containers that could serve after any of them was removed."""

    def place(self, container: Container) -> None:
        """Put a container there from before the run, up for as long as it says."""
        since = self.clock.seconds - container.up_for if container.state == "running" else None
        self.made[container.id] = Simulated(container, since)

    def observe(self) -> Observed:
        return Observed(containers=tuple(self._now(each) for each in self.made.values()))

    def up(self, services: Sequence[str], *, force: bool) -> None:
        self.calls.append(f"up {' '.join(services)}{' --force-recreate' if force else ''}")
        chosen = [service for service in self.wanted.services if service.name in services]
        for service in chosen[: len(chosen) // 2] if self._dies() else chosen:
            self._converge(service, force=force)
        self._die()

    def add(self, totals: Mapping[str, int]) -> None:
        self.calls.append(f"add {' '.join(f'{name}={total}' for name, total in totals.items())}")
        chosen = [service for service in self.wanted.services if service.name in totals]
        for service in chosen:
            self._grow(service, totals[service.name], start=not self._dies())
        self._die()

    def remove(self, containers: Sequence[str]) -> None:
        self.calls.append(f"remove {' '.join(self.made[id_].container.name for id_ in containers)}")
        for id_ in containers[: len(containers) // 2] if self._dies() else containers:
            del self.made[id_]
            self._count()
        self._die()

    def rename(self, container: str, name: str) -> None:
        self.calls.append(f"rename {self.made[container].container.name} {name}")
        self._die()
        self._change(container, name=name)

    def switch(self, proxy: Proxy, traffic: Traffic) -> None:
        raise AssertionError("there is no proxy here")

    def check(self, container: str, command: Sequence[str]) -> tuple[int, Sequence[str]]:
        self.calls.append(f"check {' '.join(command)} in {self.made[container].container.name}")
        self._die()
        return self.exit_codes.get(command[0], 0), (f"said {command[0]}",)

    def logs(self, container: str, lines: int) -> Sequence[str]:
        return self.said.get(container, ())[-lines:]

    def running(self, observed: Observed) -> Mapping[str, RunningImage]:
        return {c.service: RunningImage(image=c.image, id=c.image_id) for c in observed.containers}

    def _dies(self) -> bool:
        return len(self.calls) == self.killed_at

    def _die(self) -> None:
        if self._dies():
            raise KilledError

    def _converge(self, service: WantedService, *, force: bool) -> None:
        names = {each.container.name for each in self.made.values()}
        present = [each.container for each in self.made.values() if each.container.service == service.name]
        assert len(present) <= service.replicas, "Compose would scale down, and remove the new ones"
        for container in present:
            stale = (container.digest, container.inputs) != (service.digest, service.inputs)
            if stale or force:
                temporary = f"{container.id[:12]}_{container.name}"
                assert temporary not in names, f"the name {temporary} is in use"
                del self.made[container.id]
                self._create(service, container.name, container.number)
            elif container.state in ("created", "exited"):
                self._start(container.id)
        taken = {container.number for container in present}
        free = (number for number in range(1, 100) if number not in taken)
        for _ in range(service.replicas - len(present)):
            number = next(free)
            name = f"{service.name}-{number}"
            assert name not in names, f"the name {name} is in use"
            self._create(service, name, number)

    def _grow(self, service: WantedService, total: int, *, start: bool) -> None:
        """Make containers beside those there are; a killed client may leave them without a start."""
        present = [each.container for each in self.made.values() if each.container.service == service.name]
        assert len(present) <= total, "Compose would scale down, and remove the new ones"
        for container in present:
            if container.state in ("created", "exited"):
                self._start(container.id)
        last = max((container.number for container in present), default=0)
        for number in range(last + 1, last + 1 + total - len(present)):
            self._create(service, f"{service.name}-{number}", number, start=start)

    def _count(self) -> None:
        """Note how many containers of each service can serve at this moment, if fewer than ever before."""
        for service in self.wanted.services:
            able = sum(
                c.state == "running" and (c.health is Health.HEALTHY or c.up_for >= service.strategy.monitor)
                for c in self.observe().of(service.name)
            )
            self.fewest[service.name] = min(able, self.fewest.get(service.name, able))

    def _create(self, service: WantedService, name: str, number: int, *, start: bool = True) -> None:
        self.numbers += 1
        container = Container(
            id=f"{self.numbers:064x}",
            name=name,
            service=service.name,
            number=number,
            state="created",
            digest=service.digest,
            inputs=service.inputs,
            image=service.image,
        )
        self.made[container.id] = Simulated(container)
        if start:
            self._start(container.id)

    def _start(self, id_: str) -> None:
        container = self.made[id_].container.model_copy(
            update={"state": "running", "health": Health.NONE, "restarts": 0}
        )
        program = self.programs.get(container.service, Program())
        self.made[id_] = Simulated(container, self.clock.seconds, program)

    def _change(self, id_: str, **changes: object) -> None:
        each = self.made[id_]
        self.made[id_] = replace(each, container=each.container.model_copy(update=changes))

    def _now(self, each: Simulated) -> Container:
        """Return the container as it is by now."""
        if each.running_since is None:
            return each.container
        age = self.clock.seconds - each.running_since
        program = each.program
        service = next((s for s in self.wanted.services if s.name == each.container.service), None)
        changes: dict[str, object] = {"up_for": age, **_health(program, age)}
        if program.exits_after is not None and age >= program.exits_after:
            if service is not None and service.restart == "always":
                times, since = divmod(age, program.exits_after)
                changes |= {"restarts": int(times), "up_for": since}
            else:
                changes |= {"state": "exited", "exit_code": program.exit_code, "up_for": 0.0}
        return each.container.model_copy(update=changes)


def _health(program: Program, age: float) -> dict[str, object]:
    if program.unhealthy_after is not None and age >= program.unhealthy_after:
        return {"health": Health.UNHEALTHY, "health_log": ("connection refused",)}
    if program.healthy_after is None:
        return {}
    return {"health": Health.HEALTHY if age >= program.healthy_after else Health.STARTING}
