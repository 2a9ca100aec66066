"""Files that a text mounts (stagecraft/runtime/files.py)."""

import base64
from pathlib import Path

from stagecraft.runtime.files import EXECUTABLE, materialise


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_files_are_written_for_everybody_to_read_and_nobody_to_change(tmp_path: Path) -> None:
    materialise(tmp_path / "a" / "b", {"one": encoded(b"\x00one"), f"two{EXECUTABLE}": encoded(b"two")})

    written = {
        path.name: (path.read_bytes(), path.stat().st_mode & 0o777)
        for path in (tmp_path / "a" / "b").iterdir()
    }
    assert {"one": (b"\x00one", 0o444), f"two{EXECUTABLE}": (b"two", 0o555)} == written


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    materialise(tmp_path, {"one": encoded(b"one")})
    before = (tmp_path / "one").stat()
    materialise(tmp_path, {"one": encoded(b"one")})

    assert (before.st_ino, before.st_mtime_ns) == (
        (tmp_path / "one").stat().st_ino,
        (tmp_path / "one").stat().st_mtime_ns,
    )


def test_without_files_there_is_no_folder(tmp_path: Path) -> None:
    materialise(tmp_path / "files", {})

    assert not (tmp_path / "files").exists()
