"""Building, pushing and removing images (stagecraft/runtime/images.py)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from stagecraft.errors import StepFailedError
from stagecraft.model.image import Image
from stagecraft.model.step import Build, Prune, Push
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.engine_images import EngineImages, ImageInfo
from stagecraft.runtime.images import Images
from tests.fakes import a_release
from tests.runtime.scripted import Answer, ScriptedRuns

ID, DIGEST = "sha256:" + "1" * 64, "sha256:" + "d" * 64
WEB = "localhost:5000/shop/web:1.0"
BUILD = Build(cause="", definition="{}", images={"web": WEB})
PUSH = Push(cause="", service="web", reference=WEB)


class Shelf(EngineImages):
    """Some images."""

    def __init__(self, docker: Docker, known: Mapping[str, Sequence[str]]) -> None:
        super().__init__(docker)
        self._known = known

    def get(self, reference: str) -> ImageInfo | None:
        if reference not in self._known:
            return None
        return ImageInfo(ID, tuple(self._known[reference]), "linux", "amd64")


def hands(runs: ScriptedRuns, known: Mapping[str, Sequence[str]]) -> Images:
    engine = Docker(EngineAccess({"PATH": "/usr/bin", "DOCKER_HOST": "tcp://engine"}), runs)
    engine.images = Shelf(engine, known)
    return Images(engine, lambda _: engine, Path("/shop"), {"KEY": "value"}, json.loads)


def printing(*allowances: str) -> Answer:
    return Answer(json.dumps(allowances))


def test_a_build_is_one_call_that_reads_its_definition_and_gets_secrets_in_its_environment() -> None:
    runs = ScriptedRuns({"buildx": [printing("network.host"), Answer()]})
    built = hands(runs, {WEB: ()}).build(BUILD, deadline=60)
    call = runs.calls[-1]

    assert {"web": Image(reference=WEB, digest=ID, pushed=False)} == built
    assert (
        ("docker", "buildx", "bake", "--progress=plain", "--load", "--allow=network.host", "--file=-"),
        "{}",
        Path("/shop"),
        60,
    ) == (call.argv, call.stdin, call.cwd, call.deadline)
    assert ("value", "1") == (call.env["KEY"], call.env["BUILDX_NO_DEFAULT_ATTESTATIONS"])
    assert not any("value" in argument for argument in call.argv)


def test_a_build_that_fails_is_told_with_its_last_lines() -> None:
    runs = ScriptedRuns({"buildx": [printing(), Answer(code=1, tail=("#5 no such file",))]})

    with pytest.raises(StepFailedError, match="`docker buildx bake` ended with exit code 1") as failed:
        hands(runs, {WEB: ()}).build(BUILD, deadline=60)
    assert ("#5 no such file",) == failed.value.log


def test_a_builder_that_keeps_its_images_to_itself_is_a_failure() -> None:
    runs = ScriptedRuns({"buildx": [printing(), Answer()]})

    with pytest.raises(StepFailedError, match="was built but is not on the engine"):
        hands(runs, {}).build(BUILD, deadline=60)


def test_without_a_registry_after_all_an_image_is_known_by_its_id_and_not_pushed() -> None:
    runs = ScriptedRuns()
    pushed = replace(hands(runs, {WEB: ()}), pushes=False).push(PUSH, deadline=60)

    assert Image(reference=WEB, digest=ID, pushed=False) == pushed
    assert [] == runs.calls


def test_a_pushed_image_is_known_by_the_digest_of_its_own_registry() -> None:
    known = {WEB: [f"elsewhere/web@{ID}", f"localhost:5000/shop/web@{DIGEST}"]}
    runs = ScriptedRuns()

    assert Image(reference=WEB, digest=DIGEST) == hands(runs, known).push(PUSH, deadline=60)
    assert [("docker", "push", WEB)] == [call.argv for call in runs.calls]


def test_a_push_that_fails_points_to_the_login() -> None:
    runs = ScriptedRuns({"push": [Answer(code=1, tail=("denied",))]})

    with pytest.raises(StepFailedError, match=f"`docker push {WEB}` ended with exit code 1") as failed:
        hands(runs, {}).push(PUSH, deadline=60)
    assert "`docker login localhost:5000`" in failed.value.hint


@pytest.mark.parametrize(
    "digests", [(), (f"localhost:5000/shop/web@{ID}", f"localhost:5000/shop/web@{DIGEST}")]
)
def test_a_pushed_image_whose_digest_is_in_doubt_is_a_failure(digests: tuple[str, ...]) -> None:
    with pytest.raises(StepFailedError, match=r"was pushed but the engine knows (no|2) digests for it"):
        hands(ScriptedRuns(), {WEB: digests}).push(PUSH, deadline=60)


def test_only_images_that_are_there_and_not_in_use_by_the_release_are_removed() -> None:
    own = Image(reference="acme/web:2.0", digest=DIGEST)
    release = a_release().model_copy(update={"images": {"web": own}})
    known = {"acme/web:1.0": (), "acme/web:2.0": (), own.pin: ()}
    runs = ScriptedRuns()
    hands(runs, known).prune(
        Prune(cause="", images=("acme/gone:1.0", "acme/web:1.0", "acme/web:2.0", own.pin)), release
    )

    assert [("docker", "image", "rm", "acme/web:1.0")] == [call.argv for call in runs.calls]
