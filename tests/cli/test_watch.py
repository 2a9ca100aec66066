"""Showing a run never harms it (stagecraft/cli/watch.py)."""

import io
from pathlib import Path

import pytest

from stagecraft.cli.terminal import LostOutputError, Terminal
from stagecraft.cli.watch import Watch
from stagecraft.errors import InterruptedRunError
from stagecraft.model.events import Event, Note


class Breaking:
    """A view that fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.heard = 0

    def __call__(self, event: Event) -> None:
        self.heard += 1
        raise self.error


def silent() -> Terminal:
    return Terminal(out=io.StringIO(), err=io.StringIO(), environ={})


@pytest.mark.parametrize(
    "error", [BrokenPipeError(), OSError(5, "I/O error"), LostOutputError(BrokenPipeError())]
)
def test_a_reader_that_went_away_is_not_spoken_to_again(error: Exception) -> None:
    view, terminal = Breaking(error), silent()
    watch = Watch(view, terminal)
    watch(Note(text="one"))
    watch(Note(text="two"))
    assert (1, "") == (view.heard, terminal.err.getvalue())  # type: ignore[attr-defined]


def test_a_bug_in_the_view_is_told_and_the_run_goes_on() -> None:
    view, terminal = Breaking(KeyError("x")), silent()
    watch = Watch(view, terminal)
    watch(Note(text="one"))
    watch(Note(text="two"))
    assert 1 == view.heard
    told = terminal.err.getvalue()  # type: ignore[attr-defined]
    assert told.startswith("internal error: KeyError at test_watch.py:")
    Path(told.rsplit(" ", 1)[1].strip()).unlink()


def test_a_signal_passes_through() -> None:
    with pytest.raises(InterruptedRunError):
        Watch(Breaking(InterruptedRunError(15)), silent())(Note(text="one"))
