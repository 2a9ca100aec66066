"""A saved plan says what moved (stagecraft/app/saved.py)."""

from pathlib import Path

import pytest

from stagecraft.app import Where, saved
from stagecraft.errors import ConfigError, RefusedError
from stagecraft.model import plan_file
from tests.fakes import a_plan


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "release.plan").write_text(plan_file.dump(a_plan()))

    assert a_plan() == saved.load(Where(tmp_path, {}), Path("release.plan"))


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "release.plan").write_bytes(content)

    with pytest.raises(ConfigError, match=r"the saved plan `release\.plan` cannot be read"):
        saved.load(Where(tmp_path, {}), Path("release.plan"))


def test_the_same_plan_is_not_refused() -> None:
    saved.check(a_plan(), a_plan())


def test_everything_that_moved_is_named() -> None:
    now = a_plan(version="2.0", base="demo-3", hosts=("local",))

    with pytest.raises(RefusedError) as refused:
        saved.check(a_plan(version="1.0"), now)

    assert refused.value.message == (
        "the saved plan is not what would be done now: version: `1.0` when it was saved, `2.0` now;"
        " base: `None` when it was saved, `demo-3` now; store present: `False` when it was saved, `True` now"
    )


def test_a_difference_that_has_no_name_is_told_as_one_in_the_steps() -> None:
    other = a_plan().model_copy(update={"timeouts": {}}).sealed()

    with pytest.raises(RefusedError, match="configuration: the steps differ"):
        saved.check(a_plan(), other)
