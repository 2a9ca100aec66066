"""Both stores, for what has to be true of each."""

from pathlib import Path

import pytest

from stagecraft.engine.ports import Store
from stagecraft.store.file import FileStore
from stagecraft.store.memory import MemoryStore
from tests.fakes import FakeClock


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the file store of a test is."""
    return tmp_path / "project" / ".stagecraft"


@pytest.fixture
def files(root: Path) -> FileStore:
    """A file store that does not exist yet."""
    return FileStore(root, FakeClock())


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, root: Path) -> Store:
    """Each store that Stagecraft has, empty; a new one only has to be added here."""
    return FileStore(root, FakeClock()) if request.param == "file" else MemoryStore(FakeClock())
