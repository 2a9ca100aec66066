"""Running the driver `deploy.py` in a process of its own, on this store or on a broken copy of it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import stagecraft

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


@dataclass(frozen=True)
class Ended:
    """How the driver ended."""

    code: int
    acknowledged: dict[int, int]
    """Number -> the last revision it acknowledged."""
    errors: str


def environment(package: Path | None = None) -> dict[str, str]:
    """Return the driver's environment. `package` is the folder of a broken copy; else what is tested here."""
    package = package or Path(stagecraft.__file__).parent.parent
    return {
        "PYTHONPATH": f"{package}{os.pathsep}{REPOSITORY}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PATH": os.environ["PATH"],
    }


def driver(root: Path, *arguments: str) -> list[str]:
    """Return the command line: the interpreter itself, as a shim would add dozens of processes."""
    return [sys.executable, "-P", str(HERE / "deploy.py"), str(root), *arguments]


def run(
    root: Path,
    *,
    package: Path | None = None,
    before: tuple[str, ...] = (),
    extra: dict[str, str] | None = None,
) -> Ended:
    """Run one deploy to its end, whichever that is."""
    ended = subprocess.run(
        [*before, *driver(root)],
        env=environment(package) | (extra or {}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(ended.returncode, acknowledgements(ended.stdout), ended.stderr)


def acknowledgements(output: str) -> dict[int, int]:
    """Read the driver's `ack NUMBER REVISION` lines; a last line that was cut off counts for nothing."""
    lines = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return {int(words[1]): int(words[2]) for words in lines if words[:1] == ["ack"]}


def broken_copy(folder: Path, module: str, line: str, instead: str) -> Path:
    """Copy the product with one line of one module changed; the line has to be there exactly once."""
    source = REPOSITORY / "stagecraft"
    shutil.copytree(source, folder / "stagecraft", ignore=shutil.ignore_patterns("__pycache__", "cli"))
    path = folder / "stagecraft" / "store" / module
    text = path.read_text()
    assert text.count(line) == 1, f"`{line}` occurs {text.count(line)} times in {module}"
    path.write_text(text.replace(line, instead))
    return folder
