"""A new version on trial behind real proxies: its share is counted in the answers, and the check decides."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.load import under_load
from tests.e2e.load_project import SETTLED, SITES, check_out_load, next_generation, page, settled
from tests.e2e.machine import Shop
from tests.e2e.runs import Going, going
from tests.e2e.tiny import deploy, newest

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("engine")]

CANARY = """\
    rollout: {{canary: {{weight: 20%, hold: 6s, check: {{service: fast, command: {command}}}}}}}
    variables:
"""
SITE = "fast.example.com"

NewTrial = Callable[[str, str], Shop]


@pytest.fixture
def new_trial(tmp_path: Path) -> Iterator[NewTrial]:
    """Make the project of the load tests with a kind of proxy and a check, and release it once."""
    with ExitStack() as stack:

        def make(driver: str, command: str) -> Shop:
            project = check_out_load(tmp_path, driver)
            stack.callback(project.remove)
            project.replace("stagecraft.yml", "    variables:\n", CANARY.format(command=command))
            deploy(project)
            return project

        yield make


def held(run: Going) -> None:
    """Wait until the new container has its share."""
    run.wait_for(lambda event: event["event"] == "action" and "for `hold`" in event["cause"])


def answered(project: Shop, count: int) -> Counter[str]:
    """Ask so often, four at a time, and count the versions that answer."""
    found: list[str] = []

    def ask_again() -> None:
        found.extend(page(project, SITE) for _ in range(count // 4))

    threads = [threading.Thread(target=ask_again) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(found)


@pytest.mark.parametrize("driver", ["haproxy", "caddy"])
def test_it_gets_its_share_until_the_check_finds_it_good(new_trial: NewTrial, driver: str) -> None:
    project = new_trial(driver, "[sh, -c, 'test $GENERATION = 1']")
    next_generation(project)

    with going(project, "deploy", "--env", "demo") as run:
        held(run)
        versions = answered(project, 400)
        code = run.end()

    assert (0, SETTLED) == (code, settled(project))
    assert 400 == versions.total()
    assert 60 <= versions["1"] <= 100, versions
    assert {"1": 20} == answered(project, 20)
    did = newest(project)["hosts"]["local"]["actions"]
    assert 2 == len([action for action in did if action.startswith("check ")]), did


def test_what_the_check_finds_bad_goes_without_a_failed_request(new_trial: NewTrial) -> None:
    project = new_trial("haproxy", "[sh, -c, 'echo too many errors; exit 3']")
    next_generation(project)

    with under_load(project.port, SITES) as load:
        result = project.stagecraft("deploy", "--env", "demo")

    host = newest(project)["hosts"]["local"]
    assert (5, SETTLED, {"0": 20}) == (result.returncode, settled(project), answered(project, 20))
    assert "`fast` failed: its check ended with exit code 3" in host["error"]
    assert "check | too many errors" in host["log"]
    assert 0 == load.failed, load.answers
