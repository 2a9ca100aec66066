"""The writer: the same value gives the same bytes, and every reader reads that value."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagecraft.compose.writer import write

CHARACTERS = st.sampled_from(
    [*" \t\n\r:#-?!&*'\"|>%@`{}[],ab10.eE_+~=<\\/$", "\x85", "\u2028", "\ufeff", "\xa0", "🎉", "é"]
)
WORDS = st.sampled_from(
    ["yes", "no", "on", "off", "null", "~", "0777", "1e3", "0x1", "1:20", "<<", "=", "2001-01-01"]
)
STRINGS = st.one_of(
    WORDS, st.text(CHARACTERS, max_size=12), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
VALUES = st.recursive(
    st.one_of(STRINGS, st.booleans(), st.none(), st.integers(-(10**9), 10**9)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(STRINGS, inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(STRINGS, VALUES, max_size=5))
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    assert (document or None) == (yaml.safe_load(write(document)) if document else None)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(STRINGS.filter(lambda text: "\0" not in text), min_size=200, max_size=200))
def test_compose_reads_every_string_as_it_was(values: list[str], compose: tuple[str, ...]) -> None:
    escaped = [value.replace("$", "$$") for value in values]
    named = {f"k{number}": value for number, value in enumerate(escaped)}
    service = {"image": "x", "environment": named, "labels": named, "command": escaped}
    document = {"services": {"w": service}, "configs": {"c": {"content": "".join(escaped)}}}
    run = subprocess.run(
        [*compose, "-p", "p", "--env-file", os.devnull, "-f", "-", "config", "--format", "json"],
        input=write(document).encode(),
        env={},
        cwd=Path("/"),
        capture_output=True,
        check=False,
    )
    assert (0, b"") == (run.returncode, run.stderr)
    read = json.loads(run.stdout)
    assert named == read["services"]["w"]["environment"]
    assert named == read["services"]["w"]["labels"]
    assert escaped == read["services"]["w"]["command"]


@pytest.mark.parametrize("mode", [0o440, 0o1777, 0o555, 0])
def test_a_mode_is_an_octal_integer(mode: int) -> None:
    text = write({"mode": mode})
    assert f"mode: 0{mode:o}\n" == text
    assert {"mode": mode} == yaml.safe_load(text)


def test_lines_of_text_are_a_literal_block() -> None:
    assert "content: |\n  a = 1\n\n    b\n  \tc\n" == write({"content": "a = 1\n\n  b\n\tc\n"})


def test_a_long_line_stays_one_line() -> None:
    assert 1 == write({"a": "word " * 500 + "x"}).count("\n")
