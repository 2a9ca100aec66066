"""`stagecraft docs` (spec/commands/docs.md)."""

import re
from pathlib import Path

from syrupy.assertion import SnapshotAssertion

from stagecraft.cli.render.docs_text import EXIT_CODES
from stagecraft.config.keys import keys
from tests.cli.fakes import typed

PAGE = Path(__file__).parents[2] / "spec" / "exit-codes.md"


def test_a_key_is_explained(golden: SnapshotAssertion) -> None:
    assert golden == typed("docs timeouts.build").out


def test_the_list_names_every_key() -> None:
    said = typed("docs").out.splitlines()
    assert [key.name for key in keys()] == [line.split()[0] for line in said[: len(keys())]]


def test_the_keys_below_a_key_are_named() -> None:
    said = typed("docs secrets").out
    assert said.endswith(
        "below it\n  secrets.<name>.env\n  secrets.<name>.dotenv\n  secrets.<name>.command\n"
    )


def test_a_key_without_a_default_says_so() -> None:
    assert "default  none: it has to be written\n" in typed("docs version").out


def test_exit_codes_are_those_of_the_reference() -> None:
    rows = re.findall(r"^\| (\d[\d, ]*) \|.*?\| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert rows == list(EXIT_CODES)
    assert "4              another run holds the environment's lock\n" in typed("docs exit-codes").out


def test_an_unknown_key_is_a_usage_error() -> None:
    said = typed("docs regstry")
    assert (
        2,
        "",
        "error: there is no key `regstry` in `stagecraft.yml`\nhint: did you mean `registry`?\n",
    ) == (
        said.code,
        said.out,
        said.err,
    )
