"""T7: eight deployers, killed at random, and a reader that never stops; minutes in `scripts/torture`."""

from pathlib import Path

import pytest

from tests.store.chaos import Chaos


@pytest.mark.proof
def test_t7_runs_that_are_killed_at_random_never_lose_or_mix_up_a_record(root: Path) -> None:
    root.parent.mkdir()
    chaos = Chaos(root, seed=7)
    chaos.run(20)
    assert chaos.enough, (chaos.kills, chaos.completed, chaos.reads, chaos.acknowledged)
