"""Canonical models made by hand."""

from typing import Any

from stagecraft.compose.canonical import Canonical, canonical
from stagecraft.model.source import ConfigFile, Source

TOKENS = {"KEY": "zzsc1zz"}


def model(
    services: dict[str, Any], *, files: dict[str, ConfigFile] | None = None, **sections: Any
) -> Canonical:
    """Return the canonical model of `services`; `zzsc1zz` stands for the secret `KEY`."""
    return canonical(
        Source(
            model={"services": services, **sections},
            compose_version="2.26.1",
            tokens=TOKENS,
            variables={"LEVEL": "info"},
            files=files or {},
        )
    )
