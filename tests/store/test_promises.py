"""The promises of spec/store.md, each by its number; faults are in the files beside, I14 in test_lock.py."""

import json
import os
import threading
from pathlib import Path

import pytest

from stagecraft.errors import StoreError
from stagecraft.model.phase import PhaseStatus, ReleaseStatus
from stagecraft.store.codec import encode
from stagecraft.store.file import FileStore
from stagecraft.store.records import DiskRecords
from tests.fakes import FakeClock
from tests.store.checking import check, check_prefix
from tests.store.transitions import ENVIRONMENT, FRESH, HOLDER, deploy, leave_running, transitions


def both(root: Path, number: int) -> tuple[bytes, bytes]:
    name = f"{number:06d}.json"
    folder = root / ENVIRONMENT
    return (folder / "releases" / name).read_bytes(), (folder / "backup" / name).read_bytes()


def revision(root: Path, number: int = 1) -> int:
    return int(json.loads(both(root, number)[0])["revision"])


def test_i1_every_acknowledged_revision_is_in_both_copies(files: FileStore, root: Path) -> None:
    with files.lock(ENVIRONMENT, HOLDER) as session:
        release = session.create(FRESH)
        for expected, update in enumerate(transitions(release), start=2):
            session.update(update)
            main, twin = both(root, 1)
            assert main == twin
            assert expected == revision(root)


def test_i2_settling_a_dead_release_adds_one_revision(files: FileStore, root: Path) -> None:
    leave_running(root)
    with files.lock(ENVIRONMENT, HOLDER):
        assert 3 == revision(root)
    with files.lock(ENVIRONMENT, HOLDER):
        assert 3 == revision(root)


def test_i3_a_reader_never_sees_half_a_record(files: FileStore, root: Path) -> None:
    stop = threading.Event()
    problems: list[BaseException] = []
    seen: list[ReleaseStatus] = []

    def read() -> None:
        reader = FileStore(root, FakeClock())
        try:
            while not stop.is_set():
                seen.extend(reader.read(ENVIRONMENT, h.number).status for h in reader.headers(ENVIRONMENT))
        except (StoreError, OSError, ValueError) as error:
            problems.append(error)

    deploy(files)
    thread = threading.Thread(target=read)
    thread.start()
    for _ in range(5):
        deploy(files)
    stop.set()
    thread.join()
    assert [] == problems
    assert ReleaseStatus.INTERRUPTED not in seen


def test_i4_a_number_that_is_taken_is_refused_even_if_the_lock_is_broken(
    files: FileStore, root: Path
) -> None:
    with files.lock(ENVIRONMENT, HOLDER):
        pass
    first, second = (DiskRecords(root / ENVIRONMENT, token=token) for token in ("one", "two"))
    first.create(1, b"first")
    with pytest.raises(FileExistsError):
        second.create(1, b"second")
    assert (b"first", b"first") == both(root, 1)
    assert [] == list(root.rglob("*.tmp"))


@pytest.mark.parametrize("lost", ["releases/000003.json", "backup/000003.json"])
def test_i4_a_number_counts_as_long_as_one_file_of_it_is_left(
    files: FileStore, root: Path, lost: str
) -> None:
    for _ in range(3):
        deploy(files)
    (root / ENVIRONMENT / lost).unlink()
    assert 4 == deploy(files).number


def test_i4_a_number_whose_files_were_moved_aside_is_not_given_again(files: FileStore, root: Path) -> None:
    for _ in range(2):
        deploy(files)
    for folder in ("releases", "backup"):
        (root / ENVIRONMENT / folder / "000002.json").write_bytes(b"")
    with files.lock(ENVIRONMENT, HOLDER):
        pass
    assert 3 == deploy(files).number


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (["000009.json", "000010.json"], 10),
        (["999999.json"], 999_999),
        (["999999.json", "1000000.json"], 1_000_000),
        (["000004.json", "000005.json.damaged", "notes.txt", ".000009.json.x.tmp"], 5),
        (["README"], 0),
    ],
)
def test_i4_the_highest_number_is_that_of_any_file(root: Path, there: list[str], expected: int) -> None:
    (root / ENVIRONMENT / "backup").mkdir(parents=True)
    for name in there:
        (root / ENVIRONMENT / "backup" / name).touch()
    assert expected == DiskRecords(root / ENVIRONMENT).highest()


def test_i4_a_record_keeps_the_owner_that_created_it(files: FileStore, root: Path) -> None:
    leave_running(root)
    with files.lock(ENVIRONMENT, HOLDER):
        assert "0123456789abcdef" == json.loads(both(root, 1)[0])["owner"]


def test_i5_a_release_that_runs_while_the_lock_is_free_is_shown_as_interrupted(
    files: FileStore, root: Path
) -> None:
    leave_running(root)
    before = both(root, 1)
    assert [ReleaseStatus.INTERRUPTED] == [header.status for header in files.headers(ENVIRONMENT)]
    assert ReleaseStatus.INTERRUPTED is files.read(ENVIRONMENT, 1).status
    assert before == both(root, 1)


def test_i5_taking_the_lock_records_it_as_it_was_shown(files: FileStore, root: Path) -> None:
    leave_running(root)
    shown = files.read(ENVIRONMENT, 1)
    told: list[str] = []
    with FileStore(root, FakeClock(), notice=told.append).lock(ENVIRONMENT, HOLDER) as session:
        assert (shown.header(),) == session.settled
    assert shown == files.read(ENVIRONMENT, 1)
    assert ["`demo-1` was still running when its run died: it is recorded as interrupted"] == told
    with files.lock(ENVIRONMENT, HOLDER) as session:
        assert () == session.settled


def test_i5_what_counts_is_what_is_read_after_the_look_at_the_lock(files: FileStore, root: Path) -> None:
    records = DiskRecords(root / ENVIRONMENT)
    with files.lock(ENVIRONMENT, HOLDER) as session:
        *_, last = transitions(session.create(FRESH))
        read_before = records.find(1)
        session.update(last)
    assert last == files._dead(records, read_before)


def test_i6_the_phases_of_an_interrupted_release_end_in_skipped_ones(files: FileStore, root: Path) -> None:
    leave_running(root)
    with files.lock(ENVIRONMENT, HOLDER):
        pass
    statuses = [record.status for record in files.read(ENVIRONMENT, 1).phases]
    assert [PhaseStatus.INTERRUPTED] + [PhaseStatus.SKIPPED] * 5 == statuses
    check_prefix(statuses)


def test_i7_taking_the_lock_leaves_finished_records_alone(files: FileStore, root: Path) -> None:
    deploy(files)
    before = both(root, 1), (root / ENVIRONMENT / "releases" / "000001.json").stat().st_ino
    deploy(files)
    assert before == (both(root, 1), (root / ENVIRONMENT / "releases" / "000001.json").stat().st_ino)


def test_i7_healing_restores_the_bytes(files: FileStore, root: Path) -> None:
    deploy(files)
    before = both(root, 1)
    (root / ENVIRONMENT / "releases" / "000001.json").write_bytes(b"junk")
    with files.lock(ENVIRONMENT, HOLDER):
        pass
    assert before == both(root, 1)
    assert b"junk" == (root / ENVIRONMENT / "releases" / "000001.json.damaged").read_bytes()


def test_i7_the_newer_copy_wins_when_a_run_was_killed_between_the_two(files: FileStore, root: Path) -> None:
    running = leave_running(root)
    last = list(transitions(running))[-1]
    (root / ENVIRONMENT / "releases" / "000001.json").write_bytes(encode(last, 3, "0123456789abcdef"))
    with files.lock(ENVIRONMENT, HOLDER) as session:
        assert () == session.settled
    main, twin = both(root, 1)
    assert main == twin
    assert last == files.read(ENVIRONMENT, 1)


def test_i8_temporary_files_of_a_killed_run_are_removed(files: FileStore, root: Path) -> None:
    deploy(files)
    for folder in ("releases", "backup", "."):
        (root / ENVIRONMENT / folder / ".000002.json.dead.tmp").write_bytes(b"half")
    deploy(files)
    check(root, {1: 13, 2: 13})


def test_i9_a_deploy_that_completed_is_the_newest_completed_one(files: FileStore, root: Path) -> None:
    deploy(files)
    leave_running(root)
    completed = [h.id for h in files.headers(ENVIRONMENT) if h.status is ReleaseStatus.COMPLETED]
    assert ["demo-1"] == completed


@pytest.mark.parametrize("again", [False, True])
def test_i10_a_run_whose_lock_file_was_removed_cannot_write(
    files: FileStore, root: Path, again: bool
) -> None:
    with files.lock(ENVIRONMENT, HOLDER) as session:
        updates = transitions(session.create(FRESH))
        session.update(next(updates))
        (root / ENVIRONMENT / "lock").unlink()
        if again:
            (root / ENVIRONMENT / "lock").touch()
        with pytest.raises(StoreError, match="this run lost the lock") as fenced:
            session.update(next(updates))
        assert '"revision": 3' in fenced.value.record
    assert 2 == revision(root)


def test_i10_a_run_whose_lock_was_taken_over_cannot_write(files: FileStore, root: Path) -> None:
    with files.lock(ENVIRONMENT, HOLDER) as session:
        updates = transitions(session.create(FRESH))
        session.update(next(updates))
        (root / ENVIRONMENT / "lock").unlink()
        second = deploy(FileStore(root, FakeClock()))
        with pytest.raises(StoreError, match="this run lost the lock"):
            session.update(next(updates))
    assert 2 == second.number
    assert ReleaseStatus.INTERRUPTED is files.read(ENVIRONMENT, 1).status


@pytest.mark.parametrize(("owner", "number"), [("f" * 16, 1), ("0" * 16, 5)])
def test_i10_a_record_that_somebody_else_wrote_is_not_overwritten(
    root: Path, owner: str, number: int
) -> None:
    store = FileStore(root, FakeClock(), owner=lambda: "0" * 16)
    with store.lock(ENVIRONMENT, HOLDER) as session:
        release = session.create(FRESH)
        DiskRecords(root / ENVIRONMENT, token="other").replace(1, encode(release, number, owner))
        with pytest.raises(StoreError, match="this run lost the lock"):
            session.update(next(transitions(release)))
    assert number == revision(root)


def test_i12_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        root = tmp_path / name / ".stagecraft"
        deploy(FileStore(root, FakeClock(), owner=lambda: "0123456789abcdef"))
        found.append(both(root, 1))
    assert found[0] == found[1]


def test_files_are_for_their_owner_only_whatever_the_umask(files: FileStore, root: Path) -> None:
    old = os.umask(0)
    try:
        deploy(files)
    finally:
        os.umask(old)
    modes = {path.name: path.stat().st_mode & 0o777 for path in [root, *root.rglob("*")]}
    assert {0o700} == {modes.pop(name) for name in (".stagecraft", ENVIRONMENT, "releases", "backup")}
    assert dict.fromkeys(modes, 0o600) == modes


def test_git_ignores_the_store(files: FileStore, root: Path) -> None:
    deploy(files)
    assert "*\n" == (root / ".gitignore").read_text()


def test_readers_create_nothing(files: FileStore, root: Path) -> None:
    list(files.headers(ENVIRONMENT))
    files.holder(ENVIRONMENT)
    files.verify(ENVIRONMENT)
    with pytest.raises(StoreError):
        files.read(ENVIRONMENT, 1)
    assert not root.parent.exists()


def test_readers_need_no_permission_to_write(files: FileStore, root: Path) -> None:
    leave_running(root)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    list(files.headers(ENVIRONMENT))
    assert before == {path: path.stat().st_mtime_ns for path in root.rglob("*")}


def test_a_name_that_leads_out_of_the_store_is_refused(files: FileStore) -> None:
    with pytest.raises(StoreError, match="cannot be the name of an environment"):
        files.read("../demo", 1)


def test_a_store_that_is_a_file_is_an_error_with_its_place(files: FileStore, root: Path) -> None:
    root.parent.mkdir()
    root.write_text("")
    with pytest.raises(StoreError) as refused, files.lock(ENVIRONMENT, HOLDER):
        pass
    assert 7 == refused.value.exit_code
