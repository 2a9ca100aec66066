import os
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from stagecraft.config.sources import SecretSource
from stagecraft.errors import UnavailableError
from stagecraft.runtime.secrets import resolve
from tests.runtime.doors import ENVIRONMENT, Door

SOURCES = TypeAdapter(dict[str, SecretSource])


def fetched(
    folder: Path, sources: object, environ: dict[str, str] | None = None, door: Door | None = None
) -> dict[str, str]:
    known = SOURCES.validate_python(sources)
    return resolve(known, list(known), {**ENVIRONMENT, **(environ or {})}, folder, (door or Door()).processes)


def refused(folder: Path, sources: object, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(UnavailableError) as caught:
        fetched(folder, sources, environ)
    assert (3, True) == (caught.value.exit_code, bool(caught.value.hint))
    return caught.value.message


def test_a_value_comes_from_each_source(tmp_path: Path) -> None:
    (tmp_path / ".env.prod").write_text("B='from $file'\nOTHER=x\n")
    sources = {
        "A": {"env": "CALLER"},
        "B": {"dotenv": ".env.prod"},
        "C": {"command": ["echo", "from", "command"]},
    }
    expected = {"A": "from caller", "B": "from $file", "C": "from command"}
    assert expected == fetched(tmp_path, sources, {"CALLER": "from caller"})


def test_only_what_is_needed_is_fetched(tmp_path: Path) -> None:
    sources = SOURCES.validate_python({"A": {"env": "A"}, "B": {"command": ["touch", "ran"]}})
    assert {"A": "x"} == resolve(sources, ["A"], {"A": "x"}, tmp_path, Door().processes)
    assert not (tmp_path / "ran").exists()


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "broken.env").write_text("C='c4nary\n")
    (tmp_path / "f.env").write_text("OTHER=1\n")
    sources = {
        "A": {"env": "A"},
        "B": {"dotenv": "none.env"},
        "C": {"dotenv": "broken.env"},
        "D": {"dotenv": "f.env"},
        "E": {"command": ["nonesuch"]},
        "F": {"command": ["sh", "-c", "echo c4nary; echo more >&2; echo not signed in >&2; exit 6"]},
        "G": {"env": "G"},
        "H": {"command": ["sh", "-c", "printf 'a\\0b'"]},
        "I": {"command": ["sh", "-c", "printf '\\377'"]},
        "J": {"command": ["echo"]},
    }
    expected = (
        "10 secrets have no value: `A` (variable `A` is not set), `B` (file `none.env` is not there), "
        "`C` (broken.env:1: `C` has no closing quote), `D` (not in `f.env`), "
        "`E` (program `nonesuch` is not there), "
        "`F` (`sh` failed with exit code 6: not signed in), `G` (empty), `H` (contains a NUL), "
        "`I` (not UTF-8), "
        "`J` (empty)"
    )
    assert expected == refused(tmp_path, sources, {"G": ""})


def test_one_that_is_missing_reads_as_one(tmp_path: Path) -> None:
    assert "1 secret has no value: `A` (variable `A` is not set)" == refused(tmp_path, {"A": {"env": "A"}})


def test_a_name_that_is_not_declared_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="`X` \\(not under `secrets`\\)"):
        resolve({}, ["X"], {}, tmp_path, Door().processes)


def test_one_final_newline_is_dropped_and_nothing_else(tmp_path: Path) -> None:
    sources = {"A": {"command": ["printf", "  a\\n b \\n\\n"]}}
    assert {"A": "  a\n b \n"} == fetched(tmp_path, sources)


def test_a_command_runs_in_the_folder_with_the_callers_environment_and_without_a_shell(
    tmp_path: Path,
) -> None:
    (tmp_path / "tool").write_text('#!/bin/sh\necho "$PWD $SESSION $1"\n')
    (tmp_path / "tool").chmod(0o755)
    sources = {"A": {"command": ["./tool", "$HOME; x"]}}
    expected = f"{tmp_path.resolve()} token $HOME; x"
    assert {"A": expected} == fetched(tmp_path, sources, {"SESSION": "token"})


def test_a_value_is_masked_from_the_moment_it_is_known_and_never_told(tmp_path: Path) -> None:
    door = Door()
    sources = {"A": {"env": "A"}, "B": {"command": ["echo", "c4nary-two"]}}
    fetched(tmp_path, sources, {"A": "c4nary-one"}, door)
    assert "***A*** ***B***" == door.processes.redactor.redact("c4nary-one c4nary-two")
    assert [] == door.lines


def test_a_value_that_is_not_utf_8_in_the_environment_is_refused(tmp_path: Path) -> None:
    assert "1 secret has no value: `A` (not UTF-8)" == refused(
        tmp_path, {"A": {"env": "A"}}, {"A": os.fsdecode(b"\xff")}
    )
