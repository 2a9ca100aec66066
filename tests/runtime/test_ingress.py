"""Speaking to a proxy in its container, over programs that answer from a script."""

from pathlib import Path

import pytest

from stagecraft.errors import StepFailedError
from stagecraft.ingress.haproxy import Haproxy
from stagecraft.model.ingress import DriverName, Ingress, Proxy, Route, Share
from stagecraft.model.observed import Container
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.ingress import IngressDoor
from tests.runtime.scripted import Answer, ScriptedRuns

REPLY = (Path(__file__).parents[2] / "testdata/ingress/haproxy-2.6.txt").read_text()
INGRESS = Ingress(service="proxy", driver=DriverName.HAPROXY, routes=(Route(service="web", port=8000),))
NOW = Share(container="web-2", address="172.19.0.3", weight=30)
"""What the reply says that serves."""


def door(runs: ScriptedRuns) -> IngressDoor:
    docker = Docker(EngineAccess({"PATH": "/usr/bin:/bin"}), runs, monotonic=lambda: 0)
    return IngressDoor(INGRESS, Haproxy(), docker)


def container(service: str, state: str = "running") -> Container:
    return Container(id=service, name=f"{service}-1", service=service, state=state)


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
