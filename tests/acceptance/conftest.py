"""A shop for every test: a copy of one that is made once."""

import shutil
from pathlib import Path

import pytest

from tests.acceptance.shop import Shop, make


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, under Git."""
    return make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Shop:
    """A clone of it, with an engine that works."""
    return Shop(shutil.copytree(made, tmp_path / "shop"))
