"""Every awkward situation of a rollout, as data: wanted + observed + tried -> actions, without Docker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stagecraft.compose.next_actions import next_actions
from stagecraft.model.action import Action, Add, Check, Fail, Switch, Up, Wait
from stagecraft.model.ingress import Duty, Proxy, Upstream
from stagecraft.model.observed import Container, Observed, Progress, Wanted, WantedService

CASES = Path(__file__).parents[2] / "testdata" / "rollout"


def cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yml")):
        for sentence, case in yaml.safe_load(path.read_text()).items():
            yield pytest.param(case, id=f"{path.stem}: {sentence}")


def service(name: str, given: dict[str, Any]) -> WantedService:
    return WantedService(**{"name": name, "digest": "now", "inputs": "", **given})


def container(name: str, given: dict[str, Any]) -> Container:
    stem, _, number = name.rpartition("-")
    defaults = {"id": f"id-of-{name}", "name": name, "service": stem, "state": "running", "up_for": 60.0}
    defaults |= {"addresses": {"default": f"at-{name}"}}
    numbered = {"number": int(number)} if number.isdigit() else {}
    return Container(**{**defaults, **numbered, "digest": "now", **given})


def upstream(name: str, said: str) -> Upstream:
    """`serves`, `serves at 30`, `drains 2`: the duty, the weight if it is another, and what is in flight."""
    duty = next(duty for duty in Duty if said.startswith(duty))
    weight, number = said.partition(" at ")[2], said.rsplit(maxsplit=1)[-1]
    return Upstream(
        service=name.rpartition("-")[0],
        port=8000,
        address=f"at-{name}",
        duty=duty,
        weight=int(weight or 100),
        in_flight=int(number) if number.isdigit() and not weight else 0,
    )


def proxies(case: dict[str, Any], observed: tuple[Container, ...]) -> tuple[Proxy, ...]:
    """What every running `proxy` says: the same, unless the case has something for one of them."""
    said = case.get("ingress", {})
    found = []
    for one in observed:
        if one.service == "proxy" and one.state == "running":
            own = said.get(one.name, said) if isinstance(said, dict) else said
            heard = () if isinstance(own, str) else tuple(upstream(name, each) for name, each in own.items())
            problem = own if isinstance(own, str) else ""
            settling = case.get("settling", False)
            found.append(Proxy(container=one.id, upstreams=heard, problem=problem, settling=settling))
    return tuple(found)


def line(action: Action) -> str:
    """`verb subject: cause`, with what else the action says."""
    more = ""
    match action:
        case Up(force=True):
            more = " (force)"
        case Fail(container=str(container)) if container:
            more = f" [{container}]"
        case Add():
            more = f" ({action.new} new, {action.total} in all)"
        case Switch(to=to) if any(share.weight != 100 for share in to):
            more = f" (at {', '.join(str(share.weight) for share in to)})"
        case Check(container=inside, command=command):
            more = f" ({' '.join(command)} in {inside})"
        case Wait(rest=rest) if rest:
            more = f" ({rest:g} s)"
    return f"{action}: {action.cause}{more}"


@pytest.mark.parametrize("case", list(cases()))
def test_what_is_wanted_and_what_is_observed_decide_what_is_next(case: dict[str, Any]) -> None:
    wanted = Wanted(
        services=tuple(service(name, given) for name, given in case["wanted"].items()),
        recreate=frozenset(case.get("recreate", ())),
        ingress="proxy" if "proxy" in case["wanted"] else "",
    )
    there = tuple(container(name, given) for name, given in case["observed"].items())
    observed = Observed(containers=there, proxies=proxies(case, there))
    sets = {
        name: frozenset(case.get(name, ())) for name in ("tried", "overdue", "stale", "rested", "drained")
    }
    counts = {name: case.get(name, {}) for name in ("added", "checked")}
    progress = Progress(**sets, **counts, failed=case.get("failed", False))

    assert case["actions"] == [line(action) for action in next_actions(wanted, observed, progress)]
