"""`stagecraft doctor`: the table, and the error of a deploy."""

from stagecraft.app.doctor import Diagnosis
from stagecraft.errors import UnavailableError
from stagecraft.model.checked import Checked
from tests.cli.fakes import FakeApp, typed


def test_each_place_is_a_line_with_what_is_well_and_a_line_for_each_problem() -> None:
    checks = (
        Checked(host="web-1", what="reachable"),
        Checked(what="secrets"),
        Checked(what="files"),
        Checked(host="web-1", what="disk", problems=("web-1: it is full",)),
        Checked(host="web-1", what="clock"),
    )
    problem = UnavailableError("web-1: it is full", hint="make room")
    said = typed("doctor --env demo", FakeApp(diagnosis=Diagnosis(checks, problem)))

    assert 3 == said.code
    assert [
        "where  what              result",
        "here   secrets, files    ok",
        "web-1  reachable, clock  ok",
        "web-1  disk              it is full",
    ] == said.out.splitlines()
    assert "error: web-1: it is full\nhint: make room\n" == said.err


def test_what_is_good_to_know_is_told_where_all_is_well() -> None:
    checks = (Checked(what="registry", note="during a run, `docker-registry`"),)
    said = typed("doctor", FakeApp(diagnosis=Diagnosis(checks, None)))
    assert "here   registry  ok: during a run, `docker-registry`" == said.out.splitlines()[1]


def test_without_a_problem_it_ends_well() -> None:
    assert 0 == typed("doctor", FakeApp(diagnosis=Diagnosis((Checked(what="files"),), None))).code
