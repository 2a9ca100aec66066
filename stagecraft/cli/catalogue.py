"""Every command by its word, and where it is: only what was typed is imported; lists stay instant."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import NamedTuple

import typer

from stagecraft.cli.tree import examples


class Entry(NamedTuple):
    """One command, or group of commands."""

    module: str
    """Below `stagecraft.cli`."""
    name: str
    """The function, or the group, in it."""
    examples: tuple[str, ...] = ()
    """Command lines its help page ends with; a group has its own."""


COMMANDS = {
    "init": Entry("init", "init", ("init", "init --yes --registry registry.example.com/shop")),
    "plan": Entry("plan", "plan", ("plan --env prod", "plan --env prod --out plan.json")),
    "deploy": Entry(
        "deploy", "deploy", ('deploy --env prod --message "The new basket"', "deploy --plan plan.json")
    ),
    "rollback": Entry(
        "rollback", "rollback", ("rollback --env prod", "rollback --env prod --to prod-41 --dry-run")
    ),
    "docs": Entry("docs", "docs", ("docs environments.prod.timeouts.build", "docs exit-codes")),
    "status": Entry("status", "status", ("status --env prod", "status --env prod --exit-code")),
    "destroy": Entry("destroy", "destroy", ("destroy --env demo", "destroy --env prod --host web-3 --yes")),
    "logs": Entry("logs", "logs", ("logs --env prod --service web", "logs --env prod --host web-1 -f")),
    "exec": Entry("exec", "exec_", ("exec web --env prod -- ls /srv",)),
    "doctor": Entry("doctor", "doctor", ("doctor --env prod",)),
    "releases": Entry("releases", "releases"),
    "migrate": Entry("migrate", "migrate"),
    "config": Entry("config", "config_group"),
    "lock": Entry("lock", "lock"),
    "ci": Entry("ci", "ci"),
    "completion": Entry("completion", "completion"),
}
_WITH_VALUE = ("--config", "--store", "--log-format")
"""The options before a command that take the next word."""


def meant(arguments: Sequence[str]) -> Sequence[str]:
    """Return the commands that a command line may need: the one it names, else all of them."""
    words = iter(arguments)
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return (word,) if word in COMMANDS and word != "completion" else tuple(COMMANDS)
    return tuple(COMMANDS)


def register(root: typer.Typer, names: Iterable[str]) -> typer.Typer:
    """Import the named commands and add them to `root`; return it."""
    for name in names:
        entry = COMMANDS[name]
        found = getattr(import_module(f"stagecraft.cli.{entry.module}"), entry.name)
        if entry.examples:
            shown = examples(*(f"stagecraft {example}" for example in entry.examples))
            root.command(name, epilog=shown)(found)
        else:
            root.add_typer(found, name=name)
    return root
