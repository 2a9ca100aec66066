from pathlib import Path

import pytest

from stagecraft.errors import ConfigError
from stagecraft.runtime import sql_files


def test_sql_files_are_read_in_name_order_and_nothing_else_is(tmp_path: Path) -> None:
    for name in ("0002_b.sql", "0001_a.sql", "README.md", "0001_a.down.sql", "x.sql.orig"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder.sql").mkdir()
    names = ["0001_a.down.sql", "0001_a.sql", "0002_b.sql"]
    assert [(name, name) for name in names] == list(sql_files.read(tmp_path, "db"))


def test_bytes_that_are_not_utf_8_are_an_error_at_their_line(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_bytes(b"a;\n'\xff';")
    with pytest.raises(ConfigError) as caught:
        list(sql_files.read(tmp_path, "db"))
    assert "db/1.sql:2: is not UTF-8" == str(caught.value)


def test_a_file_that_is_data_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "1.sql").open("wb") as stream:
        stream.truncate(sql_files.LARGEST + 1)
    with pytest.raises(ConfigError, match=r"db/1\.sql: is larger than 16 MiB"):
        list(sql_files.read(tmp_path, "db"))


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`db` is no folder of SQL files"):
        list(sql_files.read(tmp_path / "none", "db"))
