"""The moving part of the screen, as text (stagecraft/cli/render/board.py)."""

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.cli.render.board import Board
from stagecraft.cli.render.cells import cells
from stagecraft.model.events import Action, HostChanged, Output, PhaseChanged, StepChanged
from stagecraft.model.phase import HostStatus, Phase, PhaseStatus


def building() -> Board:
    """Two images, twelve seconds into their build."""
    board = Board()
    board.take(PhaseChanged(phase=Phase.BUILD, status=PhaseStatus.RUNNING), 0)
    board.take(
        StepChanged(phase=Phase.BUILD, kind="build", host="local", subject="local", status="running"), 0
    )
    for at, line in (
        (1, "#4 [web internal] load build context"),
        (
            2,
            "#7 [web 4/7] RUN pip install --no-cache-dir --requirement requirements.txt && compileall /app",
        ),
        (3, "#7 0.412 Collecting flask"),
        (5, "#9 [worker base 1/2] COPY . /app"),
    ):
        board.take(Output(source="build", line=line), at)
    return board


def rolling_out(hosts: int) -> Board:
    """A rollout of so many hosts, two thirds of which are done with."""
    board = Board()
    board.take(PhaseChanged(phase=Phase.ROLLOUT, status=PhaseStatus.RUNNING), 0)
    for number in range(1, hosts + 1):
        name = f"web-{number:02}.example.com"
        board.take(HostChanged(host=name, status=HostStatus.RUNNING), number)
        doing = (
            ("replace web", "its image changed")
            if number % 2
            else ("wait for web", "it has to become healthy")
        )
        board.take(Action(host=name, action=doing[0], cause=doing[1]), number)
        if number % 3 and hosts > 1:
            status = HostStatus.FAILED if number == 4 else HostStatus.UPDATED
            board.take(HostChanged(host=name, status=status), number)
    return board


def test_what_goes_on_after_the_last_phase_is_shown() -> None:
    board = Board()
    board.take(PhaseChanged(phase=Phase.FINALIZE, status=PhaseStatus.COMPLETED), 10)
    assert ["ending        running      3 s"] == board.lines(13, 80, 24)


def test_a_hook_is_shown_with_its_last_line() -> None:
    board = Board()
    board.take(PhaseChanged(phase=Phase.ROLLOUT, status=PhaseStatus.RUNNING), 0)
    told = {"phase": Phase.ROLLOUT, "kind": "hook", "host": "local", "subject": "smoke"}
    board.take(StepChanged.model_validate({**told, "status": "running"}), 1)
    board.take(Output(source="hook smoke", line="probing http://localhost"), 2)
    assert ["rollout       running      5 s", "  smoke  hook: probing http://localhost  4 s"] == board.lines(
        5, 80, 24
    )


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("hosts", [1, 30])
def test_a_rollout_on_a_screen(hosts: int, width: int, golden: SnapshotAssertion) -> None:
    lines = rolling_out(hosts).lines(now=64, width=width, height=24)
    assert golden == "\n".join(lines) + "\n"


@pytest.mark.parametrize("width", [80, 200])
def test_a_build_on_a_screen(width: int, golden: SnapshotAssertion) -> None:
    assert golden == "\n".join(building().lines(now=12, width=width, height=24)) + "\n"


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("height", [1, 10, 24, 60])
def test_no_line_wraps_and_the_phases_stay_on_the_screen(width: int, height: int) -> None:
    lines = rolling_out(60).lines(now=99, width=width, height=height)
    assert width > max(map(cells, lines))
    assert max(height - 7, 3) >= len(lines)


def test_what_does_not_fit_is_counted() -> None:
    board = Board(phase="rollout")
    for number in range(40):
        board.take(Action(host=f"web-{number:02}", action="wait", cause=""), 0)
    assert "  and 25 more" == board.lines(0, 80, 24)[-1]


def test_the_time_a_host_has_been_at_it_is_never_cut_away() -> None:
    board = Board(phase="rollout")
    board.take(Action(host="web", action="wait for web", cause="x" * 200), 0)
    line = board.lines(75, 40, 24)[1]
    assert ("…  1 min 15 s", 37) == (line[-13:], cells(line))


def test_the_same_action_again_goes_on_counting_and_another_begins_anew() -> None:
    board = Board(phase="rollout")
    for at in (0, 5):
        board.take(Action(host="web", action="wait for web", cause=""), at)
    assert "  web  wait for web  7 s" == board.lines(7, 80, 24)[1]
    board.take(Action(host="web", action="remove old", cause=""), 7)
    assert "  web  remove old" == board.lines(7, 80, 24)[1]


def test_a_host_that_is_done_with_is_counted_and_a_failed_one_named() -> None:
    board = Board(phase="rollout")
    for host, status in (("a", HostStatus.UPDATED), ("b", HostStatus.UPDATED), ("c", HostStatus.FAILED)):
        board.take(Action(host=host, action="wait", cause=""), 0)
        board.take(HostChanged(host=host, status=status), 1)
    assert ["  2 updated, 1 failed: c"] == board.lines(2, 80, 24)[1:]


def test_one_host_needs_no_count() -> None:
    board = Board(phase="rollout")
    board.take(HostChanged(host="local", status=HostStatus.UPDATED), 1)
    assert 1 == len(board.lines(2, 80, 24))


def test_a_push_is_told_in_layers() -> None:
    board = Board(phase="push")
    board.take(StepChanged(phase=Phase.PUSH, kind="push", host="local", subject="web", status="running"), 0)
    for layer in ("5f70bf18a086: Pushed", "0f9e8d7c6b5a: Preparing"):
        board.take(Output(source="push web", line=layer), 1)
    assert "  web  push: 1 of 2 layers  4 s" == board.lines(4, 80, 24)[1]
    board.take(StepChanged(phase=Phase.PUSH, kind="push", host="local", subject="web", status="completed"), 5)
    assert 1 == len(board.lines(5, 80, 24))


def test_a_new_phase_begins_with_a_clean_sheet() -> None:
    board = rolling_out(30)
    board.take(PhaseChanged(phase=Phase.FINALIZE, status=PhaseStatus.RUNNING), 70)
    assert ["finalize      running      0 s"] == board.lines(70, 80, 24)


def test_between_two_phases_nothing_moves() -> None:
    board = rolling_out(3)
    board.take(PhaseChanged(phase=Phase.ROLLOUT, status=PhaseStatus.COMPLETED), 70)
    assert [] == board.lines(71, 80, 24)


def test_what_a_program_wrote_cannot_steer_the_terminal() -> None:
    board = Board(phase="build")
    board.take(Output(source="build", line="#7 [web 1/2] RUN \x1b[2J\x07 x"), 0)
    assert "  web  layer 1/2: RUN \\x07 x" == board.lines(0, 80, 24)[1]
