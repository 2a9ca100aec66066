"""A proof is worth something only if it fails on broken code: one line changed, and who notices."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stagecraft.errors import StagecraftError
from tests.store.running import REPOSITORY, broken_copy
from tests.store.syscalls import trace
from tests.store.test_power_loss import memory_disk, recover

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]
__all__ = ["memory_disk"]

WRITERS = {
    "no file fsync": (
        "atomic.py",
        "            os.fsync(descriptor)\n    except",
        "            pass\n    except",
    ),
    "no folder fsync after a rename": (
        "atomic.py",
        "        raise\n    sync_folder(path.parent)\n",
        "        raise\n",
    ),
    "no folder fsync after a link": (
        "atomic.py",
        "without_links=without_links)\n        sync_folder(path.parent)\n",
        "without_links=without_links)\n",
    ),
    "no folder fsync at all": (
        "atomic.py",
        "        os.fsync(descriptor)\n    except OSError as error:\n        raise Outcome",
        "        pass\n    except OSError as error:\n        raise Outcome",
    ),
    "no parent fsync": ("atomic.py", "str(path))\n    sync_folder(path.parent)\n", "str(path))\n"),
    "write in place": (
        "atomic.py",
        "        temporary.rename(path)\n    except",
        "        path.write_bytes(data)\n        temporary.unlink()\n    except",
    ),
    "rename before the fsync": (
        "atomic.py",
        "            _write_all(descriptor, data)\n            _flush(descriptor)\n",
        "            _write_all(descriptor, data)\n",
    ),
    "no twin at creation": (
        "records.py",
        "        atomic.create(self.twin / name, data, self._token, without_links=self._without_links)\n",
        "",
    ),
    "acknowledged before the twin": (
        "records.py",
        "        atomic.replace(self.twin / name, data, self._token)\n",
        (
            "        late, self.late = getattr(self, 'late', None), data\n        late and atomic.replace("
            "self.twin / name, late, self._token)\n"
        ),
    ),
}
"""Mutants of the writer, which the enumerated disk states (T4) have to catch."""

OTHERS = {
    "no inode check": (
        "lock.py",
        "return (now.st_dev, now.st_ino) == (locked.st_dev, locked.st_ino)",
        "return True",
        "test_promises.py::test_i10_a_run_whose_lock_file_was_removed_cannot_write",
    ),
    "no owner check": (
        "session.py",
        "stored.owner != self._owner or ",
        "",
        "test_promises.py::test_i10_a_record_that_somebody_else_wrote_is_not_overwritten",
    ),
    "no revision check": (
        "session.py",
        " or stored.revision not in (self._revision, self._revision + 1)",
        "",
        "test_promises.py::test_i10_a_record_that_somebody_else_wrote_is_not_overwritten",
    ),
    "no checksum check": (
        "codec.py",
        "if digest.hexdigest().encode() != line[1]:",
        "if not line:",
        "test_damage.py::test_every_truncation_and_many_flipped_bits_are_noticed",
    ),
    "no check whose record it is": (
        "codec.py",
        "if (header.environment, header.number, int(middle[1])) != (environment, number, number):",
        "if not header:",
        "test_damage.py::test_two_records_that_were_swapped_are_both_recovered",
    ),
    "the twin is never read": (
        "records.py",
        "self.copy(self.main, number).sealed or self.copy(self.twin, number).sealed",
        "self.copy(self.main, number).sealed",
        "test_damage.py::test_one_damaged_copy_is_recovered_in_full",
    ),
    "damaged files do not count": (
        "records.py",
        "return _highest(self._names())",
        "return next(self.numbers(), 0)",
        "test_promises.py::test_i4_a_number_whose_files_were_moved_aside_is_not_given_again",
    ),
    "a number is taken by overwriting": (
        "atomic.py",
        "        path.hardlink_to(temporary)\n",
        "        temporary.replace(path)\n",
        "test_promises.py::test_i4_a_number_that_is_taken_is_refused_even_if_the_lock_is_broken",
    ),
    "temporary files stay": (
        "records.py",
        "            atomic.sweep(folder, names)\n",
        "            pass\n",
        "test_promises.py::test_i8_temporary_files_of_a_killed_run_are_removed",
    ),
    "what was read before the look at the lock counts": (
        "file.py",
        "return as_dead(release) if release.status is ReleaseStatus.RUNNING else release",
        "return as_dead(stored.release())",
        "test_promises.py::test_i5_what_counts_is_what_is_read_after_the_look_at_the_lock",
    ),
    "a look at the lock makes a run fail": (
        "lock.py",
        "if not probe.is_held(self._path) and now < start + _LOOK:",
        "if False:",
        "test_lock.py::test_readers_that_look_at_the_lock_never_make_a_run_fail",
    ),
    "no ballast": (
        "atomic.py",
        "FULL = frozenset({errno.ENOSPC, errno.EDQUOT})",
        "FULL: frozenset[int] = frozenset()",
        "test_disk.py::test_t10_the_end_of_a_release_is_recorded_on_a_full_disk",
    ),
    "short writes are taken for whole ones": (
        "atomic.py",
        "    while view:\n",
        "    if view:\n",
        "test_disk.py::test_t10_a_disk_that_takes_seven_bytes_at_a_time_takes_them_all",
    ),
}
"""Mutants that a test of this folder, run on the broken copy, has to catch."""


@pytest.mark.parametrize("mutant", WRITERS)
def test_the_states_after_power_loss_show_a_broken_writer(
    mutant: str, tmp_path: Path, memory_disk: Path
) -> None:
    package = broken_copy(tmp_path, *WRITERS[mutant])
    operations = trace(tmp_path, package)
    with pytest.raises((AssertionError, StagecraftError)):
        recover(operations, memory_disk)


@pytest.mark.parametrize("mutant", OTHERS)
def test_a_test_shows_a_broken_store(mutant: str, tmp_path: Path) -> None:
    module, line, instead, test = OTHERS[mutant]
    package = broken_copy(tmp_path, module, line, instead)
    options = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "pythonpath=",
        "-o",
        "addopts=--import-mode=importlib",
    ]
    ended = subprocess.run(
        [sys.executable, "-P", "-B", "-m", "pytest", *options, str(Path(__file__).parent / test)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{REPOSITORY}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert 1 == ended.returncode, ended.stdout
