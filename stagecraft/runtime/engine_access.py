"""How to reach one engine, and the only environment in which Docker is ever started."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from stagecraft.errors import ConfigError

_ADDRESSING = (
    "PATH",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "SSH_AUTH_SOCK",
)
"""What the Docker CLI needs to find its engine, its plug-ins and its contexts; nothing else gets in."""


_UNIX = "unix://"
_DEFAULT_SOCKET = Path("/var/run/docker.sock")


@dataclass(frozen=True)
class EngineAccess:
    """One engine, as the Docker command line addresses it."""

    variables: Mapping[str, str]
    """The part of the environment that addresses the engine."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """Return the engine that `docker` itself would use in this environment, contexts included.

        `DOCKER_CONFIG` becomes absolute and explicit, because the children have no HOME.
        """
        variables = {name: environ[name] for name in _ADDRESSING if environ.get(name)}
        variables.setdefault("PATH", os.defpath)
        home = environ.get("HOME", "")
        if config := variables.get("DOCKER_CONFIG") or (home and f"{home}/.docker"):
            variables["DOCKER_CONFIG"] = str(Path(config).absolute())
        return cls(variables)

    def at(self, host: str) -> Self:
        """Return the access to another engine with the same client, as `DOCKER_HOST` names it."""
        others = ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
        kept = {name: value for name, value in self.variables.items() if name not in others}
        return replace(self, variables={**kept, "DOCKER_HOST": host})

    def socket(self) -> Path | None:
        """Return the engine's socket in the file system; None if only `docker` knows the way to it.

        By the Docker CLI's rules: `DOCKER_HOST`, else the context, of which only the default one is known.
        """
        if address := self.variables.get("DOCKER_HOST"):
            return Path(address.removeprefix(_UNIX)) if address.startswith(_UNIX) else None
        context = self.variables.get("DOCKER_CONTEXT") or self._current_context()
        return _DEFAULT_SOCKET if context == "default" else None

    def _current_context(self) -> str:
        """Return the context that `docker context use` has chosen."""
        folder = self.variables.get("DOCKER_CONFIG")
        try:
            chosen = json.loads(Path(folder, "config.json").read_bytes()) if folder else {}
            return str(chosen.get("currentContext") or "default")
        except FileNotFoundError:
            return "default"
        except (OSError, ValueError, AttributeError):
            return ""

    def environment(self, values: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the whole environment of a child: what addresses the engine, and `values`.

        Raises ConfigError if a value has the name of a variable that addresses the engine.
        """
        given = values or {}
        if clash := sorted(set(given) & set(_ADDRESSING)):
            raise ConfigError(
                f"`{clash[0]}` cannot be the name of a secret or variable: Docker itself is steered by it",
                hint="give it another name in `stagecraft.yml` and in the Compose file",
            )
        return {**given, **self.variables}
