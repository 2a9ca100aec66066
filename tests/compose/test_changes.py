"""What becomes of each service, from two texts (spec/plan.md)."""

from typing import Any

import pytest

from stagecraft.compose.changes import changes
from stagecraft.compose.pin import pin
from stagecraft.compose.writer import write
from stagecraft.model.change import Change, ServiceChange
from stagecraft.model.image import Image

OLD, NEW = "shop/web:1", "shop/web:2"
BUILT = "its image is built anew, its digest is known afterwards"


def text(web: dict[str, Any] | None = None, **sections: Any) -> str:
    """A text with one built service and one that is pulled."""
    services = {"db": {"image": "postgres:16"}, "web": {"image": OLD, **(web or {})}}
    return write({"services": services, **sections})


def of_web(before: str, after: str, **given: Any) -> ServiceChange:
    return changes(before, after, **given)["web"]


def test_the_same_text_leaves_every_service_alone() -> None:
    same = ServiceChange(change=Change.UNCHANGED)
    assert {"db": same, "web": same} == changes(text(), text())


def test_our_own_labels_make_no_difference() -> None:
    image = Image(reference=OLD, digest="sha256:" + "1" * 64)
    final = pin(text(), {OLD: image})
    assert Change.UNCHANGED == of_web(final, text({"image": image.pin})).change


def test_without_a_base_everything_is_added() -> None:
    assert {"db": Change.ADDED, "web": Change.ADDED} == {
        name: one.change for name, one in changes("", text()).items()
    }


def test_a_service_that_the_text_leaves_out_is_removed() -> None:
    after = write({"services": {"db": {"image": "postgres:16"}}})
    assert Change.REMOVED == of_web(text(), after).change


def test_an_image_that_is_built_changes_its_service_and_no_other() -> None:
    found = changes(text(), text({"image": NEW}), built=[NEW])
    assert (ServiceChange(change=Change.CHANGED, cause=BUILT), Change.UNCHANGED) == (
        found["web"],
        found["db"].change,
    )


def test_an_image_that_is_built_under_the_same_name_changes_its_service() -> None:
    assert BUILT == of_web(text(), text(), built=[OLD]).cause


@pytest.mark.parametrize(
    ("web", "cause"),
    [
        ({"image": "shop/web@sha256:2"}, "image: shop/web@sha256:2"),
        ({"environment": {"A": "2"}}, "environment differs"),
        ({"environment": {"A": "1"}, "command": ["x"], "user": "1"}, "command, user differ"),
        ({"environment": {"A": "1"}, "scale": 2}, "scale differs"),
    ],
)
def test_the_cause_names_what_differs(web: dict[str, Any], cause: str) -> None:
    before = text({"environment": {"A": "1"}})
    after = text({"environment": {"A": "1"}, **web})
    assert ServiceChange(change=Change.CHANGED, cause=cause) == of_web(before, after)


def test_the_order_of_starting_replaces_nothing() -> None:
    after = text({"depends_on": {"db": {"condition": "service_started"}}})
    assert Change.UNCHANGED == of_web(text(), after).change


def test_the_content_of_a_config_changes_the_services_that_mount_it_and_no_other() -> None:
    mount = {"configs": [{"source": "app", "target": "/app.toml"}]}
    before = text(mount, configs={"app": {"content": "a = 1"}})
    found = changes(before, text(mount, configs={"app": {"content": "a = 2"}}))
    assert ("config `app` differs", "") == (found["web"].cause, found["db"].cause)


def test_a_service_is_replaced_when_that_is_asked_for() -> None:
    assert "asked for by `--recreate`" == of_web(text(), text(), recreate=["web"]).cause
