"""Where the socket lies."""

import stat
from pathlib import Path

from stagecraft.runtime.ssh_folder import LIMIT, private_folder


def test_the_folder_is_private_and_in_the_user_s_runtime_folder(tmp_path: Path) -> None:
    place = tmp_path if len(str(tmp_path)) < 70 else Path("/tmp")
    folder = private_folder({"XDG_RUNTIME_DIR": str(place)})
    assert (place, 0o700) == (folder.parent, stat.S_IMODE(folder.stat().st_mode))
    folder.rmdir()


def test_a_place_too_deep_for_a_socket_is_passed_over(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    folder = private_folder({"XDG_RUNTIME_DIR": str(deep), "TMPDIR": str(deep)})
    assert len(f"{folder}/c.0123456789abcdef") < LIMIT
    folder.rmdir()


def test_a_place_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    folder = private_folder({"XDG_RUNTIME_DIR": "/nowhere"})
    assert folder.is_dir()
    folder.rmdir()
