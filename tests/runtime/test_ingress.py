"""Speaking to a proxy in its container, over programs that answer from a script."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stagecraft.errors import StepFailedError
from stagecraft.ingress.haproxy import Haproxy
from stagecraft.model.ingress import DriverName, Ingress, Proxy, Route, Share
from stagecraft.model.observed import Container
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.ingress import FRESH, IngressDoor
from tests.runtime.scripted import Answer, ScriptedRuns

REPLY = (Path(__file__).parents[2] / "testdata/ingress/haproxy-2.6.txt").read_text()
INGRESS = Ingress(service="proxy", driver=DriverName.HAPROXY, routes=(Route(service="web", port=8000),))
NOW = Share(container="web-2", address="172.19.0.3", weight=30)
"""What the reply says that serves."""


CALM = REPLY.replace("stagecraft:web:8000,slot1,0,0,2,", "stagecraft:web:8000,slot1,0,0,0,")
"""Nothing is in flight any more."""


def door(runs: ScriptedRuns, now: Callable[[], float] = lambda: 0) -> IngressDoor:
    docker = Docker(EngineAccess({"PATH": "/usr/bin:/bin"}), runs, monotonic=now)
    return IngressDoor(INGRESS, Haproxy(), docker)


@pytest.fixture
def now() -> list[float]:
    """What time it is."""
    return [10.0]


def container(service: str, state: str = "running", up_for: float = 60) -> Container:
    return Container(id=service, name=f"{service}-1", service=service, state=state, up_for=up_for)


def test_only_running_containers_of_the_ingress_are_asked_on_their_loopback() -> None:
    runs = ScriptedRuns({"exec": [Answer(REPLY)]})

    proxies = door(runs).look(
        [container("web"), container("proxy"), container("proxy", "exited")], deadline=60
    )

    call = runs.calls[0]
    assert (1, ("docker", "exec", "--interactive", "proxy", "sh", "-c"), "9901", 10) == (
        len(runs.calls),
        call.argv[:6],
        call.argv[7],
        call.deadline,
    )
    assert Haproxy().question(INGRESS) == call.stdin
    assert (REPLY, Haproxy().upstreams(INGRESS, REPLY), "") == (
        proxies[0].said,
        proxies[0].upstreams,
        proxies[0].problem,
    )


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(code=1, tail=("bash: connect: Connection refused",)), "bash: connect: Connection refused"),
        (Answer(code=127), "nobody listens"),
        (Answer("Permission denied\n"), "no `# be_id` in what it says"),
    ],
)
def test_a_proxy_that_does_not_answer_says_why(answer: Answer, problem: str) -> None:
    proxies = door(ScriptedRuns({"exec": [answer]})).look([container("proxy")], deadline=60)

    assert [Proxy(container="proxy", problem=problem)] == list(proxies)


def test_what_a_proxy_said_holds_for_a_second() -> None:
    runs, at = ScriptedRuns({"exec": [Answer(CALM), Answer(CALM)]}), [0.0]
    proxies = door(runs, lambda: at[0])
    counts = []

    for moment in (0.0, FRESH - 0.01, FRESH):
        at[0] = moment
        assert CALM == proxies.look([container("proxy")], deadline=60)[0].said
        counts.append(len(runs.calls))

    assert [1, 1, 2] == counts


def test_a_proxy_that_was_restarted_since_is_asked_again() -> None:
    runs, at = ScriptedRuns({"exec": [Answer(CALM), Answer(REPLY)]}), [0.0]
    proxies = door(runs, lambda: at[0])
    proxies.look([container("proxy")], deadline=60)
    at[0] = 0.5

    assert REPLY == proxies.look([container("proxy", up_for=0.4)], deadline=60)[0].said


@pytest.mark.parametrize("answer", [Answer(REPLY), Answer("Permission denied\n"), Answer(code=1)])
def test_a_proxy_with_requests_to_wait_for_or_without_an_answer_is_asked_at_each_look(answer: Answer) -> None:
    runs = ScriptedRuns({"exec": [answer, Answer(CALM)]})
    proxies = door(runs)

    proxies.look([container("proxy")], deadline=60)

    assert CALM == proxies.look([container("proxy")], deadline=60)[0].said


def test_the_acknowledgement_of_a_switch_is_what_the_next_look_knows() -> None:
    acknowledged = f"IP changed from '127.0.0.1'\n\n{CALM}"
    runs = ScriptedRuns({"exec": [Answer(acknowledged)]})
    proxies = door(runs)

    proxies.switch(Proxy(container="proxy", said=REPLY), {"web": [NOW]}, deadline=60)

    assert acknowledged == proxies.look([container("proxy")], deadline=60)[0].said
    assert 1 == len(runs.calls)


class Settling(Haproxy):
    """Takes a while until what it counts is all there is."""

    settles = 1.0


def test_a_proxy_that_settles_is_asked_at_each_look_until_it_has(now: list[float]) -> None:
    runs = ScriptedRuns({"exec": [Answer(CALM)]})
    docker = Docker(EngineAccess({"PATH": "/usr/bin:/bin"}), runs, monotonic=lambda: now[0])
    proxies = IngressDoor(INGRESS, Settling(), docker)
    seen = []

    proxies.switch(Proxy(container="proxy", said=REPLY), {"web": [NOW]}, deadline=60)
    for moment in (10.0, 10.5, 10.99, 11.0, 11.5):
        now[0] = moment
        seen.append((proxies.look([container("proxy")], deadline=60)[0].settling, len(runs.calls)))

    assert [(True, 2), (True, 3), (True, 4), (False, 5), (False, 5)] == seen


def test_a_switch_that_was_not_acknowledged_settles_nothing(now: list[float]) -> None:
    runs = ScriptedRuns({"exec": [Answer(code=1), Answer(CALM)]})
    docker = Docker(EngineAccess({"PATH": "/usr/bin:/bin"}), runs, monotonic=lambda: now[0])
    proxies = IngressDoor(INGRESS, Settling(), docker)

    proxies.switch(Proxy(container="proxy", said=REPLY), {"web": [NOW]}, deadline=60)

    assert not proxies.look([container("proxy")], deadline=60)[0].settling


@pytest.mark.parametrize("answer", [Answer(code=1), Answer(REPLY)])
def test_a_proxy_that_was_told_something_and_may_have_requests_to_wait_for_is_asked(answer: Answer) -> None:
    runs = ScriptedRuns({"exec": [Answer(CALM), answer, Answer(REPLY)]})
    proxies = door(runs)
    before = proxies.look([container("proxy")], deadline=60)[0]

    proxies.switch(before, {"web": [NOW]}, deadline=60)

    assert REPLY == proxies.look([container("proxy")], deadline=60)[0].said
    assert 3 == len(runs.calls)


def test_a_switch_is_acknowledged_by_the_state_that_follows_it() -> None:
    runs = ScriptedRuns({"exec": [Answer(f"IP changed from '127.0.0.1'\n\n{REPLY}")]})

    door(runs).switch(Proxy(container="proxy", said=REPLY), {"web": [NOW]}, deadline=60)

    assert Haproxy().switch(INGRESS, REPLY, {"web": [NOW]}) == runs.calls[0].stdin


def test_a_switch_that_changed_nothing_is_a_failure_with_what_was_said() -> None:
    runs = ScriptedRuns({"exec": [Answer(f"No such server.\n\n{REPLY}")]})
    other = Share(container="web-3", address="172.19.0.9")

    with pytest.raises(StepFailedError, match="`proxy` cannot be switched: it did not take over") as failure:
        door(runs).switch(Proxy(container="proxy", said=REPLY), {"web": [other]}, deadline=60)

    assert "No such server." == failure.value.log[0]


def test_a_proxy_that_is_gone_at_the_moment_of_the_switch_is_for_the_next_look() -> None:
    runs = ScriptedRuns({"exec": [Answer(code=1)]})

    door(runs).switch(Proxy(container="proxy", said=REPLY), {"web": [NOW]}, deadline=60)


def test_what_the_proxy_cannot_do_is_a_failure() -> None:
    shares = [Share(container=f"web-{number}", address=f"10.0.0.{number}") for number in range(9)]

    with pytest.raises(StepFailedError, match="none is free"):
        door(ScriptedRuns()).switch(Proxy(container="proxy", said=REPLY), {"web": shares}, deadline=60)
