"""T10: writes of a few bytes at a time, and small disks that are really full (root and gcc needed)."""

import contextlib
import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagecraft.errors import StoreError
from stagecraft.model.phase import ReleaseStatus
from stagecraft.store import ballast
from stagecraft.store.file import FileStore
from stagecraft.store.records import DiskRecords
from tests.fakes import FakeClock
from tests.store.checking import check, check_next_deploy
from tests.store.running import run
from tests.store.transitions import ENVIRONMENT, FRESH, HOLDER, deploy_at_once, leave_running, transitions

pytestmark = pytest.mark.proof

SHORT_WRITES = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

ssize_t write(int descriptor, const void *data, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    return real(descriptor, data, size > 7 && size < 100000 ? 7 : size);
}
"""
"""Seven bytes at a time; not for the ballast, which would take a hundred thousand calls."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB of our own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(disk), b"tmpfs", 0, b"size=3m") != 0:
        pytest.skip(f"mounting a tmpfs: {os.strerror(ctypes.get_errno())}")
    try:
        yield disk
    finally:
        libc.umount2(os.fsencode(disk), 2)


@contextlib.contextmanager
def filled(disk: Path, leave: int = 0) -> Iterator[None]:
    """Let somebody else take all the room there is, but for so many bytes."""
    junk = disk / "junk"
    with junk.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    if leave:
        os.truncate(junk, max(0, junk.stat().st_size - leave))
    try:
        yield
    finally:
        junk.unlink()


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_t10_a_disk_that_takes_seven_bytes_at_a_time_takes_them_all(root: Path, tmp_path: Path) -> None:
    source, library = tmp_path / "short.c", tmp_path / "short.so"
    source.write_text(SHORT_WRITES)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    root.parent.mkdir()
    ended = run(root, extra={"LD_PRELOAD": str(library)})
    assert (0, {1: 13}) == (ended.code, ended.acknowledged)
    check(root, ended.acknowledged)


def test_t10_a_run_on_a_full_disk_is_recorded_as_interrupted_out_of_the_ballast(small_disk: Path) -> None:
    root = small_disk / ".stagecraft"
    store = FileStore(root, FakeClock())
    full = filled(small_disk)
    with store.lock(ENVIRONMENT, HOLDER) as session:
        updates = transitions(session.create(FRESH))
        session.update(next(updates))
        full.__enter__()
        with pytest.raises(StoreError) as refused:
            session.update(next(updates))
    try:
        assert "cannot record `demo-1`: No space left on device" == refused.value.message
        assert '"revision": 3' in refused.value.record
        release = store.read(ENVIRONMENT, 1)
        assert ReleaseStatus.INTERRUPTED is release.status
        assert refused.value.message == release.phases[0].error
        assert () == tuple(store.verify(ENVIRONMENT))
    finally:
        full.__exit__(None, None, None)
    check_next_deploy(root)


def test_t10_the_end_of_a_release_is_recorded_on_a_full_disk(small_disk: Path) -> None:
    root = small_disk / ".stagecraft"
    store = FileStore(root, FakeClock())
    with store.lock(ENVIRONMENT, HOLDER) as session:
        *_, last = transitions(session.create(FRESH))
        with filled(small_disk):
            session.update(last)
    assert last == store.read(ENVIRONMENT, 1)
    assert () == tuple(store.verify(ENVIRONMENT))
    check_next_deploy(root)
    assert ballast.SIZE == (root / ENVIRONMENT / ".ballast").stat().st_size


def test_t10_a_dead_release_is_settled_on_a_full_disk(small_disk: Path) -> None:
    root = small_disk / ".stagecraft"
    store = FileStore(root, FakeClock())
    deploy_at_once(store)
    leave_running(root)
    with filled(small_disk), store.lock(ENVIRONMENT, HOLDER) as session:
        assert ["demo-2"] == [header.id for header in session.settled]
    records = DiskRecords(root / ENVIRONMENT)
    copies = [records.copy(folder, 2).sealed for folder in (records.main, records.twin)]
    assert [ReleaseStatus.INTERRUPTED] * 2 == [copy and copy.header.status for copy in copies]
    check_next_deploy(root)


@pytest.mark.parametrize("leave", [0, 4096, 8192, 65536, 1 << 20])
def test_t10_a_run_does_not_begin_without_room_for_its_end(small_disk: Path, leave: int) -> None:
    root = small_disk / ".stagecraft"
    store = FileStore(root, FakeClock())
    with filled(small_disk, leave):
        with pytest.raises(StoreError) as refused, store.lock(ENVIRONMENT, HOLDER):
            pass
        assert refused.value.hint.startswith("make room on the disk")
        assert () == tuple(store.environments())
    check_next_deploy(root)
