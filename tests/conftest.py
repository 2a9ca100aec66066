"""Golden files: one plain file a snapshot, `testdata/golden/<part>/<file>/<test>.txt`. CI skips nothing."""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

TESTS = Path(__file__).parent
GOLDEN = TESTS.parent / "testdata" / "golden"

for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:  # under `nohup`, or `&` in a script: programs inherit it
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


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


@pytest.hookimpl(tryfirst=True)  # before anything is chosen by its marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `beside` what is on hosts of its own or needs no engine; `scripts/check` says what for."""
    for item in items:
        on_engine = item.get_closest_marker("e2e") and "fleet" not in getattr(item, "fixturenames", ())
        if not on_engine:
            item.add_marker("beside")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a test that would be skipped fail where `CI` is set: there, what it needs has to be installed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}; `scripts/setup` installs it"
    return report
