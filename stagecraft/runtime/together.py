"""The same for several at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def together(items: Iterable[T], do: Callable[[T], R]) -> list[R]:
    """Return what `do` makes of every item, side by side, in the order of the items."""
    work = list(items)
    if len(work) < 2:
        return [do(item) for item in work]
    with ThreadPoolExecutor(max_workers=len(work)) as pool:
        return list(pool.map(do, work))
