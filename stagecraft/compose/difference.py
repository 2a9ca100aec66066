"""A readable difference between two texts."""

import difflib

from stagecraft.compose.pin import unlabelled


def difference(old: str, new: str, *, old_name: str = "current", new_name: str = "planned") -> str:
    """Return a unified difference with our own labels left out; empty if nothing else differs.

    `old` may be empty: nothing runs yet.
    """
    before = unlabelled(old).splitlines() if old else []
    lines = difflib.unified_diff(before, unlabelled(new).splitlines(), old_name, new_name, lineterm="")
    return "".join(f"{line}\n" for line in lines)
