"""`stagecraft logs`: what is asked for, and one line a line."""

from stagecraft.app.requests import LogsRequest
from stagecraft.model.events import Command, Event, Output
from tests.cli.fakes import FakeApp, typed


def test_the_options_are_what_is_asked_for() -> None:
    app = FakeApp()
    typed("logs --env demo --host web-1 --service web --service api --tail 5 -f", app)

    assert LogsRequest("demo", "web-1", ("web", "api"), 5, follow=True) == app.asked[-1]


def test_a_line_says_where_it_comes_from_and_cannot_steer_the_terminal() -> None:
    happens: list[Event] = [
        Command(line="docker logs c1"),
        Output(source="web-1 shop-web-1", line="hello \x1b[31mworld"),
    ]
    said = typed("logs", FakeApp(happens=happens), screen=True)

    assert "web-1 shop-web-1 | hello world\n" == said.out
