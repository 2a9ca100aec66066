"""Planned text + images -> the final text: references that cannot move, and a digest label a service."""

import json
from collections.abc import Mapping
from typing import Any

from stagecraft.compose.strategy import EXTENSION, UPDATE_KEYS
from stagecraft.compose.text import DIGEST, labelled, load, without_labels
from stagecraft.compose.writer import write
from stagecraft.model.image import Image
from stagecraft.model.plan import content_digest

_NOT_EMBODIED = ("depends_on", "scale", "deploy", EXTENSION)


def pin(text: str, images: Mapping[str, Image]) -> str:
    """Return `text` with each planned reference in `images` replaced by its image's pin.

    Every service gets the label `stagecraft.digest` (spec/compose.md, Labels). Pinning twice changes nothing.
    """
    model = load(text)
    for name, service in model["services"].items():
        plain = without_labels(service)
        if image := images.get(plain["image"]):
            plain["image"] = image.pin
        model["services"][name] = labelled(plain, {DIGEST: digest(plain, model)})
    return write(model)


def unlabelled(text: str) -> str:
    """Return `text` without the labels that are Stagecraft's own."""
    model = load(text)
    services = {name: without_labels(service) for name, service in model["services"].items()}
    return write({**model, "services": services})


def embodied(service: dict[str, Any]) -> dict[str, Any]:
    """Return what of a service a single container embodies: not how many there are or how they change."""
    aside = UPDATE_KEYS | {"replicas"}
    deploy = {key: value for key, value in service.get("deploy", {}).items() if key not in aside}
    kept = {key: value for key, value in service.items() if key not in _NOT_EMBODIED}
    return {**kept, **({"deploy": deploy} if deploy else {})}


def digest(service: dict[str, Any], model: dict[str, Any]) -> str:
    """Return sha256 over what a container of `service` embodies: its definition, its configs and secrets."""
    content: dict[str, Any] = {"service": embodied(service)}
    for section in ("configs", "secrets"):
        used = [mount["source"] for mount in service.get(section, [])]
        content[section] = {name: model.get(section, {}).get(name) for name in used}
    return content_digest(json.dumps(content, sort_keys=True, ensure_ascii=False))
