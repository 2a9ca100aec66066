"""The two Compose versions every text has to mean the same to, and where goldens live."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from tests.compose.cases import second_compose, this_compose


@pytest.fixture(scope="session", params=["here", "second"])
def compose(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The command of one Compose version, then of the other."""
    return this_compose() if request.param == "here" else (second_compose(),)


@pytest.fixture(scope="session")
def compose_here() -> tuple[str, ...]:
    return this_compose()


GOLDEN = Path(__file__).parents[2] / "testdata" / "golden" / "compose"


class _PlainFile(SingleFileSnapshotExtension):
    """The text as it is, so that a diff of the file is a diff of what is rendered."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(GOLDEN / Path(test_location.filepath).stem)


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(_PlainFile)
