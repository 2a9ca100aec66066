"""Images from engine to engine (stagecraft/runtime/carrying.py)."""

from collections.abc import Iterable, Mapping

import pytest

from stagecraft.errors import StepFailedError
from stagecraft.runtime.carrying import Carrier
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.engine_images import EngineImages, ImageInfo
from tests.runtime.scripted import Answer, ScriptedRuns

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def shelf(images: Mapping[str, str], address: str = "tcp://engine") -> Docker:
    """An engine with some images, by ID or name."""
    docker = Docker(EngineAccess({"PATH": "/usr/bin", "DOCKER_HOST": address}), ScriptedRuns())
    docker.images = Shelf(docker, images)
    return docker


class Shelf(EngineImages):
    """Knows what lies on it."""

    def __init__(self, docker: Docker, images: Mapping[str, str]) -> None:
        super().__init__(docker)
        self._images = images

    def missing(self, references: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(set(references) - self._images.keys()))

    def get(self, reference: str) -> ImageInfo | None:
        found = self._images.get(reference)
        return ImageInfo(found, (), "linux", "amd64") if found else None


def test_images_go_by_name_if_that_still_means_them_else_by_id() -> None:
    runs = ScriptedRuns()
    here = shelf({ONE: ONE, TWO: TWO, "shop/web:1": ONE, "shop/api:1": ONE})
    there = shelf({ONE: ONE, TWO: TWO}, "unix:///tmp/sc-1/h.sock")
    Carrier(here, runs)(there, {ONE: "shop/web:1", TWO: "shop/api:1"}, deadline=60)

    (call,) = runs.calls
    assert ("carry", "shop/web:1", TWO) == call.argv[3:]
    assert ("unix:///tmp/sc-1/h.sock", 60) == (call.env["STAGECRAFT_TO"], call.deadline)


def test_an_image_that_is_not_here_either_is_named() -> None:
    runs = ScriptedRuns()
    with pytest.raises(StepFailedError, match="is neither there nor on this machine's engine"):
        Carrier(shelf({}), runs)(shelf({}), {ONE: "shop/web:1"}, deadline=60)
    assert [] == runs.calls


def test_an_image_that_does_not_arrive_is_a_failure_whatever_the_programs_said() -> None:
    runs = ScriptedRuns({"-c": [Answer(tail=("no space left on device",))]})
    there = shelf({}, "unix:///tmp/sc-1/h.sock")
    with pytest.raises(StepFailedError, match="image `shop/web:1` has not arrived") as failed:
        Carrier(shelf({ONE: ONE}), runs)(there, {ONE: "shop/web:1"}, deadline=60)
    assert ("no space left on device",) == failed.value.log
