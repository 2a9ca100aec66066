"""A bug in Stagecraft, told in two lines."""

import os
import tempfile
import traceback
from pathlib import Path


def internal_text(error: Exception, folder: Path | None = None) -> str:
    """Return the lines about a bug; its traceback is kept in a file under `folder`, or that of the system.

    The traceback names code only: messages of exceptions may quote values, and a value may be a secret.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    trace = "".join([*traceback.format_list(frames), type(error).__name__, "\n"])
    try:
        descriptor, name = tempfile.mkstemp(dir=folder, prefix="stagecraft-traceback-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(trace)
        kept = f"its traceback is in {name}"
    except OSError:
        kept = f"its traceback:\n{trace.rstrip()}"
    return f"internal error: {type(error).__name__} at {place}\nhint: this is a bug, please report it; {kept}"
