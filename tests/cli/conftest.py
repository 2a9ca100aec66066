"""Golden files of the command line: one plain file a test, under testdata/golden/cli/<test file>/."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

GOLDEN = Path(__file__).parents[2] / "testdata" / "golden" / "cli"


class PlainFile(SingleFileSnapshotExtension):
    """The text as it is, so that a diff of the file is a diff of the output."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(GOLDEN / test_location.basename)


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(PlainFile)
