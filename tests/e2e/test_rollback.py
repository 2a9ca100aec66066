"""Going back on the real engine: yesterday's variables, configs and images, with today's secrets."""

import pytest

from tests.e2e.conftest import NewShop
from tests.e2e.machine import Shop, ask, run
from tests.e2e.tiny import deploy, fates, finished, inside, listed

pytestmark = pytest.mark.e2e


def test_a_rollback_brings_back_the_variables_configs_and_images_of_then(new_tiny: NewShop) -> None:
    tiny = new_tiny()
    first = deploy(tiny)
    yesterday = _what_runs(tiny)
    _change_everything(tiny)
    deploy(tiny)
    today = _what_runs(tiny)
    _leave_the_tree_in_a_mess(tiny)

    release = finished(tiny, "rollback", "--env", "demo")

    assert ("Good morning", "colour=green", "first page") == yesterday
    assert ("Good night", "colour=blue", "second page") == today
    assert yesterday == _what_runs(tiny)
    assert {"web", "worker", "side"} == set(tiny.containers())
    assert ("rollback", "demo-1") == (release["kind"], release["rollback_of"])
    assert (first["texts"], first["images"]) == (release["texts"], release["images"])
    assert "skipped" == fates(release)["build"] == fates(release)["push"]


def test_a_second_rollback_goes_further_back_and_failed_releases_never_count(tiny: Shop) -> None:
    for page in ("one", "two", "three"):
        tiny.write("web/page.txt", page)
        tiny.commit(page)
        deploy(tiny)
    tiny.write("web/Dockerfile", "FROM nowhere.invalid/nothing\n")
    assert 5 == tiny.stagecraft("deploy", "--env", "demo").returncode

    pages = []
    for _ in range(2):
        finished(tiny, "rollback", "--env", "demo")
        pages.append(inside(tiny, "web", "cat", "/app/page.txt"))
    refused = tiny.stagecraft("rollback", "--env", "demo")

    assert ["two", "one"] == pages
    assert (6, True) == (refused.returncode, "nothing was current before `demo-1`" in refused.stderr)
    back = [(entry["id"], entry["rollback_of"]) for entry in listed(tiny) if entry["kind"] == "rollback"]
    assert [("demo-6", "demo-1"), ("demo-5", "demo-2")] == back


def test_a_rollback_after_a_failed_rollout_goes_to_what_is_current(tiny: Shop) -> None:
    deploy(tiny)
    tiny.write("web/run.sh", "echo no; exit 3\n")
    tiny.commit("Broken")
    assert 5 == tiny.stagecraft("deploy", "--env", "demo").returncode

    release = finished(tiny, "rollback", "--env", "demo")

    assert "demo-1" == release["rollback_of"]
    assert "first page" == inside(tiny, "web", "cat", "/app/page.txt")


def test_a_rollback_whose_image_is_gone_is_refused_by_name_and_touches_nothing(tiny: Shop) -> None:
    image = deploy(tiny)["images"]["web"]
    tiny.write("web/page.txt", "second page\n")
    tiny.commit("Another page")
    deploy(tiny)
    before, releases = tiny.containers(), listed(tiny)
    ask("docker", "image", "rm", image["reference"])

    result = tiny.stagecraft("rollback", "--env", "demo")

    assert 6 == result.returncode
    assert f"image `{image['digest']}` is neither here nor in its registry" in result.stderr
    assert "available: `demo-2`" in result.stderr
    assert (before, releases) == (tiny.containers(), listed(tiny))


def test_an_image_that_is_only_in_the_registry_is_pulled_for_a_rollback(new_tiny: NewShop) -> None:
    tiny = new_tiny()
    image = deploy(tiny)["images"]["web"]
    tiny.write("web/page.txt", "second page\n")
    tiny.commit("Another page")
    deploy(tiny)
    repository = image["reference"].rpartition(":")[0]
    for name in (image["reference"], f"{repository}@{image['digest']}"):
        run("docker", "image", "rm", name)
    assert run("docker", "image", "inspect", f"{repository}@{image['digest']}").returncode

    finished(tiny, "rollback", "--env", "demo")

    assert "first page" == inside(tiny, "web", "cat", "/app/page.txt")


def test_a_rollback_uses_the_secrets_of_today_and_says_so(tiny: Shop) -> None:
    deploy(tiny)
    tiny.environment["TOKEN"] = "todays-tin-opener"
    tiny.write("settings.txt", "colour=blue\n")
    deploy(tiny)

    plan = tiny.stagecraft("rollback", "--env", "demo", "--dry-run")
    finished(tiny, "rollback", "--env", "demo")

    assert "secret values are those of today: TOKEN" in plan.stdout
    assert "todays-tin-opener" == inside(tiny, "web", "printenv", "TOKEN")
    assert "colour=green" == inside(tiny, "web", "cat", "/etc/settings")


def test_a_rollback_without_its_secret_is_refused_by_name_and_touches_nothing(tiny: Shop) -> None:
    deploy(tiny)
    tiny.write("settings.txt", "colour=blue\n")
    deploy(tiny)
    before = tiny.containers()
    del tiny.environment["TOKEN"]

    result = tiny.stagecraft("rollback", "--env", "demo")

    assert 6 == result.returncode
    assert "`TOKEN` (variable `TOKEN` is not set)" in result.stderr
    assert before == tiny.containers()


def _what_runs(project: Shop) -> tuple[str, str, str]:
    """A variable, a config and a page of the image, as the running container has them."""
    return (
        inside(project, "web", "printenv", "GREETING"),
        inside(project, "web", "cat", "/etc/settings"),
        inside(project, "web", "cat", "/app/page.txt"),
    )


def _change_everything(project: Shop) -> None:
    project.write("web/page.txt", "second page\n")
    project.write("settings.txt", "colour=blue\n")
    project.replace("stagecraft.yml", "Good morning", "Good night")
    project.replace("compose.yml", "  side:", "  other:")
    project.commit("Everything is another")


def _leave_the_tree_in_a_mess(project: Shop) -> None:
    project.write("compose.yml", "services: {nothing: {image: nothing}}\n")
    project.commit("Nothing is left")
    (project.root / "settings.txt").unlink()
