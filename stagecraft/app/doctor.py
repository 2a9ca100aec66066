"""doctor: the preflight of a deploy of now, told whole."""

from contextlib import closing
from dataclasses import dataclass

from stagecraft.app import planning
from stagecraft.app.hands import MakeHands
from stagecraft.app.opened import opened
from stagecraft.app.preflight import Preflight
from stagecraft.app.requests import DeployRequest
from stagecraft.app.where import Where
from stagecraft.engine.ports import Observer
from stagecraft.errors import UnavailableError
from stagecraft.model.checked import Checked


@dataclass(frozen=True)
class Diagnosis:
    """Everything that was looked at, and the error a deploy would end with."""

    checks: tuple[Checked, ...]
    problem: UnavailableError | None


def diagnose(where: Where, observer: Observer, env: str | None, hands: MakeHands) -> Diagnosis:
    """Look at everything a deploy of now needs; touches nothing. Raises ConfigError, StoreError."""
    here = opened(where, env)
    plan = planning.make(where, here, observer, DeployRequest(env=env)).plan
    made = hands(where, here, observer)
    with closing(made.engines):
        preflight = Preflight(where, here, made, plan, whole=True)
        checks = preflight.checks()
        return Diagnosis(checks, preflight.verdict(checks))
