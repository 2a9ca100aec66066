"""Hand-written stand-ins for the ports, shared by the unit tests."""

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from stagecraft.engine.ports import Record
from stagecraft.errors import StoreError
from stagecraft.model.events import Event
from stagecraft.model.header import Header
from stagecraft.model.image import Image
from stagecraft.model.outcome import Outcome
from stagecraft.model.phase import Kind, Phase
from stagecraft.model.plan import HostPlan, Plan, content_digest
from stagecraft.model.release import HostRecord, Release
from stagecraft.model.step import Build, Prune, Push, Rollout, Step

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class FakeClock:
    """Time that passes only when somebody sleeps, plus one second for each look at it."""

    def __init__(self, tick: float = 1) -> None:
        self.seconds = 0.0
        self.tick = tick

    def now(self) -> datetime:
        self.seconds += self.tick
        return START + timedelta(seconds=int(self.seconds))

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class RecordingObserver:
    """Keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)


class RecordingSession:
    """A session that keeps every revision of the one release it created."""

    def __init__(self, number: int = 1) -> None:
        self.number = number
        self.revisions: list[Release] = []
        self.refuse_after: int | None = None
        self.descriptors: tuple[int, ...] = ()
        self.settled: tuple[Header, ...] = ()

    def create(self, release: Release) -> Release:
        created = release.model_copy(update={"number": self.number})
        self.revisions.append(created)
        return created

    def update(self, release: Release) -> None:
        if self.refuse_after is not None and len(self.revisions) >= self.refuse_after:
            raise StoreError("no space left on device")
        self.revisions.append(release)


Behaviour = Callable[[Step, Release], Outcome | None]


class RecordingRunner:
    """Notes every step it is asked to run; `behaviour` may fail one or say what it brought about."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.ran: list[Step] = []
        self.seen: list[Release] = []
        self.cancelled = threading.Event()
        self._behaviour = behaviour
        self._mutex = threading.Lock()

    def run(self, step: Step, release: Release, deadline: float, record: Record) -> Outcome:
        with self._mutex:
            self.ran.append(step)
            self.seen.append(release)
        if self._behaviour and (outcome := self._behaviour(step, release)):
            return outcome
        match step:
            case Push():
                digest = content_digest(step.reference)
                return Outcome(images={step.service: Image(reference=step.reference, digest=digest)})
            case Rollout():
                return Outcome(hosts={step.host: HostRecord(status="updated")})
            case _:
                return Outcome()

    def cancel(self) -> None:
        self.cancelled.set()

    @property
    def kinds(self) -> list[str]:
        return [step.kind for step in self.ran]


TEXT = "services:\n  web:\n    image: registry.example.com/shop/web:1.0\n"


def a_plan(
    *,
    hosts: Iterable[str] = ("local",),
    skipped: dict[Phase, str] | None = None,
    steps: tuple[Step, ...] | None = None,
    version: str = "1.0",
    base: str | None = None,
) -> Plan:
    """Return a small valid plan: one image, one goal a host, one clean-up."""
    digest = content_digest(TEXT)
    reference = f"registry.example.com/shop/web:{version}"
    default: tuple[Step, ...] = (
        Build(definition="{}", images={"web": reference}, cause=f"web at {version}"),
        Push(service="web", reference=reference, cause=f"built as {version}"),
        *(
            Rollout(host=host, compose_project="shop-demo", text=digest, cause=f"nothing -> {version}")
            for host in hosts
        ),
        Prune(images=("registry.example.com/shop/web:0.1",), cause="no image of a kept release"),
    )
    none = "no migrations are configured"
    return Plan(
        project="shop",
        environment="demo",
        version=version,
        base=base,
        store_present=base is not None,
        compose_version="2.26.1",
        steps=default if steps is None else steps,
        skipped={Phase.MIGRATE_PRE: none, Phase.MIGRATE_POST: none, **(skipped or {})},
        hosts={host: HostPlan(text=digest) for host in hosts},
        texts={digest: TEXT},
        variables={},
        timeouts=dict.fromkeys(Phase, 600.0),
    ).sealed()


def a_release(plan: Plan | None = None, *, number: int = 1, kind: Kind = Kind.DEPLOY) -> Release:
    """Return a release that is about to run."""
    plan = plan or a_plan()
    return Release.begin(plan, actor="ada@laptop", message="", created_at=START).model_copy(
        update={"number": number, "kind": kind}
    )
