"""`stagecraft docs` (spec/commands/docs.md)."""

import inspect
import re

from syrupy.assertion import SnapshotAssertion

from stagecraft import errors
from stagecraft.config.keys import keys
from tests.cli.fakes import typed


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


def test_exit_codes_are_those_of_the_errors() -> None:
    said = typed("docs exit-codes").out.splitlines()
    codes = {code for line in said for code in re.findall(r"\d+", line.partition("  ")[0])}
    classes = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if hasattr(kind, "exit_code")]
    assert {"0", "10", "129", "130", "143", "141"} | {str(kind.exit_code) for kind in classes} == codes
    assert "5              a phase failed; the release is recorded as failed" in said


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
