"""What an older Compose parses, and then does not do."""

import re
from collections.abc import Mapping
from typing import Any

from stagecraft.errors import ConfigError

_SINCE = {"post_start": (2, 30), "pre_stop": (2, 30)}
"""Service key -> the first Compose that executes it (Docker documentation, "Use lifecycle hooks")."""


def check_executed(services: Mapping[str, Mapping[str, Any]], compose_version: str) -> None:
    """Refuse a key that this Compose would leave undone without a word (2.26 does). Raises ConfigError."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", compose_version)[:2])
    for name, service in services.items():
        for key, since in _SINCE.items():
            if key in service and numbers < since:
                raise ConfigError(
                    f"Compose {compose_version} reads `{key}` and does not execute it",
                    place=f"services.{name}.{key}",
                    hint=f"install Compose {'.'.join(map(str, since))} or later, or remove it",
                )
