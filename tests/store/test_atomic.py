"""The durable write where the system refuses: a failed fsync, no hard links, a file system far away."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from stagecraft.errors import StoreError
from stagecraft.store import atomic, filesystem
from stagecraft.store.atomic import NoHardLinksError, OutcomeUnknownError
from stagecraft.store.session import refusal
from tests.store.checking import check
from tests.store.injection import Point, points
from tests.store.running import Ended, run

MOUNTINFO = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
41 22 0:33 / /srv/share rw,relatime shared:1 - nfs4 server:/export rw,vers=4.2
42 22 0:34 / /home/ada/far rw,nosuid - fuse.sshfs ada@far:/ rw
"""

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def failing(tmp_path: Path, point: Point, when: str) -> Ended:
    """Deploy with EIO at these calls of its kind."""
    root = tmp_path / "store" / ".stagecraft"
    root.parent.mkdir()
    strace = ("strace", "-f", "-qq", "-o", str(tmp_path / "log"), "-e", f"trace={point.call}")
    return run(root, before=(*strace, "-e", f"inject={point.call}:error=EIO:when={when}"))


@pytest.fixture
def fsyncs(tmp_path: Path) -> list[Point]:
    """Return the fsync calls of a deploy; the last four: a main file, its folder, its twin, that one's."""
    return [point for point in points(tmp_path) if point.call == "fsync"]


@pytest.mark.proof
@needs_strace
def test_a_file_whose_fsync_failed_is_written_afresh_once(tmp_path: Path, fsyncs: list[Point]) -> None:
    ended = failing(tmp_path, fsyncs[-4], f"{fsyncs[-4].when}")
    assert (0, {1: 13}) == (ended.code, ended.acknowledged)
    check(tmp_path / "store" / ".stagecraft", ended.acknowledged)


@pytest.mark.proof
@needs_strace
def test_a_second_failed_fsync_ends_the_run(tmp_path: Path, fsyncs: list[Point]) -> None:
    first = fsyncs[-4].when
    ended = failing(tmp_path, fsyncs[-4], f"{first}..{first + 1}")
    assert (7, {1: 12}) == (ended.code, ended.acknowledged)
    assert "cannot record `demo-1`: Input/output error" in ended.errors
    check(tmp_path / "store" / ".stagecraft", ended.acknowledged)


@pytest.mark.proof
@needs_strace
def test_a_failed_fsync_of_a_folder_leaves_the_outcome_unknown(tmp_path: Path, fsyncs: list[Point]) -> None:
    ended = failing(tmp_path, fsyncs[-3], f"{fsyncs[-3].when}")
    assert (7, {1: 12}) == (ended.code, ended.acknowledged)
    assert "and whether it is stored is unknown" in ended.errors
    check(tmp_path / "store" / ".stagecraft", ended.acknowledged)


def test_replacing_leaves_one_file_with_the_new_content(tmp_path: Path) -> None:
    for content in (b"old", b"new"):
        atomic.replace(tmp_path / "record", content, "token")
    assert {"record": b"new"} == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_creating_over_a_file_is_refused_and_leaves_it_alone(tmp_path: Path) -> None:
    atomic.create(tmp_path / "record", b"first", "token")
    with pytest.raises(FileExistsError):
        atomic.create(tmp_path / "record", b"second", "token")
    assert {"record": b"first"} == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_a_damaged_file_never_replaces_an_earlier_one(tmp_path: Path) -> None:
    for content in (b"one", b"two", b"three"):
        (tmp_path / "record").write_bytes(content)
        atomic.set_aside(tmp_path / "record")
        (tmp_path / "record").unlink()
    names = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    expected = {"record.damaged": b"one", "record.2.damaged": b"two", "record.3.damaged": b"three"}
    assert expected == names


def test_a_folder_is_made_with_its_parents_for_its_owner_only(tmp_path: Path) -> None:
    atomic.make_folder(tmp_path / "a" / "b")
    assert [0o700, 0o700] == [path.stat().st_mode & 0o777 for path in (tmp_path / "a", tmp_path / "a" / "b")]


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device", "make room"),
        (NoHardLinksError(errno.EPERM, "Operation not permitted"), "not permitted", "no hard links"),
        (OutcomeUnknownError(errno.EIO, "Input/output error"), "stored is unknown", "releases verify"),
        (FileExistsError(errno.EEXIST, "File exists"), "File exists", "another run took that number"),
    ],
)
def test_a_refused_write_is_an_error_with_a_hint_and_the_record(
    error: OSError, message: str, hint: str
) -> None:
    refused = refusal(error, "demo-1", b"{}\n")
    assert (7, "{}\n") == (refused.exit_code, refused.record)
    assert message in refused.message
    assert hint in refused.hint
    assert isinstance(refused, StoreError)


@pytest.mark.parametrize(
    ("device", "kind"), [((8, 1), "ext4"), ((0, 33), "nfs4"), ((0, 34), "fuse.sshfs"), ((9, 9), "")]
)
def test_the_file_system_is_found_by_its_device(device: tuple[int, int], kind: str) -> None:
    assert kind == filesystem.type_in(MOUNTINFO, os.makedev(*device))


def test_file_systems_of_other_machines_are_known_by_name() -> None:
    assert {"nfs4", "fuse.sshfs"} == {
        "ext4",
        "nfs4",
        "fuse.sshfs",
        "xfs",
        "btrfs",
        "tmpfs",
    } & filesystem.NETWORK


def test_the_folder_of_this_test_is_on_no_network(tmp_path: Path) -> None:
    assert filesystem.type_of(tmp_path) not in filesystem.NETWORK
