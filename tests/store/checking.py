"""What has to be true of a store after anything that happened to it; every proof ends here."""

from collections.abc import Mapping
from pathlib import Path

from stagecraft.model.phase import PhaseStatus, ReleaseStatus
from stagecraft.store.file import FileStore
from stagecraft.store.records import DiskRecords
from tests.fakes import FakeClock
from tests.store.transitions import ENVIRONMENT, FRESH, HOLDER, transitions


def check(root: Path, acknowledged: Mapping[int, int]) -> None:
    """Check what readers see, then that the next deploy works and tidies up (I1 to I5, I8, I9)."""
    check_readers(root, acknowledged)
    check_next_deploy(root)


def check_readers(root: Path, acknowledged: Mapping[int, int], *, twins: bool = True) -> None:
    """Check every record as a reader without the lock sees it, and each copy alone (I1, I2, I3, I11)."""
    records = DiskRecords(root / ENVIRONMENT)
    numbers = set(records.numbers())
    lost = set(acknowledged) - numbers
    assert not lost, f"acknowledged and gone: {lost}"
    for number in numbers:
        known = acknowledged.get(number, 0)
        stored = records.find(number)
        mark = stored.header.status is ReleaseStatus.INTERRUPTED
        assert known <= stored.revision <= known + 1 + mark, (
            f"{number}: {stored.revision}, acknowledged {known}"
        )
        stored.release()
        for folder in (records.main, records.twin) if twins and known else ():
            copy = records.copy(folder, number)
            assert copy.sealed, f"{copy.path}: {copy.problem}"
            assert copy.sealed.revision >= known, f"{copy.path}: {copy.sealed.revision}, acknowledged {known}"


def check_next_deploy(root: Path) -> None:
    """Deploy once more, in this process: it works with no manual step and nothing temporary stays."""
    store = FileStore(root, FakeClock())
    finished = {
        header.number: store.read(ENVIRONMENT, header.number)
        for header in store.headers(ENVIRONMENT)
        if header.status is not ReleaseStatus.INTERRUPTED
    }
    with store.lock(ENVIRONMENT, HOLDER) as session:
        release = session.create(FRESH)
        for update in (next(transitions(release)), list(transitions(release))[-1]):
            session.update(update)
    headers = list(store.headers(ENVIRONMENT))
    assert list(range(release.number, 0, -1)) == [header.number for header in headers]
    assert ReleaseStatus.RUNNING not in {header.status for header in headers}
    assert headers[0].status is ReleaseStatus.COMPLETED
    assert finished == {number: store.read(ENVIRONMENT, number) for number in finished}
    assert list(store.verify(ENVIRONMENT)) == []
    assert [] == sorted(path.name for path in root.rglob("*.tmp"))
    for header in headers:
        check_prefix([record.status for record in store.read(ENVIRONMENT, header.number).phases])


def check_prefix(statuses: list[PhaseStatus]) -> None:
    """Check that finished phases come first and that at most one phase was in the middle (I6)."""
    completed = [status is PhaseStatus.COMPLETED for status in statuses]
    assert completed == sorted(completed, reverse=True), statuses
    middle = [s for s in statuses if s in (PhaseStatus.RUNNING, PhaseStatus.INTERRUPTED, PhaseStatus.FAILED)]
    assert len(middle) <= 1, statuses
