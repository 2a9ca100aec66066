"""Where the release store is, found without reading the configuration or a record."""

import os
from pathlib import Path

from stagecraft.app.where import Where
from stagecraft.config.find import find

STORE = ".stagecraft"


def store_folder(where: Where) -> Path:
    """Return the folder of the release store: as named, else `.stagecraft` beside the configuration.

    Raises ConfigError: none is named and there is no configuration.
    """
    if where.store:
        return where.cwd / where.store
    file = os.path.abspath(find(where.cwd, where.config))  # noqa: PTH100 - a link's folder counts
    return Path(file).parent / STORE
