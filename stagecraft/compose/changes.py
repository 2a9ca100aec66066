"""What becomes of each service of a host: two texts -> one answer a service (spec/plan.md)."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stagecraft.compose.strategy import EXTENSION, UPDATE_KEYS
from stagecraft.compose.text import load, without_labels
from stagecraft.model.change import Change, ServiceChange

_NEVER_REPLACES = ("depends_on", EXTENSION)
"""Keys that say in which order things happen and nothing about a container (compose/pin.py, `embodied`)."""

_USED = ("configs", "secrets")
"""Top-level sections whose content belongs to the services that mount it."""

_BUILT = "its image is built anew, its digest is known afterwards"


def changes(
    before: str, after: str, *, built: Collection[str] = (), recreate: Collection[str] = ()
) -> dict[str, ServiceChange]:
    """Return what becomes of every service in either text, in the order of their names.

    `before` is the text of the base release, empty if there is none; `built` holds the references that are
    built anew, `recreate` the services to replace in any case. What only the host knows (a container that is
    gone, a secret that was rotated) is found by the rollout.
    """
    old, new = _model(before), _model(after)
    known, wanted = old["services"], new["services"]
    found = {}
    for name in sorted({*known, *wanted}):
        if name not in wanted:
            found[name] = ServiceChange(change=Change.REMOVED, cause="the text does not have it any more")
        elif name not in known:
            found[name] = ServiceChange(change=Change.ADDED, cause="the base does not have it")
        else:
            causes = list(_causes(_definition(name, old), _definition(name, new), built))
            causes += ["asked for by `--recreate`"] if name in recreate else []
            change = Change.CHANGED if causes else Change.UNCHANGED
            found[name] = ServiceChange(change=change, cause="; ".join(causes))
    return found


def _causes(old: Mapping[str, Any], new: Mapping[str, Any], built: Collection[str]) -> Iterator[str]:
    """Yield why a container of the new definition is another one than that of the old."""
    if new["image"] in built:
        yield _BUILT
    elif old["image"] != new["image"]:
        yield f"image: {new['image']}"
    keys = sorted(key for key in {*old, *new} - {"image"} if old.get(key) != new.get(key))
    if keys:
        yield f"{', '.join(keys)} {'differ' if len(keys) > 1 else 'differs'}"


def _definition(name: str, model: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a container of the service embodies: its own keys, and what it mounts by content."""
    service = without_labels(model["services"][name])
    kept = {key: value for key, value in service.items() if key not in _NEVER_REPLACES}
    deploy = {key: value for key, value in kept.pop("deploy", {}).items() if key not in UPDATE_KEYS}
    kept |= {"deploy": deploy} if deploy else {}
    for section in _USED:
        for mount in service.get(section, []):
            source = mount["source"]
            kept[f"{section.removesuffix('s')} `{source}`"] = model.get(section, {}).get(source)
    return kept


def _model(text: str) -> dict[str, Any]:
    return load(text) if text else {"services": {}}
