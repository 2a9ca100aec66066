"""What an engine says about itself: asked at its socket, or of `docker info`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PATH = "/info"
"""Where the engine's API has it."""
FORMAT = (
    '--format={"ServerVersion":{{json .ServerVersion}},"OSType":{{json .OSType}},'
    '"Architecture":{{json .Architecture}},"SystemTime":{{json .SystemTime}},'
    '"DockerRootDir":{{json .DockerRootDir}}}'
)
"""Makes `docker info` print the same names; it takes six times as long, because it asks every plug-in too."""
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm", "i686": "386"}
"""The kernel's names, which the engine has, as image platforms have them (OCI image specification)."""


@dataclass(frozen=True)
class EngineInfo:
    """What an engine says about itself."""

    version: str
    os: str
    architecture: str
    """As in image platforms: `amd64`, `arm64`."""
    root: str = ""
    """The folder of images and volumes, on the engine's machine."""

    @property
    def platform(self) -> str:
        """Return `linux/amd64`."""
        return f"{self.os}/{self.architecture}"


def parse(line: str) -> Mapping[str, Any]:
    """Return what `docker info` printed with FORMAT."""
    found: Mapping[str, Any] = json.loads(line)
    return found


def info_of(found: Mapping[str, Any]) -> EngineInfo:
    """Return what the engine said, in the words of image platforms."""
    machine = found["Architecture"]
    root = found.get("DockerRootDir", "")
    return EngineInfo(found["ServerVersion"], found["OSType"], _ARCHITECTURES.get(machine, machine), root)


def time_of(found: Mapping[str, Any]) -> datetime:
    """Return the engine's time when it said that."""
    return datetime.fromisoformat(found["SystemTime"])
