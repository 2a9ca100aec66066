"""What a deploy writes, as the executor would: one release and twelve updates, the same bytes each time."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from stagecraft.engine.ports import Store
from stagecraft.model.holder import Holder
from stagecraft.model.phase import Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.release import Release
from stagecraft.store.codec import encode
from stagecraft.store.records import DiskRecords
from tests.fakes import START, a_release

ENVIRONMENT = "demo"
HOLDER = Holder(actor="ada@laptop", pid=4711, since=START)
FRESH = Release.model_validate(
    a_release().model_dump() | {"phases": [{"name": name} for name in Phase], "number": 0}
)
"""A release in which every phase is still to come."""


def transitions(release: Release) -> Iterator[Release]:
    """Yield the release after each of its twelve transitions; the last one completes it."""
    for count, phase in enumerate(Phase):
        start, end = START + timedelta(seconds=count), START + timedelta(seconds=count + 1)
        running = {"status": PhaseStatus.RUNNING, "started_at": start}
        release = release.with_phase(release.phase(phase).model_copy(update=running))
        yield release
        completed = {"status": PhaseStatus.COMPLETED, "finished_at": end}
        release = release.with_phase(release.phase(phase).model_copy(update=completed))
        if phase is Phase.FINALIZE:
            release = release.model_copy(update={"status": ReleaseStatus.COMPLETED, "finished_at": end})
        yield release


def deploy(store: Store, release: Release = FRESH) -> Release:
    """Record one whole deploy and return it as it ended."""
    with store.lock(ENVIRONMENT, HOLDER) as session:
        created = session.create(release)
        for update in transitions(created):
            session.update(update)
    return store.read(ENVIRONMENT, created.number)


def deploy_at_once(store: Store) -> Release:
    """Record a deploy in its first and last revision only, for tests of something else."""
    with store.lock(ENVIRONMENT, HOLDER) as session:
        created = session.create(FRESH)
        session.update(last := list(transitions(created))[-1])
    return last


def leave_running(root: Path) -> Release:
    """Leave what a run leaves that is killed in its first phase, and return that release."""
    records = DiskRecords(root / ENVIRONMENT, token="dead")
    records.prepare()
    release = FRESH.model_copy(update={"number": records.highest() + 1})
    running = next(transitions(release))
    records.create(release.number, encode(running, 2, "0123456789abcdef"))
    return running
