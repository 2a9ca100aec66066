"""T1 and T2: a sample of every kind of call, killed or failing; `scripts/torture` takes all of them."""

import random
import shutil
from pathlib import Path

import pytest

from tests.store.injection import ERRORS, FAULTY, Point, fail_at, kill_at, points

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[Point]:
    """Every system call of one deploy."""
    return points(tmp_path_factory.mktemp("points"))


def sample(calls: list[Point], each: int, seed: int) -> list[Point]:
    """Take some calls of every kind, the same ones each time."""
    chance = random.Random(seed)
    kinds = sorted({point.call for point in calls})
    groups = [[point for point in calls if point.call == kind] for kind in kinds]
    return [point for group in groups for point in chance.sample(group, min(each, len(group)))]


def test_t1_nothing_acknowledged_is_lost_by_a_kill_at_any_call(calls: list[Point], tmp_path: Path) -> None:
    chosen = sample(calls, 4, seed=1)
    assert len(chosen) > 30
    for point in chosen:
        kill_at(point, tmp_path)


def test_t2_nothing_acknowledged_is_lost_by_a_call_that_fails(calls: list[Point], tmp_path: Path) -> None:
    chosen = sample([point for point in calls if point.call in FAULTY], 4, seed=2)
    for index, point in enumerate(chosen):
        fail_at(point, tmp_path, ERRORS[index % len(ERRORS)])


def test_t2_nothing_acknowledged_is_lost_on_a_disk_that_stays_full(
    calls: list[Point], tmp_path: Path
) -> None:
    full = [point for point in calls if point.call in ("write", "mkdir", "link", "rename", "fsync")]
    for point in sample(full, 3, seed=3):
        fail_at(point, tmp_path, "ENOSPC", for_good=True)
