"""Where a command was typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Where:
    """Where a command was typed. The only place that knows the working directory and the environment."""

    cwd: Path
    environ: Mapping[str, str]
    config: Path | None = None
    """`--config`; None: `stagecraft.yml` in the working directory."""
    store: Path | None = None
    """`--store`; None: `STAGECRAFT_STORE`, else `.stagecraft` beside the configuration."""
