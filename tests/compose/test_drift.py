"""What counts as drift, from values only."""

import pytest

from stagecraft.compose.drift import standings
from stagecraft.compose.text import DIGEST
from stagecraft.model.image import RunningImage
from stagecraft.model.observed import Container, Health, Observed

IMAGE = "registry.example.com/shop/web:1@sha256:aa"
TEXT = f"""\
name: shop
services:
  web:
    image: {IMAGE}
    labels:
      {DIGEST}: d1
    deploy:
      replicas: 2
"""
RAN = {"web": RunningImage(image=IMAGE, id="sha256:1")}


def container(number: int = 1, **given: object) -> Container:
    fields = {
        "id": f"c{number}",
        "name": f"shop-web-{number}",
        "service": "web",
        "number": number,
        "state": "running",
        "health": Health.HEALTHY,
        "digest": "d1",
        "image": IMAGE,
        "image_id": "sha256:1",
    }
    return Container.model_validate({**fields, **given})


def drift(*containers: Container, text: str = TEXT) -> list[str]:
    found = standings(text, RAN, Observed(containers=containers))
    return [what for service in found for what in service.drift]


def test_what_was_released_is_no_drift() -> None:
    assert [] == drift(container(1), container(2))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"state": "exited", "exit_code": 137}, "shop-web-2: it is stopped (exit code 137)"),
        ({"state": "paused"}, "shop-web-2: it is paused"),
        ({"health": Health.UNHEALTHY}, "shop-web-2: it is unhealthy"),
        ({"image": "web:mine", "digest": ""}, "shop-web-2: it runs another image, `web:mine`"),
        ({"image_id": "sha256:2"}, f"shop-web-2: `{IMAGE}` is not the image it was"),
        ({"digest": ""}, "shop-web-2: it was not started by Stagecraft"),
        ({"digest": "d2"}, "shop-web-2: its definition is not the recorded one"),
        ({"service": "debug"}, "shop-web-2: the release has no such service"),
    ],
)
def test_each_difference_is_told(given: dict[str, object], expected: str) -> None:
    assert expected in drift(container(1), container(2, **given))


def test_missing_and_extra_containers_are_told() -> None:
    assert ["1 of 2 containers missing"] == drift(container(1))
    assert ["3 containers instead of 2"] == drift(container(1), container(2), container(3))


def test_a_task_that_ended_well_is_no_drift() -> None:
    text = TEXT.replace("replicas: 2", "replicas: 1")
    assert [] == drift(container(1, state="exited", exit_code=0), text=text)


def test_without_a_release_everything_is_drift() -> None:
    assert ["shop-web-1: the release has no such service"] == drift(container(1), text="")
