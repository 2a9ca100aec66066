"""Every awkward situation of a rollout, as data: wanted + observed + tried -> actions, without Docker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stagecraft.compose.next_actions import next_actions
from stagecraft.model.action import Action, Fail, Up
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
    force = " (force)" if isinstance(action, Up) and action.force else ""
    blamed = f" [{action.container}]" if isinstance(action, Fail) and action.container else ""
    return f"{action}: {action.cause}{force}{blamed}"


@pytest.mark.parametrize("case", list(cases()))
def test_what_is_wanted_and_what_is_observed_decide_what_is_next(case: dict[str, Any]) -> None:
    wanted = Wanted(
        services=tuple(service(name, given) for name, given in case["wanted"].items()),
        recreate=frozenset(case.get("recreate", ())),
    )
    observed = Observed(containers=tuple(container(name, given) for name, given in case["observed"].items()))
    progress = Progress(tried=frozenset(case.get("tried", ())), overdue=frozenset(case.get("overdue", ())))

    assert case["actions"] == [line(action) for action in next_actions(wanted, observed, progress)]
