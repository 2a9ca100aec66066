"""YAML as text in lists and mappings, whatever its tags: for looking, not for deciding."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read(file: Path) -> object:
    """Return what a file holds; every scalar is text, every tag is ignored. Raises OSError, ValueError."""
    import yaml  # noqa: PLC0415 - who only names releases needs none

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return yaml.load(file.read_bytes(), Loader=loader)  # noqa: S506 - makes text, lists and mappings only
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(str(error)) from error


def mapping(value: object) -> Mapping[str, Any]:
    """Return the value if it is a mapping, without what it merges; else an empty one."""
    return {key: inner for key, inner in value.items() if key != "<<"} if isinstance(value, dict) else {}
