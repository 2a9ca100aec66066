"""Current, and where a rollback goes: by outcome, never by time."""

import pytest

from stagecraft.errors import RefusedError
from stagecraft.model.header import Header
from stagecraft.model.history import completed, content, current, rollback_target
from stagecraft.model.phase import Kind, PhaseStatus, ReleaseStatus
from tests.fakes import START


def history(*words: str) -> list[Header]:
    """Return headers, newest first, from words, oldest first.

    `ok`, `fail` (rollout began), `early` (failed before it), `undone`, `migrate`, `destroy`, `back:N`.
    """
    return [_header(number, word) for number, word in enumerate(words, start=1)][::-1]


def _header(number: int, word: str) -> Header:
    went_back = word.partition(":")[2]
    kind = {"migrate": Kind.MIGRATE, "destroy": Kind.DESTROY}.get(word, Kind.DEPLOY)
    failed = word in ("fail", "early", "undone")
    rollout = PhaseStatus.SKIPPED if word in ("early", "migrate") else PhaseStatus.COMPLETED
    return Header(
        id=f"demo-{number}",
        number=number,
        environment="demo",
        kind=Kind.ROLLBACK if went_back else kind,
        version=f"v{number}",
        status=ReleaseStatus.FAILED if failed else ReleaseStatus.COMPLETED,
        actor="ada@laptop",
        message="",
        created_at=START,
        finished_at=START,
        rollback_of=f"demo-{went_back}" if went_back else None,
        resumes=None,
        rollout=PhaseStatus.FAILED if word in ("fail", "undone") else rollout,
        undone=word == "undone",
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("ok",), "demo-1"),
        (("ok", "ok"), "demo-2"),
        (("ok", "fail"), "demo-1"),
        (("ok", "ok", "back:1"), "demo-3"),
        (("ok", "migrate"), "demo-1"),
        (("ok", "destroy"), None),
        (("ok", "destroy", "ok"), "demo-3"),
        (("fail",), None),
        ((), None),
    ],
)
def test_current_is_the_last_deploy_or_rollback_that_completed(
    words: tuple[str, ...], expected: str | None
) -> None:
    found = current(history(*words))
    assert expected == (found.id if found else None)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("ok", "ok"), "demo-1"),
        (("ok", "ok", "fail"), "demo-2"),
        (("ok", "ok", "early"), "demo-1"),
        (("ok", "ok", "undone"), "demo-1"),
        (("ok", "ok", "ok", "ok", "ok", "back:4"), "demo-3"),
        (("ok", "ok", "ok", "ok", "ok", "back:4", "back:3"), "demo-2"),
        (("ok", "ok", "back:1", "ok"), "demo-1"),
        (("ok", "ok", "back:1", "fail"), "demo-1"),
        (("ok", "fail", "ok"), "demo-1"),
        (("ok", "ok", "migrate"), "demo-1"),
    ],
)
def test_a_bare_rollback_goes_to(words: tuple[str, ...], expected: str) -> None:
    assert expected == rollback_target(history(*words)).id


@pytest.mark.parametrize(
    "words", [(), ("ok",), ("fail", "ok"), ("ok", "destroy", "ok"), ("ok", "ok", "back:1")]
)
def test_without_an_earlier_content_a_rollback_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(RefusedError) as caught:
        rollback_target(history(*words))
    assert caught.value.exit_code == 6
    assert caught.value.hint


def test_the_content_of_a_rollback_is_the_deploy_it_goes_back_to() -> None:
    headers = history("ok", "ok", "back:1", "ok", "back:3")
    assert content(headers[0], headers).id == "demo-1"


def test_only_completed_deploys_and_rollbacks_can_be_named() -> None:
    headers = history("ok", "fail", "migrate", "back:1", "destroy")
    assert [header.id for header in completed(headers)] == ["demo-4", "demo-1"]
