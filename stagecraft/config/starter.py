"""The first `stagecraft.yml` of a project: what is known, and every other key as a comment.

Its comments are the schema's own descriptions, so that the file and the reference cannot disagree.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import wrap

from stagecraft.config.keys import Key, keys
from stagecraft.config.reference import ANY, one_line

_WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True)
class Value:
    """One variable or secret, as it is to be written."""

    name: str
    text: str
    """The value, as YAML."""
    note: str = ""
    commented: bool = False
    """Not needed: the Compose file has a default."""


@dataclass(frozen=True)
class Starter:
    """What the file is to say."""

    project: str
    compose: tuple[str, ...]
    environment: str
    registry: str | None = None
    secrets: tuple[Value, ...] = ()
    variables: tuple[Value, ...] = ()
    compose_project: str | None = None
    hosts: Mapping[str, str] | None = None
    """Name -> where it is for SSH; None: the engine of this machine."""
    profiles: tuple[str, ...] = ()
    """Profiles of the Compose file, none of which is active."""


def text(starter: Starter) -> str:
    """Return the whole file."""
    known = keys()
    files = ", ".join(starter.compose)
    lines = [f"# Written by `stagecraft init` from {files}. `stagecraft docs KEY` explains any key."]
    written = _top(starter)
    for key in _children(known, ()):
        if key.path[-1] != "environments":
            lines += _entry(key, written.get(key.path[-1]))
    lines += ["", *_comment(_named(known, "environments").description), "environments:"]
    lines += [f"  {starter.environment}:"]
    written = _environment(starter)
    for key in _children(known, ("environments", ANY)):
        lines += [f"    {line}" if line else "" for line in _entry(key, written.get(key.path[-1]))]
    return "\n".join(lines) + "\n"


def scalar(value: str) -> str:
    """Return text as YAML that can be nothing but this text."""
    return (
        value
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        else json.dumps(value, ensure_ascii=False)
    )


def _top(starter: Starter) -> dict[str, list[str]]:
    files = [scalar(name) for name in starter.compose]
    compose = files[0] if len(files) == 1 else f"[{', '.join(files)}]"
    written = {
        "version": ["version: 1"],
        "project": [f"project: {scalar(starter.project)}"],
        "compose": [f"compose: {compose}"],
    }
    if starter.registry:
        written["registry"] = [f"registry: {scalar(starter.registry)}"]
    if starter.secrets:
        written["secrets"] = ["secrets:", *_values(starter.secrets)]
    return written


def _environment(starter: Starter) -> dict[str, list[str]]:
    needed = any(not value.commented for value in starter.variables)
    written = {"variables": ["variables:" if needed else "variables: {}", *_values(starter.variables)]}
    if starter.compose_project:
        written["compose_project"] = [f"compose_project: {scalar(starter.compose_project)}"]
    if starter.hosts:
        written["hosts"] = [
            "hosts:",
            *(f"  {name}: {{ssh: {scalar(at)}}}" for name, at in starter.hosts.items()),
        ]
    if starter.profiles:
        written["profiles"] = [f"profiles: []  # there is {', '.join(starter.profiles)}"]
    return written


def _values(values: Iterable[Value]) -> list[str]:
    return [
        f"  {'# ' if value.commented else ''}{value.name}: {value.text}"
        + (f"  # {value.note}" if value.note else "")
        for value in values
    ]


def _entry(key: Key, written: list[str] | None) -> list[str]:
    name = key.path[-1]
    if written is None:
        example = f"{name}: {key.default}" if key.default else one_line(key.path)
        written = [f"# {example}" if example else f"# {name}: (`stagecraft docs {key.name}` shows how)"]
    return ["", *_comment(key.description), *written]


def _comment(description: str) -> list[str]:
    return [f"# {line}" for line in wrap(description, _WIDTH)]


def _children(known: Iterable[Key], path: tuple[str, ...]) -> list[Key]:
    return [key for key in known if key.path[:-1] == path]


def _named(known: Iterable[Key], name: str) -> Key:
    return next(key for key in known if key.path == (name,))
