"""One call of the command line: where it was typed, what it may see, whom it speaks to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stagecraft.cli.terminal import Terminal
from stagecraft.cli.use_cases import Connect, UseCases

if TYPE_CHECKING:
    from stagecraft.engine.ports import Observer
    from stagecraft.model.events import Event


@dataclass(frozen=True)
class Invocation:
    """Everything a command gets from outside besides its own options."""

    terminal: Terminal
    environ: Mapping[str, str]
    cwd: Path
    connect: Connect
    config: Path | None = None
    store: Path | None = None

    def given(self, config: Path | None, store: Path | None) -> "Invocation":
        """Return the same call with `--config` and `--store` as typed here, else as typed before."""
        return replace(self, config=config or self.config, store=store or self.store)

    def use_cases(self, observer: "Observer | None" = None) -> UseCases:
        """Return the use cases for where the user is and what the user typed."""
        from stagecraft.app import Where

        ambient = self.environ.get("STAGECRAFT_STORE")
        store = self.store or (Path(ambient) if ambient else None)
        where = Where(config=self.config, store=store, cwd=self.cwd, environ=self.environ)
        return self.connect(where, observer or _unheard)


def invocation(context: typer.Context) -> Invocation:
    """Return the call a command belongs to."""
    found = context.find_object(Invocation)
    if found is None:
        raise LookupError("the command line was entered without an `Invocation`")
    return found


def _unheard(event: "Event") -> None:
    """Take an event nobody waits for."""
