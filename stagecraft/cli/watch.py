"""Choosing how a run is shown, and seeing to it that showing never harms the run."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stagecraft.cli.options import Format, exclusive
from stagecraft.cli.render.internal import internal_text
from stagecraft.cli.terminal import LostOutputError, Terminal
from stagecraft.errors import InterruptedRunError

if TYPE_CHECKING:
    from stagecraft.engine.ports import Observer
    from stagecraft.model.events import Event


class Watch:
    """Passes events on, one at a time whatever thread they come from, until nobody can read any more."""

    def __init__(self, view: "Observer", terminal: Terminal) -> None:
        self._view = view
        self._terminal = terminal
        self._lock = threading.Lock()
        self._gone = False

    def __call__(self, event: "Event") -> None:
        """Show the event. A reader that went away does not stop a release."""
        with self._lock:
            if self._gone:
                return
            try:
                self._view(event)
            except InterruptedRunError:
                raise  # a signal, not the view
            except (OSError, LostOutputError):
                self._gone = True
            except Exception as bug:  # noqa: BLE001  a bug in the view must not decide the fate of a release
                self._gone = True
                self._terminal.tell(internal_text(bug))


@contextmanager
def watching(terminal: Terminal, style: Format, *, quiet: bool, verbose: bool) -> "Iterator[Observer]":
    """Yield an observer that shows the run as the options say. Raises ConfigError if they contradict."""
    exclusive("they say opposite things", quiet=quiet, verbose=verbose)
    with _view(terminal, style, quiet=quiet, verbose=verbose) as view:
        shown = Watch(view, terminal)
        yield _logged(shown, terminal, "warn" if quiet else "debug" if verbose else "info")


def _logged(shown: Watch, terminal: Terminal, least: str) -> "Observer":
    """Return what shows a run, and makes log records of at least that level if they are wanted."""
    if terminal.records is None:
        return shown
    from stagecraft.cli.render.log_json import LogView

    logged = Watch(LogView(terminal, terminal.records, least), terminal)

    def both(event: "Event") -> None:
        logged(event)
        shown(event)

    return both


@contextmanager
def _view(terminal: Terminal, style: Format, *, quiet: bool, verbose: bool) -> "Iterator[Observer]":
    """Yield what shows a run on standard output.

    What happens between phases goes to standard error, unless that has log records.
    """
    if style is Format.JSON:
        from stagecraft.cli.render.events_json import JsonLines

        yield JsonLines(terminal)
    elif quiet:
        from stagecraft.cli.render.plain import Quiet

        yield Quiet(terminal)
    elif verbose or terminal.records or not terminal.moves:
        from stagecraft.cli.render.plain import Plain

        yield Plain(terminal, verbose=verbose)
    else:
        from stagecraft.cli.render.progress import Progress

        with Progress(terminal, time.monotonic) as view:
            yield view
