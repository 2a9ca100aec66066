"""Which commands a command line imports (stagecraft/cli/catalogue.py)."""

import pytest

from stagecraft.cli.catalogue import COMMANDS, meant

ALL = tuple(COMMANDS)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("plan --env prod", ("plan",)),
        ("--config plan deploy", ("deploy",)),
        ("--store=plan releases list", ("releases",)),
        ("--log-format json deploy", ("deploy",)),
        ("--help", ALL),
        ("", ALL),
        ("plam", ALL),
        ("--verbose ship", ALL),
        ("completion propose -- pl", ALL),
    ],
)
def test_only_what_a_line_names_is_imported(line: str, expected: tuple[str, ...]) -> None:
    assert expected == tuple(meant(line.split()))
