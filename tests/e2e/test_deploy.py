"""Deploys of real projects on the real engine and registry, through the command line."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.e2e.conftest import NewShop
from tests.e2e.machine import Registry, Shop, ask, check_out_shop, run
from tests.e2e.tiny import changed, deploy, fates, finished, inspected, listed, phase, record

pytestmark = pytest.mark.e2e

SHA256 = re.compile(r"sha256:[0-9a-f]{64}")


class Released(NamedTuple):
    """The shop after its first deploy."""

    shop: Shop
    commit: str
    release: dict[str, Any]
    """What the deploy itself said at its end."""


@pytest.fixture(scope="module")
def released(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    shop = check_out_shop(tmp_path_factory.mktemp("released"), registry)
    try:
        commit = ask("git", "rev-parse", "HEAD", cwd=shop.root)
        yield Released(shop, commit, deploy(shop, "--message", "The shop"))
    finally:
        shop.remove()


def test_a_deploy_runs_all_six_phases_and_serves_the_page(released: Released) -> None:
    expected = {
        "build": "completed",
        "push": "completed",
        "migrate_pre": "completed",
        "rollout": "completed",
        "migrate_post": "skipped",
        "finalize": "completed",
    }
    assert expected == fates(released.release)
    assert "Good morning" in released.shop.page()


def test_a_new_process_reads_the_finished_release_back_as_the_deploy_told_it(released: Released) -> None:
    assert released.release == record(released.shop, "demo-1")


def test_the_list_has_who_why_and_what_is_current(released: Released) -> None:
    entry = next(entry for entry in listed(released.shop) if entry["id"] == "demo-1")

    expected = ("deploy", released.commit[:12], "completed", "The shop")
    assert expected == (entry["kind"], entry["version"], entry["status"], entry["message"])
    assert "@" in entry["actor"]


def test_the_built_image_is_in_the_registry_under_its_version_and_recorded_by_digest(
    released: Released,
) -> None:
    shop, image = released.shop, released.release["images"]["web"]
    assert shop.registry is not None

    assert released.commit[:12] in shop.registry.tags(f"{shop.name}/web")
    assert f"{shop.registry.address}/{shop.name}/web:{released.commit[:12]}" == image["reference"]
    pinned = f"{image['reference'].rpartition(':')[0]}@{image['digest']}"
    assert run("docker", "buildx", "imagetools", "inspect", "--raw", pinned).returncode == 0


def test_the_record_names_what_every_container_runs_the_database_too(released: Released) -> None:
    running = released.release["hosts"]["local"]["running"]

    assert {"db", "proxy", "web", "worker"} == set(running)
    for service, container in released.shop.containers().items():
        assert inspected(container)["Image"] == running[service]["id"]
    assert running["db"]["image"] == "stagecraft-shop-postgres:1"
    assert running["web"]["digest"].endswith(released.release["images"]["web"]["digest"])


def test_a_service_that_shares_the_built_image_is_pinned_alike(released: Released) -> None:
    running = released.release["hosts"]["local"]["running"]
    pin = "{reference}@{digest}".format(**released.release["images"]["web"])

    assert (pin, pin) == (running["web"]["image"], running["worker"]["image"])


def test_a_commit_that_touches_only_the_readme_restarts_nothing_and_keeps_the_reference(
    released: Released,
) -> None:
    shop, before = released.shop, released.shop.containers()
    shop.write("README.md", "# Another shop\n")
    commit = shop.commit("Say it better")

    release = deploy(shop)

    assert commit[:12] == release["version"]
    assert before == shop.containers()
    assert "unchanged" == release["hosts"]["local"]["status"]
    assert released.release["images"] == release["images"]
    assert released.release["texts"] == release["texts"]


def test_without_a_registry_push_is_skipped_and_the_image_pinned_by_its_id(tiny: Shop) -> None:
    release = deploy(tiny)

    assert "skipped" == fates(release)["push"]
    assert "no `registry`" in phase(release, "push")["reason"]
    image = release["images"]["web"]["digest"]
    assert SHA256.fullmatch(image)
    assert {image} == {inspected(tiny.containers()[name])["Image"] for name in ("web", "worker")}


def test_the_same_version_again_builds_and_pushes_nothing_unless_told_to(new_tiny: NewShop) -> None:
    tiny = new_tiny()
    deploy(tiny)
    before = tiny.containers()

    again, rebuilt = deploy(tiny), deploy(tiny, "--rebuild")

    assert "`demo-1` has the same version" == phase(again, "build")["reason"]
    assert "`demo-1` has the same version" == phase(again, "push")["reason"]
    assert ("completed", "completed") == (fates(rebuilt)["build"], fates(rebuilt)["push"])
    assert before == tiny.containers()


def test_credentials_come_from_the_docker_configuration_of_the_user(
    new_tiny: NewShop, auth_registry: Registry
) -> None:
    tiny = new_tiny(auth_registry)
    log_in(tiny, auth_registry)

    release = deploy(tiny)

    assert [release["version"]] == auth_registry.tags(f"{tiny.name}/web")


@pytest.mark.parametrize("password", ["", "the-wrong-one"])
def test_a_registry_that_refuses_the_credentials_fails_the_push_with_a_hint(
    new_tiny: NewShop, auth_registry: Registry, password: str
) -> None:
    tiny = new_tiny(auth_registry)
    if password:
        log_in(tiny, Registry(auth_registry.address, 0, auth_registry.username, password))

    result = tiny.stagecraft("deploy", "--env", "demo")

    assert 5 == result.returncode
    assert f"`docker login {auth_registry.address}`" in result.stderr
    expected = {
        "build": "completed",
        "push": "failed",
        "migrate_pre": "skipped",
        "rollout": "skipped",
        "migrate_post": "skipped",
        "finalize": "skipped",
    }
    failed = record(tiny, "demo-1")
    assert expected == fates(failed)
    assert "push failed" == phase(failed, "rollout")["reason"]
    assert {} == tiny.containers()


def test_images_built_elsewhere_are_released_without_a_build(new_tiny: NewShop) -> None:
    tiny = new_tiny()
    image = deploy(tiny)["images"]["web"]
    repository = image["reference"].rpartition(":")[0]
    tiny.write("web/page.txt", "never built\n")

    release = deploy(tiny, "--skip-build", "--image", f"web={repository}@{image['digest']}")

    assert ("skipped", "skipped") == (fates(release)["build"], fates(release)["push"])
    assert image["digest"] == release["images"]["web"]["digest"]
    assert {"web", "worker", "side"} == set(tiny.containers())


def test_recreate_replaces_the_named_service_and_no_other(tiny: Shop) -> None:
    deploy(tiny)
    before = tiny.containers()

    deploy(tiny, "--recreate", "worker")

    assert {"worker"} == changed(before, tiny.containers())


def test_images_beyond_retain_disappear_and_those_of_kept_releases_stay(new_tiny: NewShop) -> None:
    tiny = new_tiny()
    tiny.replace("stagecraft.yml", "retain: 10", "retain: 2")
    versions = []
    for page in ("one", "two", "three", "four"):
        tiny.write("web/page.txt", page)
        tiny.commit(page)
        versions.append(deploy(tiny)["version"])

    template = "{{.Tag}}"
    assert tiny.registry is not None
    repository = f"{tiny.registry.address}/{tiny.name}/web"
    tags = ask("docker", "image", "ls", repository, "--format", template).split()
    assert set(versions[2:]) == set(tags) - {"<none>"}
    assert versions[2] == finished(tiny, "rollback", "--env", "demo")["version"]


def test_a_service_that_left_the_compose_file_is_removed_and_its_volume_kept(tiny: Shop) -> None:
    deploy(tiny)
    before = tiny.containers()
    text = (tiny.root / "compose.yml").read_text()
    tiny.write("compose.yml", re.sub(r"  side:\n(    .*\n)+", "", text))
    tiny.commit("Without the side")

    deploy(tiny)

    assert {service: before[service] for service in ("web", "worker")} == tiny.containers()


def log_in(project: Shop, registry: Registry) -> None:
    """Write the Docker configuration of the project's own HOME."""
    folder: Path = project.home / ".docker"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(registry.docker_config(), encoding="utf-8")
