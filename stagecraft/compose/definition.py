"""Reading a build definition back, before anything is built from it."""

import json
from typing import Any


def dropped(definition: str, printed: str) -> list[str]:
    """Return `target.key` for whatever of a definition this machine's bake does not understand, sorted.

    `printed` is what `docker buildx bake --print` made of it: older versions leave out without a word what
    they do not know, and would build without it.
    """
    understood = _targets(printed)
    return sorted(
        f"{target}.{key}"
        for target, keys in _targets(definition).items()
        for key in keys
        if key not in understood.get(target, {})
    )


def allowances(printed: str) -> tuple[str, ...]:
    """Return what newer versions of bake have to be allowed (`--allow`) for a definition, from `--print`."""
    return tuple(
        sorted({one for target in _targets(printed).values() for one in target.get("entitlements", [])})
    )


def secret_names(definition: str) -> frozenset[str]:
    """Return the names whose values the build needs in its environment."""
    entries = [entry for target in _targets(definition).values() for entry in target.get("secret", [])]
    return frozenset(entry.partition(",env=")[2] for entry in entries if ",env=" in entry)


def _targets(text: str) -> dict[str, dict[str, Any]]:
    targets: dict[str, dict[str, Any]] = json.loads(text)["target"]
    return targets
