"""Who runs it, and the texts that are final (stagecraft/app/run.py)."""

import re
from pathlib import Path

from stagecraft.app import Where
from stagecraft.app.run import actor, pinned
from stagecraft.model.image import Image
from tests.fakes import a_plan, a_release

DIGEST = "sha256:" + "a" * 64
IMAGE = Image(reference="registry.example.com/shop/web:1.0", digest=DIGEST)


def test_an_actor_is_whoever_is_named() -> None:
    assert "ci/42" == actor(Where(Path("/"), {"STAGECRAFT_ACTOR": "ci/42"}))


def test_else_an_actor_is_a_user_on_a_host() -> None:
    assert re.fullmatch(r"[^@]+@[^@]+", actor(Where(Path("/"), {})))


def test_a_built_image_is_pinned_in_the_text_of_every_host() -> None:
    release = pinned(a_release(a_plan(hosts=("one", "two"))), {"web": IMAGE})

    assert release.text_of("one") == release.text_of("two")
    assert f"    image: {IMAGE.pin}\n" in release.text_of("one")
    assert ({"web": IMAGE}, 1) == (release.images, len(release.texts))


def test_texts_that_are_final_stay_as_they_are() -> None:
    release = pinned(a_release(), {"web": IMAGE})

    assert release == pinned(release, {"web": IMAGE.model_copy(update={"digest": "sha256:" + "b" * 64})})
