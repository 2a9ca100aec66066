"""Shares of the requests in whole numbers, and for whom there is a trial."""

import pytest

from stagecraft.compose.canary import real_share, weights
from stagecraft.model.observed import Container


def containers(side: str, count: int) -> list[Container]:
    names = [f"{side}-{number}" for number in range(1, count + 1)]
    return [Container(id=name, name=name, service="web", state="running") for name in names]


@pytest.mark.parametrize(
    ("old", "new", "percent", "each_old", "each_new", "share"),
    [
        (1, 1, 10, 9, 1, 10),
        (1, 1, 1, 99, 1, 1),
        (1, 1, 50, 1, 1, 50),
        (1, 1, 33, 67, 33, 33),
        (3, 1, 10, 3, 1, 10),
        (3, 3, 20, 4, 1, 20),
        (2, 1, 90, 1, 18, 90),
        (3, 2, 7, 9, 1, 6.9),
        (20, 1, 10, 4, 9, 10.1),
        (150, 1, 1, 1, 2, 1.3),
    ],
)
def test_the_weights_come_as_close_as_a_hundred_parts_can(
    old: int, new: int, percent: int, each_old: int, each_new: int, share: float
) -> None:
    found = weights(containers("old", old), containers("new", new), percent)

    assert {each_old} == {found[f"old-{number}"] for number in range(1, old + 1)}
    assert {each_new} == {found[f"new-{number}"] for number in range(1, new + 1)}
    assert share == round(real_share(old, new, percent), 1)
