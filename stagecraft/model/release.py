"""A release: the durable record of what was to be done, what was done, and what became of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from stagecraft.model.frozen import Frozen
from stagecraft.model.header import Header
from stagecraft.model.hook import HookRecord
from stagecraft.model.image import Image, RunningImage
from stagecraft.model.migration import MigrationRecord
from stagecraft.model.phase import Because, HostStatus, Kind, Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.plan import Plan
from stagecraft.model.step import Destroy


class PhaseRecord(Frozen):
    """What became of one phase. Times are UTC."""

    name: Phase
    status: PhaseStatus = PhaseStatus.PENDING
    reason: str | None = None
    because: Because | None = None
    error: str | None = None
    log: tuple[str, ...] = ()
    """The last lines of what failed, redacted."""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class HostRecord(Frozen):
    """What became of one host."""

    status: HostStatus = HostStatus.PENDING
    error: str | None = None
    log: tuple[str, ...] = ()
    text: str | None = None
    """Digest of its final Compose text in `Release.texts`."""
    actions: tuple[str, ...] = ()
    """What was done there and why, in order: `replace web: image changed`."""
    running: dict[str, RunningImage] = {}
    """Service -> the image its containers ran when the rollout of the host ended."""


class Reach(Frozen):
    """How a host was reached, kept so that it can be cleaned after it left the configuration."""

    ssh: str
    engine: str


class Release(Frozen):
    """The whole record of one release: complete in itself, so that a rollback needs nothing else."""

    schema_: Literal[1] = Field(1, alias="schema")
    project: str
    environment: str
    number: int
    """Allocated by the store under the lock; 0 before that."""
    kind: Kind = Kind.DEPLOY
    version: str
    commit: str | None = None
    status: ReleaseStatus = ReleaseStatus.RUNNING
    actor: str
    message: str = ""
    base: str | None = None
    rollback_of: str | None = None
    resumes: str | None = None
    created_at: datetime
    finished_at: datetime | None = None
    plan: Plan
    phases: tuple[PhaseRecord, ...] = tuple(PhaseRecord(name=name) for name in Phase)
    images: dict[str, Image] = {}
    hosts: dict[str, HostRecord] = {}
    texts: dict[str, str] = {}
    files: dict[str, str] = {}
    """Digest -> base64 of what migrations run, and of what a text mounts that Compose cannot carry inline."""
    reach: dict[str, Reach] = {}
    """The hosts of the environment over SSH, and those that left it and were not destroyed since."""
    migrations: tuple[MigrationRecord, ...] = ()
    """What became of each migration that began, in the order they did."""
    hooks: tuple[HookRecord, ...] = ()
    """What became of each hook that began, in the order they did."""

    @classmethod
    def begin(cls, plan: Plan, *, actor: str, message: str, created_at: datetime) -> Self:
        """Return the release of a plan: the phases it skips are decided, the others pending."""
        phases = (
            PhaseRecord(
                name=name, status=PhaseStatus.SKIPPED, reason=plan.skipped[name], because=Because.PLAN
            )
            if name in plan.skipped
            else PhaseRecord(name=name)
            for name in Phase
        )
        return cls(
            project=plan.project,
            environment=plan.environment,
            number=0,
            kind=plan.kind,
            version=plan.version,
            commit=plan.commit,
            actor=actor,
            message=message,
            base=plan.base,
            rollback_of=plan.rollback_of,
            resumes=plan.resumes,
            created_at=created_at,
            plan=plan,
            phases=tuple(phases),
            images=plan.given,
            hosts={name: HostRecord() for name in plan.hosts},
            files=plan.files,
        )

    @property
    def id(self) -> str:
        """Return the short, sayable name: `prod-42`."""
        return f"{self.environment}-{self.number}"

    def phase(self, name: Phase) -> PhaseRecord:
        """Return the record of one phase."""
        return next(record for record in self.phases if record.name is name)

    def with_phase(self, record: PhaseRecord) -> Self:
        """Return the release with that phase's record replaced."""
        phases = tuple(record if old.name is record.name else old for old in self.phases)
        return self.model_copy(update={"phases": phases})

    def settled(self) -> bool:
        """Return whether the texts are final: every image in them is pinned."""
        return any(host.text for host in self.hosts.values())

    def with_hosts(self, hosts: Mapping[str, HostRecord]) -> Self:
        """Return the release with these hosts' records replaced or added."""
        return self.model_copy(update={"hosts": {**self.hosts, **hosts}})

    def with_migration(self, place: int, record: MigrationRecord) -> Self:
        """Return the release with the migration record at `place` replaced, or added if there is none."""
        migrations = (*self.migrations[:place], record, *self.migrations[place + 1 :])
        return self.model_copy(update={"migrations": migrations})

    def with_hook(self, place: int, record: HookRecord) -> Self:
        """Return the release with the hook record at `place` replaced, or added if there is none."""
        return self.model_copy(update={"hooks": (*self.hooks[:place], record, *self.hooks[place + 1 :])})

    def text_of(self, host: str) -> str:
        """Return the final text of a host; the planned one if it never became final; empty if it has none."""
        recorded = self.hosts.get(host)
        if recorded and recorded.text:
            return self.texts[recorded.text]
        planned = self.plan.hosts.get(host)
        return self.plan.texts[planned.text] if planned else ""

    def header(self) -> Header:
        """Return what lists and the rollback chain need."""
        return Header(
            id=self.id,
            number=self.number,
            environment=self.environment,
            kind=self.kind,
            version=self.version,
            status=self.status,
            actor=self.actor,
            message=self.message,
            created_at=self.created_at,
            finished_at=self.finished_at,
            rollback_of=self.rollback_of,
            resumes=self.resumes,
            rollout=self.phase(Phase.ROLLOUT).status,
            partial=self.kind is Kind.DESTROY
            and {step.host for step in self.plan.steps if isinstance(step, Destroy)} != set(self.plan.hosts),
            undone=bool(self.hosts)
            and all(
                host.status in (HostStatus.REVERTED, HostStatus.UNTOUCHED, HostStatus.PENDING)
                for host in self.hosts.values()
            ),
        )
