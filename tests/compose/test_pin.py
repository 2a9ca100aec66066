from typing import Any

import pytest

from stagecraft.compose.pin import pin, unlabelled
from stagecraft.compose.render import render
from stagecraft.compose.text import DIGEST, load
from stagecraft.model.image import Image
from stagecraft.model.source import ConfigFile
from tests.compose.models import model

REFERENCE = "registry.example.com/web:1"
PUSHED = Image(reference=REFERENCE, digest="sha256:aa")
LOCAL = Image(reference=REFERENCE, digest="sha256:bb", pushed=False)


def text(data: bytes = b"a = 1\n", **service: Any) -> str:
    services = {
        "web": {"image": "shop", "configs": [{"source": "c"}], **service},
        "db": {"image": "postgres"},
    }
    files = {"c": ConfigFile(data)}
    given = model(services, configs={"c": {"file": "./c"}}, files=files)
    return render(given, project="shop", services=["web", "db"], images={"web": REFERENCE}).text


def digest(pinned: str, service: str = "web") -> str:
    return str(load(pinned)["services"][service]["labels"][DIGEST])


@pytest.mark.parametrize(("image", "pinned"), [(PUSHED, f"{REFERENCE}@sha256:aa"), (LOCAL, "sha256:bb")])
def test_an_image_is_pinned_by_what_cannot_move(image: Image, pinned: str) -> None:
    services = load(pin(text(), {REFERENCE: image}))["services"]
    assert (pinned, "postgres") == (services["web"]["image"], services["db"]["image"])


def test_pinning_twice_changes_nothing() -> None:
    once = pin(text(), {REFERENCE: PUSHED})
    assert once == pin(once, {REFERENCE: PUSHED})


def test_without_our_labels_a_text_is_the_planned_one() -> None:
    assert text() == unlabelled(pin(text(), {}))


@pytest.mark.parametrize(
    "changed",
    [
        {"command": ["other"]},
        {"environment": {"A": "1"}},
        {"labels": {"a": "b"}},
        {"deploy": {"resources": {"limits": {"cpus": 1}}}},
    ],
)
def test_a_changed_definition_changes_the_digest_of_that_service_only(changed: dict[str, Any]) -> None:
    before, after = pin(text(), {}), pin(text(**changed), {})
    assert digest(before) != digest(after)
    assert digest(before, "db") == digest(after, "db")


def test_a_changed_config_changes_the_digest_of_the_services_that_use_it() -> None:
    before, after = pin(text(b"a = 1\n"), {}), pin(text(b"a = 2\n"), {})
    assert digest(before) != digest(after)
    assert digest(before, "db") == digest(after, "db")


def test_changed_binary_content_changes_the_digest() -> None:
    assert digest(pin(text(b"\xff1"), {})) != digest(pin(text(b"\xff2"), {}))


def test_another_image_changes_the_digest() -> None:
    assert digest(pin(text(), {REFERENCE: PUSHED})) != digest(pin(text(), {REFERENCE: LOCAL}))


@pytest.mark.parametrize(
    "changed",
    [
        {"depends_on": {"db": {"condition": "service_started"}}},
        {"scale": 3},
        {"deploy": {"replicas": 3}},
    ],
)
def test_what_no_container_embodies_leaves_the_digest(changed: dict[str, Any]) -> None:
    assert digest(pin(text(), {})) == digest(pin(text(**changed), {}))
