"""Where in the repository an error is (stagecraft/cli/annotations.py)."""

from pathlib import Path

import pytest

from stagecraft.cli.annotations import Annotation, annotations
from stagecraft.errors import ConfigError, StagecraftError


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project in a folder of a repository."""
    (tmp_path / "shop").mkdir()
    for name in ("stagecraft.yml", "compose.yml"):
        (tmp_path / "shop" / name).write_text("x\n")
    (tmp_path / "outside.yml").write_text("x\n")
    return tmp_path / "shop"


def test_a_place_in_a_file_is_found_from_the_top_of_the_repository(shop: Path) -> None:
    error = ConfigError("`rols` is not a known key", place="stagecraft.yml:4", hint="did you mean `roles`?")
    expected = Annotation("`rols` is not a known key (did you mean `roles`?)", "shop/stagecraft.yml", 4)
    assert [expected] == annotations(error, shop, shop.parent)


def test_a_file_without_a_line_means_its_first_line(shop: Path) -> None:
    error = ConfigError("cannot be read", place="compose.yml")
    assert [Annotation("cannot be read", "shop/compose.yml", 1)] == annotations(error, shop, shop.parent)


def test_each_of_several_problems_gets_its_own_annotation(shop: Path) -> None:
    error = ConfigError("one\nstagecraft.yml:7: two\nand more of it", place="stagecraft.yml:4")
    assert [
        Annotation("one", "shop/stagecraft.yml", 4),
        Annotation("two\nand more of it", "shop/stagecraft.yml", 7),
    ] == annotations(error, shop, shop.parent)


@pytest.mark.parametrize(
    "place", ["host web1", "services.web.ports", "gone.yml:3", "../outside.yml:1", "web:80"]
)
def test_a_place_that_is_no_file_of_the_repository_stays_in_the_text(shop: Path, place: str) -> None:
    assert [Annotation(f"{place}: broken")] == annotations(StagecraftError("broken", place=place), shop, shop)
