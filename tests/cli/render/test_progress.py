"""The live view (stagecraft/cli/render/progress.py)."""

import re

from stagecraft.cli.render.clean import clean
from stagecraft.cli.render.doing import Doing
from stagecraft.cli.render.progress import Progress
from stagecraft.cli.terminal import Terminal
from stagecraft.model.events import Action, HostChanged, Output, PhaseChanged, StepChanged
from stagecraft.model.phase import HostStatus, Phase, PhaseStatus
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


def test_the_newest_output_fills_the_room_that_hosts_leave() -> None:
    doing = Doing()
    doing.take(Action(host="web1", action="replace web", cause="image changed"))
    for number in range(9):
        doing.take(Output(source="build", line=str(number)))
    expected = ["web1: replace web (image changed)", *(f"build | {number}" for number in range(4, 9))]
    assert expected == doing.lines()


def test_many_hosts_do_not_push_the_phases_off_the_screen() -> None:
    doing = Doing()
    for number in range(40):
        doing.take(Action(host=f"web{number}", action="wait", cause=""))
    assert (6, "and 35 more") == (len(doing.lines()), doing.lines()[-1])


def test_a_host_that_is_done_is_not_mentioned_any_more() -> None:
    doing = Doing()
    doing.take(Action(host="web1", action="wait", cause=""))
    doing.take(HostChanged(host="web1", status=HostStatus.UPDATED))
    assert [] == doing.lines()


def test_a_step_that_ended_is_not_mentioned_any_more() -> None:
    doing = Doing()
    step = StepChanged(phase=Phase.PUSH, kind="push", host="local", subject="web", status="running")
    doing.take(step)
    assert ["web: push"] == doing.lines()
    doing.take(step.model_copy(update={"status": "completed"}))
    assert [] == doing.lines()


def test_a_new_phase_begins_with_a_clean_sheet() -> None:
    doing = Doing()
    doing.take(Output(source="build", line="old"))
    doing.take(PhaseChanged(phase=Phase.PUSH, status=PhaseStatus.RUNNING))
    assert [] == doing.lines()
