"""What a second Compose file keeps out of the canonical model: `env_file` values, and `ssh` of builds."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from stagecraft.model.source import EnvFile

_WORDS = (b"env_file", b"ssh")


def probable(paths: Iterable[Path]) -> bool:
    """Return whether the files, as people write them, need an overlay; `overlay` knows for certain."""
    return any(word in path.read_bytes() for path in paths for word in _WORDS)


def overlay(raw: Mapping[str, Any]) -> str:
    """Return a Compose file that keeps `env_file` values, and `ssh` (which `config` cannot print), out."""
    lines = []
    for name, service in sorted(raw.get("services", {}).items()):
        resets = ["env_file: !reset []"] if service.get("env_file") else []
        resets += ["build: {ssh: !reset []}"] if ssh_of(service) else []
        lines += [f"  {json.dumps(name)}: {{{', '.join(resets)}}}"] if resets else []
    return "\n".join(["services:", *lines, ""]) if lines else ""


def ssh_of(service: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the `ssh` of a service's build: name -> path, None for the agent."""
    build = service.get("build")
    keyed = build.get("ssh") if isinstance(build, dict) else None
    if isinstance(keyed, list):
        return {name: path or None for name, _, path in (str(one).partition("=") for one in keyed)}
    return dict(keyed or {})


def env_files(service: Mapping[str, Any]) -> tuple[EnvFile, ...]:
    """Return the `env_file`s of a service, as written."""
    listed = service.get("env_file") or []
    return tuple(
        EnvFile(one["path"], one.get("required", True), one.get("format"))
        if isinstance(one, dict)
        else EnvFile(str(one))
        for one in (listed if isinstance(listed, list) else [listed])
    )
