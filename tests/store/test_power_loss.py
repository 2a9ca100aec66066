"""T4: whatever power loss leaves on a weaker file system, what was acknowledged is there (I1 I3 I8 I11)."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store import power_loss
from tests.store.checking import check_next_deploy, check_readers
from tests.store.syscalls import Operation, trace

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.fixture
def memory_disk() -> Iterator[Path]:
    """A folder where fsync costs nothing, because the states have to be written and not to last."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        yield Path(folder)


def recover(operations: list[Operation], disk: Path) -> int:
    """Lay out every state, check it, deploy on it; return how many there were."""
    count = 0
    for count, (state, acknowledged) in enumerate(power_loss.crashes(operations), start=1):
        here = disk / str(count)
        here.mkdir()
        root = power_loss.lay_out(state, here)
        check_readers(root, acknowledged)
        if count % 20 == 1:  # the readers' part is what differs from state to state
            check_next_deploy(root)
        shutil.rmtree(here)
    return count


def test_every_state_after_power_loss_holds_what_was_acknowledged(tmp_path: Path, memory_disk: Path) -> None:
    operations = trace(tmp_path)
    assert 13 == sum(operation.kind == "ack" for operation in operations)
    assert recover(operations, memory_disk) > 200
