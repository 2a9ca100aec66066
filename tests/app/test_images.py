"""Where each image of a release comes from (stagecraft/app/images.py)."""

import pytest

from stagecraft.app.images import choose, settled, superseded
from stagecraft.errors import ConfigError
from stagecraft.model.image import Image
from stagecraft.model.release import Release
from tests.fakes import a_plan, a_release

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def base(**images: Image) -> Release:
    """The current release, at version 1.0."""
    return a_release(a_plan(version="1.0")).model_copy(update={"images": images})


def test_every_service_with_a_build_is_built_under_the_version() -> None:
    choice = choose(
        built=("web", "worker"),
        version="2.0",
        repository="acme",
        base=None,
        asked={},
        skip_build=False,
        rebuild=False,
    )

    assert {"web": "acme/web:2.0", "worker": "acme/worker:2.0"} == choice.builds
    assert ({}, "") == (choice.given, choice.reason)


def test_an_image_that_is_given_is_not_built() -> None:
    choice = choose(
        built=("web", "worker"),
        version="2.0",
        repository="acme",
        base=None,
        asked={"web": f"other/web@{A}"},
        skip_build=False,
        rebuild=False,
    )

    assert {"worker": "acme/worker:2.0"} == choice.builds
    assert {"web": f"other/web@{A}", "worker": "acme/worker:2.0"} == choice.references


@pytest.mark.parametrize(
    ("version", "rebuild", "images", "builds"),
    [
        ("1.0", False, {"web": Image(reference="acme/web:1.0", digest=A)}, set()),
        ("1.0", True, {"web": Image(reference="acme/web:1.0", digest=A)}, {"web"}),
        ("1.1", False, {"web": Image(reference="acme/web:1.0", digest=A)}, {"web"}),
        ("1.0", False, {}, {"web"}),
    ],
)
def test_images_are_kept_only_for_the_same_version_and_every_service(
    version: str, rebuild: bool, images: dict[str, Image], builds: set[str]
) -> None:
    choice = choose(
        built=("web",),
        version=version,
        repository="acme",
        base=base(**images),
        asked={},
        skip_build=False,
        rebuild=rebuild,
    )

    assert builds == set(choice.builds)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"db": f"other/db@{A}"}, "`db` is not a service with `build:`"),
        ({"web": "other/web:latest"}, "does not name an image by digest"),
        ({"web": "other/web@sha256:abc"}, "does not name an image by digest"),
        ({"web": f"@{A}"}, "does not name an image by digest"),
    ],
)
def test_an_image_that_could_move_or_belongs_nowhere_is_refused(asked: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        choose(
            built=("web",),
            version="1.0",
            repository="acme",
            base=None,
            asked=asked,
            skip_build=True,
            rebuild=False,
        )


@pytest.mark.parametrize(
    ("new", "kept"),
    [
        (Image(reference="acme/web:2.0", digest=A), True),
        (Image(reference="acme/web:2.0", digest=B), False),
        (Image(reference="other/web:2.0", digest=A), False),
        (Image(reference="acme/web:2.0", digest=A, pushed=False), False),
        (Image(reference="localhost:5000/acme/web:2.0", digest=A), False),
    ],
)
def test_an_image_with_the_same_content_keeps_its_old_name(new: Image, kept: bool) -> None:
    old = Image(reference="acme/web:1.0", digest=A)

    assert {"web": old if kept else new} == settled({"web": new}, base(web=old))


def test_a_registry_with_a_port_is_not_taken_for_a_tag() -> None:
    old = Image(reference="localhost:5000/web", digest=A)
    new = Image(reference="localhost:5000/web:2.0", digest=A)

    assert {"web": old} == settled({"web": new}, base(web=old))


def test_only_what_no_kept_release_uses_is_superseded() -> None:
    kept = base(web=Image(reference="acme/web:2.0", digest=B))
    same = base(web=Image(reference="acme/web:1.5", digest=B))
    old = base(web=Image(reference="acme/web:1.0", digest=A))

    assert ("acme/web:1.0", f"acme/web:1.0@{A}") == superseded([kept], [same, old])


def test_a_tag_that_moved_to_a_kept_image_stays() -> None:
    kept = base(web=Image(reference="acme/web:1.0", digest=B))
    old = base(web=Image(reference="acme/web:1.0", digest=A))

    assert (f"acme/web:1.0@{A}",) == superseded([kept], [old])
