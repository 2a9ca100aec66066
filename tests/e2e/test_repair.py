"""What people, time and accidents do between two deploys; each is put right by the next one, and no more."""

import time
from collections.abc import Iterator

import pytest

from tests.e2e.machine import Shop, ask
from tests.e2e.tiny import changed, check_out_tiny, deploy, inside, inspected

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def deployed(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A deployed project that one test after the other damages; each leaves it whole."""
    project = check_out_tiny(tmp_path_factory.mktemp("deployed"), None)
    try:
        deploy(project)
        yield project
    finally:
        project.remove()


def test_a_deploy_of_what_runs_already_restarts_nothing(deployed: Shop) -> None:
    before = deployed.containers()

    release = deploy(deployed)

    assert before == deployed.containers()
    assert ("unchanged", []) == _what_was_done(release)


def test_a_rotated_secret_reaches_the_service_that_uses_it_and_restarts_no_other(deployed: Shop) -> None:
    before = deployed.containers()
    deployed.environment["TOKEN"] = "another-tin-opener"

    release = deploy(deployed)

    assert {"web"} == changed(before, deployed.containers())
    assert "another-tin-opener" == inside(deployed, "web", "printenv", "TOKEN")
    assert ("updated", ["replace web: a secret or an env file changed"]) == _what_was_done(release)


def test_an_edited_env_file_reaches_the_service_that_reads_it_and_restarts_no_other(deployed: Shop) -> None:
    before = deployed.containers()
    deployed.write("web.env", "CURRENCY=CHF-and-rappen\n")

    release = deploy(deployed)

    assert {"web"} == changed(before, deployed.containers())
    assert "CHF-and-rappen" == inside(deployed, "web", "printenv", "CURRENCY")
    assert ("updated", ["replace web: a secret or an env file changed"]) == _what_was_done(release)


def test_an_edited_file_config_reaches_the_service_that_mounts_it_and_restarts_no_other(
    deployed: Shop,
) -> None:
    before = deployed.containers()
    deployed.write("settings.txt", "colour=blue\n")

    deploy(deployed)

    assert {"web"} == changed(before, deployed.containers())
    assert "colour=blue" == inside(deployed, "web", "cat", "/etc/settings")


def test_a_changed_variable_reaches_the_service_that_uses_it_and_restarts_no_other(deployed: Shop) -> None:
    before = deployed.containers()
    deployed.replace("stagecraft.yml", "Good morning", "Good night")

    deploy(deployed)

    assert {"web"} == changed(before, deployed.containers())
    assert "Good night" == inside(deployed, "web", "printenv", "GREETING")


def test_a_container_removed_by_hand_comes_back_and_restarts_no_other(deployed: Shop) -> None:
    before = deployed.containers()
    ask("docker", "rm", "--force", before["side"])

    release = deploy(deployed)

    assert {"side"} == changed(before, deployed.containers())
    assert ("updated", ["create side: it has no container"]) == _what_was_done(release)


def test_a_container_stopped_by_hand_is_started_and_restarts_no_other(deployed: Shop) -> None:
    before = deployed.containers()
    ask("docker", "stop", before["worker"])

    release = deploy(deployed)

    assert before == deployed.containers()
    assert inspected(before["worker"])["State"]["Health"]["Status"] == "healthy"
    status, actions = _what_was_done(release)
    assert ("updated", 1, True) == (status, len(actions), actions[0].startswith("start worker: it exited"))


def test_an_unhealthy_container_is_replaced_and_restarts_no_other(deployed: Shop) -> None:
    before = deployed.containers()
    ask("docker", "exec", before["web"], "rm", "/tmp/up")
    _wait_until_unhealthy(before["web"])

    release = deploy(deployed)

    assert {"web"} == changed(before, deployed.containers())
    assert ("updated", ["repair web: it is unhealthy"]) == _what_was_done(release)


def _what_was_done(release: dict[str, dict[str, dict[str, list[str]]]]) -> tuple[object, list[str]]:
    host = release["hosts"]["local"]
    return host["status"], host["actions"]


def _wait_until_unhealthy(container: str) -> None:
    until = time.monotonic() + 120
    while inspected(container)["State"]["Health"]["Status"] != "unhealthy":
        assert time.monotonic() < until, "the container stays healthy"
        time.sleep(0.2)
