"""The hands of a rollout, over programs that answer from a script."""

import json
from pathlib import Path

import pytest

from stagecraft.errors import StepFailedError
from stagecraft.model.image import RunningImage
from stagecraft.model.observed import Container, Observed
from stagecraft.runtime.docker import Docker
from stagecraft.runtime.engine_access import EngineAccess
from stagecraft.runtime.site import ComposeSite
from tests.runtime.scripted import Answer, ScriptedRuns

PASSWORD = {"DATABASE_PASSWORD": "hunter2"}


ACCESS = {"PATH": "/usr/bin:/bin", "DOCKER_HOST": "tcp://engine:2375"}


def site(runs: ScriptedRuns) -> ComposeSite:
    docker = Docker(EngineAccess(ACCESS), runs, monotonic=lambda: 0)
    return ComposeSite(docker, "shop-demo", Path("/srv/shop"), "services: {}\n", PASSWORD, deadline=60)


def container(service: str, number: int, image: str, image_id: str) -> Container:
    name = f"{service}-{number}"
    return Container(
        id=name, name=name, service=service, number=number, state="running", image=image, image_id=image_id
    )


def test_up_names_its_services_and_takes_the_text_from_stdin_and_values_from_the_environment() -> None:
    runs = ScriptedRuns()

    site(runs).up(["web", "worker"], force=False)

    call = runs.calls[0]
    assert (
        "docker compose --progress=plain --ansi=never --project-name=shop-demo --project-directory=/srv/shop"
        " --env-file=/dev/null --file=- up --detach --no-deps --no-build --quiet-pull web worker"
    ) == " ".join(call.argv)
    assert ("services: {}\n", {**ACCESS, **PASSWORD}, Path("/srv/shop"), 60) == (
        call.stdin,
        call.env,
        call.cwd,
        call.deadline,
    )


def test_a_forced_up_replaces_what_compose_would_keep() -> None:
    runs = ScriptedRuns()

    site(runs).up(["web"], force=True)

    assert ("--force-recreate", "web") == runs.calls[0].argv[-2:]


def test_new_containers_are_started_beside_those_there_are_which_stay_as_they_are() -> None:
    runs = ScriptedRuns()

    site(runs).add({"web": 3, "worker": 2})

    call = runs.calls[0]
    assert (
        "up --detach --no-deps --no-build --quiet-pull --no-recreate"
        " --scale=web=3 --scale=worker=2 web worker"
    ) == " ".join(call.argv[call.argv.index("up") :])
    assert ("services: {}\n", {**ACCESS, **PASSWORD}) == (call.stdin, call.env)


def test_only_up_gets_the_values() -> None:
    runs = ScriptedRuns({"ps": [Answer("a\n")], "inspect": [Answer("")]})
    hands = site(runs)

    hands.observe()
    hands.remove(["a"])
    hands.rename("a", "b")
    hands.logs("a", 50)

    assert [ACCESS] * 6 == [call.env for call in runs.calls]


def test_an_up_that_fails_says_which_services_and_why() -> None:
    runs = ScriptedRuns({"compose": [Answer(code=1, tail=("port is already allocated",))]})

    with pytest.raises(
        StepFailedError, match="`docker compose up` of `web` failed with exit code 1"
    ) as failure:
        site(runs).up(["web"], force=False)

    assert ("port is already allocated",) == failure.value.log


def test_a_container_that_disappears_between_two_commands_is_looked_for_again() -> None:
    runs = ScriptedRuns({"ps": [Answer("gone\n"), Answer("")], "inspect": [Answer(code=1)]})

    assert Observed() == site(runs).observe()


def test_containers_that_can_never_be_inspected_fail_the_rollout() -> None:
    runs = ScriptedRuns({"ps": [Answer("odd\n")], "inspect": [Answer(code=1)]})

    with pytest.raises(StepFailedError, match="cannot be inspected"):
        site(runs).observe()


def test_an_engine_that_is_gone_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(StepFailedError, match="`docker ps` failed"):
        site(ScriptedRuns({"ps": [Answer(code=1)]})).observe()


def test_a_container_is_stopped_before_it_is_removed_and_its_volumes_are_kept() -> None:
    runs = ScriptedRuns()

    site(runs).remove(["a", "b"])

    assert [("docker", "stop", "a", "b"), ("docker", "rm", "--force", "a", "b")] == [
        call.argv for call in runs.calls
    ]


def test_the_record_gets_the_digest_of_the_repository_the_text_names() -> None:
    described = {"id": "sha256:1", "digests": ["cache:5000/web@sha256:c", "r.io:5000/shop/web@sha256:d"]}
    runs = ScriptedRuns({"image": [Answer(json.dumps(described))]})
    image = "r.io:5000/shop/web:2@sha256:d"

    running = site(runs).running(Observed(containers=(container("web", 1, image, "sha256:1"),)))

    assert {"web": RunningImage(image=image, id="sha256:1", digest="r.io:5000/shop/web@sha256:d")} == running


def test_an_image_that_no_registry_knows_has_an_id_only() -> None:
    runs = ScriptedRuns({"image": [Answer(json.dumps({"id": "sha256:1", "digests": None}))]})

    running = site(runs).running(Observed(containers=(container("web", 1, "shop-web:1", "sha256:1"),)))

    assert {"web": RunningImage(image="shop-web:1", id="sha256:1")} == running
