"""A readable difference between two texts."""

import difflib

from stagecraft.compose.pin import unlabelled


def difference(old: str, new: str, *, old_name: str = "current", new_name: str = "planned") -> str:
    """Return a unified difference with our own labels left out; empty if nothing else differs.

    Either text may be empty: there is none.
    """
    before, after = (unlabelled(text).splitlines() if text else [] for text in (old, new))
    lines = difflib.unified_diff(before, after, old_name, new_name, lineterm="")
    return "".join(f"{line}\n" for line in lines)
