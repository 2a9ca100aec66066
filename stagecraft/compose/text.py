"""Reading our own texts back."""

from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PREFIX = "stagecraft."
DIGEST = "stagecraft.digest"
INPUTS = "stagecraft.inputs"


def load(text: str) -> dict[str, Any]:
    """Return the document of a text that `writer.write` wrote."""
    document: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506  # both are safe loaders
    return document


def labelled(service: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    """Return `service` with `labels` added, keys in order."""
    merged = dict(sorted({**service.get("labels", {}), **labels}.items()))
    return dict(sorted({**service, "labels": merged}.items()))


def without_labels(service: dict[str, Any]) -> dict[str, Any]:
    """Return `service` without the labels that are Stagecraft's own."""
    labels = {key: value for key, value in service.get("labels", {}).items() if not key.startswith(PREFIX)}
    rest = {key: value for key, value in service.items() if key != "labels"}
    return dict(sorted({**rest, **({"labels": labels} if labels else {})}.items()))
