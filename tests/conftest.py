"""Golden files: one plain file a snapshot, `testdata/golden/<part>/<test file>/<test>.txt`."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

TESTS = Path(__file__).parent
GOLDEN = TESTS.parent / "testdata" / "golden"


class PlainFile(SingleFileSnapshotExtension):
    """The text as it is, so that a diff of the file is a diff of the output."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        file = Path(test_location.filepath).resolve()
        return str(GOLDEN / file.relative_to(TESTS).parts[0] / file.stem)


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(PlainFile)
