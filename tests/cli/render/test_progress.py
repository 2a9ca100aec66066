"""The live view (stagecraft/cli/render/progress.py)."""

import re

from stagecraft.cli.render.clean import clean
from stagecraft.cli.render.progress import Progress
from stagecraft.cli.terminal import Terminal
from stagecraft.model.events import Note, PhaseChanged
from stagecraft.model.phase import Phase, PhaseStatus
from tests.cli import scenes
from tests.cli.fakes import FakeApp, Screen, typed


def drawn(environ: dict[str, str]) -> str:
    terminal = Terminal(out=Screen(), err=Screen(), environ={"COLUMNS": "80"} | environ)
    with Progress(terminal, lambda: 0) as view:
        for event in scenes.events(scenes.completed()):
            view(event)
    return terminal.out.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_the_cursor_comes_back() -> None:
    out = drawn({"TERM": "xterm"})
    assert out.rindex("\x1b[?25h") > out.rindex("\x1b[?25l")


def test_the_result_of_every_phase_stays() -> None:
    out = clean(drawn({"TERM": "xterm"}))
    for line in (
        "build         completed    12 s",
        "migrate_pre   skipped      no migrations are configured",
    ):
        assert line in out


def test_the_running_phase_is_shown_with_what_it_does() -> None:
    assert "build         running      0 s" in clean(drawn({"TERM": "xterm"}))


def test_no_color_leaves_movement_but_no_colour() -> None:
    out = drawn({"TERM": "xterm", "NO_COLOR": "1"})
    assert [] == [code for code in re.findall(r"\x1b\[([0-9;]*)m", out) if re.search(r"(^|;)[349]\d", code)]


def test_a_screen_gets_the_live_view() -> None:
    said = typed("deploy --env demo", FakeApp(happens=scenes.events(scenes.completed())), screen=True)
    assert "\x1b[?25l" in said.out


def test_a_dumb_terminal_gets_plain_lines() -> None:
    app = FakeApp(happens=scenes.events(scenes.completed()))
    said = typed("deploy --env demo", app, screen=True, environ={"TERM": "dumb"})
    assert "\x1b" not in said.out + said.err


def test_times_count_from_when_a_phase_began() -> None:
    now = [0.0]
    terminal = Terminal(out=Screen(), err=Screen(), environ={"COLUMNS": "80", "TERM": "xterm"})
    with Progress(terminal, lambda: now[0]) as view:
        now[0] = 5
        view(PhaseChanged(phase=Phase.BUILD, status=PhaseStatus.RUNNING))
        now[0] = 17
        view(Note(text="look again"))
    assert "build         running      12 s" in clean(terminal.out.getvalue())  # type: ignore[attr-defined]


def test_a_terminal_says_how_high_it_is() -> None:
    sizes = [Terminal(Screen(), Screen(), {"LINES": lines}).height for lines in ("50", "0", "x")]
    assert [50, 24, 24] == sizes
