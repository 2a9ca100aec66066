"""What is missing on this machine skips a test at home, and fails it in CI."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = """
import pytest

@pytest.mark.skipif(True, reason="no such program")
def test_marked() -> None: ...

def test_inside() -> None:
    pytest.skip("no such program")
"""


@pytest.mark.parametrize(("ci", "code", "told"), [("", 0, "2 skipped"), ("true", 1, "CI does not allow")])
def test_a_skip_is_a_failure_in_ci(tmp_path: Path, ci: str, code: int, told: str) -> None:
    shutil.copy(Path(__file__).parent / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(SKIPS)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
            str(tmp_path),
        ],
        cwd=tmp_path,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (code, True) == (done.returncode, told in done.stdout), done.stdout
