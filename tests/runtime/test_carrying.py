"""Images from engine to engine (stagecraft/runtime/carrying.py)."""

from collections.abc import Iterable, Mapping

import pytest

from stagecraft.errors import StepFailedError
from stagecraft.runtime.carrying import Carrier
from stagecraft.runtime.docker import Docker, ImageInfo
from stagecraft.runtime.engine_access import EngineAccess
from tests.runtime.scripted import Answer, ScriptedRuns

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


class Shelf(Docker):
    """An engine with some images, by ID or name."""

    def __init__(self, images: Mapping[str, str], address: str = "tcp://engine") -> None:
        super().__init__(EngineAccess({"PATH": "/usr/bin", "DOCKER_HOST": address}), ScriptedRuns())
        self._images = images

    def missing(self, references: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(set(references) - self._images.keys()))

    def image(self, reference: str) -> ImageInfo | None:
        found = self._images.get(reference)
        return ImageInfo(found, (), "linux", "amd64") if found else None


def test_images_go_by_name_if_that_still_means_them_else_by_id() -> None:
    runs = ScriptedRuns()
    here = Shelf({ONE: ONE, TWO: TWO, "shop/web:1": ONE, "shop/api:1": ONE})
    there = Shelf({ONE: ONE, TWO: TWO}, "unix:///tmp/sc-1/h.sock")
    Carrier(here, runs)(there, {ONE: "shop/web:1", TWO: "shop/api:1"}, deadline=60)

    (call,) = runs.calls
    assert ("carry", "shop/web:1", TWO) == call.argv[3:]
    assert ("unix:///tmp/sc-1/h.sock", 60) == (call.env["STAGECRAFT_TO"], call.deadline)


def test_an_image_that_is_not_here_either_is_named() -> None:
    runs = ScriptedRuns()
    with pytest.raises(StepFailedError, match="is neither there nor on this machine's engine"):
        Carrier(Shelf({}), runs)(Shelf({}), {ONE: "shop/web:1"}, deadline=60)
    assert [] == runs.calls


def test_an_image_that_does_not_arrive_is_a_failure_whatever_the_programs_said() -> None:
    runs = ScriptedRuns({"-c": [Answer(tail=("no space left on device",))]})
    there = Shelf({}, "unix:///tmp/sc-1/h.sock")
    with pytest.raises(StepFailedError, match="image `shop/web:1` has not arrived") as failed:
        Carrier(Shelf({ONE: ONE}), runs)(there, {ONE: "shop/web:1"}, deadline=60)
    assert ("no space left on device",) == failed.value.log
