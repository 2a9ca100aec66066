"""One call of the command line: where it was typed, what it may see, whom it speaks to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stagecraft.cli.options import LogFormat
from stagecraft.cli.pipeline import Nowhere, Pipeline
from stagecraft.cli.telemetry import Telemetry, steady
from stagecraft.cli.terminal import Terminal
from stagecraft.cli.use_cases import Connect, UseCases
from stagecraft.cli.watch import Watch

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
    pipeline: Pipeline = field(default_factory=Nowhere)
    telemetry: Telemetry = field(default_factory=lambda: Telemetry({}))

    def given(self, config: Path | None, store: Path | None) -> "Invocation":
        """Return the same call with `--config` and `--store` as typed here, else as typed before."""
        return replace(self, config=config or self.config, store=store or self.store)

    def logging(self, style: LogFormat | None) -> "Invocation":
        """Return the same call; from now on, all that is said on standard error is said as asked."""
        if style is LogFormat.JSON and self.terminal.records is None:
            from stagecraft.cli.render.log_json import LogRecords

            self.telemetry.logs = True
            self.terminal.records = LogRecords(self.telemetry, steady())
        return self

    def use_cases(self, observer: "Observer | None" = None) -> UseCases:
        """Return the use cases for where the user is and what the user typed."""
        from stagecraft.app import Where

        ambient = self.environ.get("STAGECRAFT_STORE")
        store = self.store or (Path(ambient) if ambient else None)
        where = Where(config=self.config, store=store, cwd=self.cwd, environ=self.environ)
        if observer:
            self.telemetry.begin()
        return self.connect(where, self._heard(observer or _unheard))

    def _heard(self, observer: "Observer") -> "Observer":
        """Return an observer that also traces the run, and tells the pipeline how it ended."""
        traced = Watch(self.telemetry.take, self.terminal)

        def heard(event: "Event") -> None:
            traced(event)  # first: the log lines of the event refer to it
            observer(event)
            if event.event == "release_finished":
                self.pipeline.finished(event.release)

        return heard


def invocation(context: typer.Context) -> Invocation:
    """Return the call a command belongs to."""
    found = context.find_object(Invocation)
    if found is None:
        raise LookupError("the command line was entered without an `Invocation`")
    return found


def _unheard(event: "Event") -> None:
    """Take an event nobody waits for."""
