"""Saved plans: reading one, and saying what moved since."""

from pathlib import Path

from stagecraft.app.where import Where
from stagecraft.errors import ConfigError, RefusedError
from stagecraft.model import plan_file
from stagecraft.model.plan import Plan

_NAMED = ("project", "environment", "kind", "version", "base", "store_present", "compose_version")


def load(where: Where, path: Path) -> Plan:
    """Return a saved plan. Raises ConfigError: unreadable; RefusedError: changed by hand."""
    try:
        text = (where.cwd / path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigError(
            f"the saved plan `{path}` cannot be read: {reason}",
            hint=f"`stagecraft plan --out {path}` saves one",
        ) from None
    return plan_file.load(text)


def check(saved: Plan, now: Plan) -> None:
    """Refuse a saved plan that is not what would be planned now. Raises RefusedError that says what moved."""
    if saved.digest == now.digest:
        return
    moved = [
        f"{name.replace('_', ' ')}: `{getattr(saved, name)}` when it was saved, `{getattr(now, name)}` now"
        for name in _NAMED
        if getattr(saved, name) != getattr(now, name)
    ]
    if saved.texts != now.texts:
        hosts = sorted(
            name for name in {*saved.hosts, *now.hosts} if saved.hosts.get(name) != now.hosts.get(name)
        )
        moved.append(f"configuration: the Compose text of {', '.join(hosts)} differs")
    if not moved:
        moved.append("configuration: the steps differ")
    raise RefusedError(
        "the saved plan is not what would be done now: " + "; ".join(moved),
        hint=f"look at it again: `stagecraft plan --env {now.environment} --out FILE`",
    )
