"""A plan as the JSON document that `plan --format json` prints and `deploy --plan` reads (spec/json.md)."""

import json
from typing import Any, NoReturn

from pydantic import ValidationError

from stagecraft.errors import RefusedError
from stagecraft.model.phase import Phase
from stagecraft.model.plan import Plan

_FIRST = ("schema", "project", "environment", "kind", "version", "base", "compose_version")
_SORTED = ("hosts", "texts", "variables", "timeouts", "given", "files")


def document(plan: Plan) -> dict[str, Any]:
    """Return the plan as plain JSON values: its steps and skip reasons grouped by phase, the digest last."""
    raw = plan.model_dump(mode="json")
    steps, skipped, digest = raw.pop("steps"), raw.pop("skipped"), raw.pop("digest")
    for name in _SORTED:
        raw[name] = dict(sorted(raw[name].items()))
    first = {name: raw.pop(name) for name in _FIRST}
    phases = [
        {"name": phase.value, "skipped": skipped.get(phase.value), "steps": _steps_of(phase, steps)}
        for phase in Phase
    ]
    return {**first, "phases": phases, **raw, "digest": digest}


def dump(plan: Plan) -> str:
    """Return the document as text: the same plan gives the same bytes; `load` gives the same plan again."""
    return json.dumps(document(plan), indent=2, ensure_ascii=False) + "\n"


def load(text: str) -> Plan:
    """Return the plan that was saved as `text`.

    Raises RefusedError if it is not a saved plan of this schema, or was changed since (its digest says so).
    """
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        _refuse("is not JSON")
    if not isinstance(raw, dict) or not isinstance(raw.get("phases"), list):
        _refuse("has no `phases`")
    if raw.get("schema") != 1:
        _refuse(f"has schema `{raw.get('schema')}`, this Stagecraft reads `1`")
    try:
        plan = Plan.model_validate(_flat(raw))
    except (ValidationError, KeyError, TypeError, AttributeError):
        _refuse("does not have the fields of one")
    if plan.sealed().digest != plan.digest:
        _refuse("was changed after it was saved: its digest does not fit")
    return plan


def _steps_of(phase: Phase, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the phase's steps without the phase they stand under, what every step has first."""
    every = ("kind", "host", "wave", "cause")
    return [
        {name: step[name] for name in every}
        | {name: value for name, value in step.items() if name not in (*every, "phase")}
        for step in steps
        if step["phase"] == phase
    ]


def _flat(raw: dict[str, Any]) -> dict[str, Any]:
    """Undo the grouping by phase."""
    rest = {name: value for name, value in raw.items() if name != "phases"}
    rest["steps"] = [{**step, "phase": phase["name"]} for phase in raw["phases"] for step in phase["steps"]]
    rest["skipped"] = {
        phase["name"]: phase["skipped"] for phase in raw["phases"] if phase["skipped"] is not None
    }
    return rest


def _refuse(why: str) -> NoReturn:
    raise RefusedError(
        f"the saved plan cannot be used: it {why}",
        hint="make a new one: `stagecraft plan --env ENVIRONMENT --out FILE`",
    ) from None
