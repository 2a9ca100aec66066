"""Every awkward situation of a rollout, as data: wanted + observed + tried -> actions, without Docker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stagecraft.compose.next_actions import next_actions
from stagecraft.model.action import Action, Add, Fail, Up, Wait
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
    numbered = {"number": int(number)} if number.isdigit() else {}
    return Container(**{**defaults, **numbered, "digest": "now", **given})


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
        case Wait(rest=rest) if rest:
            more = f" ({rest:g} s)"
    return f"{action}: {action.cause}{more}"


@pytest.mark.parametrize("case", list(cases()))
def test_what_is_wanted_and_what_is_observed_decide_what_is_next(case: dict[str, Any]) -> None:
    wanted = Wanted(
        services=tuple(service(name, given) for name, given in case["wanted"].items()),
        recreate=frozenset(case.get("recreate", ())),
    )
    observed = Observed(containers=tuple(container(name, given) for name, given in case["observed"].items()))
    sets = {name: frozenset(case.get(name, ())) for name in ("tried", "overdue", "stale", "rested")}
    progress = Progress(**sets, added=case.get("added", {}), failed=case.get("failed", False))

    assert case["actions"] == [line(action) for action in next_actions(wanted, observed, progress)]
