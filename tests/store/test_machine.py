"""T9: any sequence of runs, crashes and damage, against a model in a few lines (hypothesis, stateful)."""

import itertools
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stagecraft.model.fate import interrupted
from stagecraft.model.release import Release
from stagecraft.store.codec import encode
from stagecraft.store.file import FileStore
from stagecraft.store.healing import as_dead
from stagecraft.store.records import DiskRecords
from tests.fakes import FakeClock
from tests.store.transitions import ENVIRONMENT, FRESH, HOLDER, transitions


class StoreMachine(RuleBasedStateMachine):
    """The model is a list of releases as they have to be read, and which single copies are damaged now."""

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        self.root = Path(self.folder.name) / ".stagecraft"
        self.expected: list[Release] = []
        self.damaged: set[int] = set()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @property
    def store(self) -> FileStore:
        """A new process each time."""
        return FileStore(self.root, FakeClock())

    @rule(updates=st.integers(0, 12))
    def run(self, updates: int) -> None:
        """A run that records so many transitions and then ends in order."""
        with self.store.lock(ENVIRONMENT, HOLDER) as session:
            release = session.create(FRESH)
            for update in itertools.islice(transitions(release), updates):
                session.update(release := update)
        if updates < 12:
            release = interrupted(release, "the run ended before the release did", FakeClock().now())
        self.expected.append(release)

    @rule(updates=st.integers(0, 12), main=st.booleans())
    def crash(self, updates: int, main: bool) -> None:
        """A run that is killed after so many transitions; with `main`, before the last twin was written."""
        with self.store.lock(ENVIRONMENT, HOLDER):
            pass
        records = DiskRecords(self.root / ENVIRONMENT, token="dead")
        states = [FRESH.model_copy(update={"number": len(self.expected) + 1})]
        states += transitions(states[0])
        copies = [encode(state, count, "dead") for count, state in enumerate(states[: updates + 1], start=1)]
        records.create(len(self.expected) + 1, copies[0])
        for data in copies[1:]:
            records.replace(len(self.expected) + 1, data)
        if main and updates:
            (records.twin / f"{len(self.expected) + 1:06d}.json").write_bytes(copies[-2])
        self.expected.append(states[updates] if updates == 12 else as_dead(states[updates]))

    @precondition(lambda self: self.expected)
    @rule(data=st.data(), copy=st.sampled_from(["releases", "backup"]), junk=st.binary(max_size=60))
    def damage(self, data: st.DataObject, copy: str, junk: bytes) -> None:
        """One copy of one record is overwritten or deleted."""
        number = data.draw(st.integers(1, len(self.expected)))
        path = self.root / ENVIRONMENT / copy / f"{number:06d}.json"
        other = self.root / ENVIRONMENT / ("backup" if copy == "releases" else "releases") / path.name
        records = DiskRecords(self.root / ENVIRONMENT)
        healthy = records.copy(other.parent, number).sealed
        behind = healthy and path.exists() and records.copy(path.parent, number).sealed
        if not healthy or (behind and behind.revision > healthy.revision):
            return  # a second damage, or to the only copy of what was never acknowledged
        path.write_bytes(junk) if junk else path.unlink(missing_ok=True)

    @rule(name=st.sampled_from(["releases", "backup", "."]))
    def leave_temporary(self, name: str) -> None:
        """A killed run left half a file."""
        if (self.root / ENVIRONMENT / name).is_dir():
            (self.root / ENVIRONMENT / name / ".000001.json.dead.tmp").write_bytes(b"{")

    @rule()
    def take_the_lock(self) -> None:
        """What is under way is over and nothing temporary stays."""
        with self.store.lock(ENVIRONMENT, HOLDER):
            pass
        assert [] == list(self.root.rglob("*.tmp"))

    @invariant()
    def everything_is_read_as_expected(self) -> None:
        if hasattr(self, "expected"):
            headers = [release.header() for release in reversed(self.expected)]
            assert headers == list(self.store.headers(ENVIRONMENT))
            numbers = range(1, len(self.expected) + 1)
            assert self.expected == [self.store.read(ENVIRONMENT, number) for number in numbers]


StoreMachine.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
test_any_sequence_of_runs_crashes_and_damage_is_read_as_expected = StoreMachine.TestCase
