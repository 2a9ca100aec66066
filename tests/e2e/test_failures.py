"""What goes wrong in build and rollout: how it is told and recorded, and that the next deploy repairs it."""

from dataclasses import dataclass

import pytest

from tests.e2e.machine import Shop
from tests.e2e.tiny import BASE, TOKEN, deploy, fates, inside, newest, phase

pytestmark = pytest.mark.e2e

LATER = ("push", "migrate_pre", "rollout", "migrate_post", "finalize")


def test_a_failed_build_is_told_with_the_builders_last_lines_and_skips_every_later_phase(tiny: Shop) -> None:
    deploy(tiny)
    before = tiny.containers()
    tiny.write("web/Dockerfile", f"FROM {BASE}\nRUN echo the oven is cold >&2; exit 7\n")
    tiny.commit("No fire")

    result = tiny.stagecraft("deploy", "--env", "demo")

    failed = newest(tiny)
    assert 5 == result.returncode
    assert "the oven is cold" in result.stderr
    assert "`stagecraft releases show demo-2` has it all" in result.stderr
    assert ("failed", "failed") == (failed["status"], fates(failed)["build"])
    skipped = [name for name in LATER if name not in ("push", "migrate_pre", "migrate_post")]
    assert {("skipped", "build failed")} == {
        (phase(failed, name)["status"], phase(failed, name)["reason"]) for name in skipped
    }
    assert before == tiny.containers()


@dataclass(frozen=True)
class Broken:
    """One way to break the tiny project, and what a deploy has to say about it."""

    path: str
    old: str
    new: str
    says: tuple[str, ...]


BROKEN = {
    "an application that ends at once, again and again, with a health check": Broken(
        "web/run.sh",
        "echo up and about\n",
        'echo "no use for $TOKEN"\nexit 3\n',
        ("`web` failed: it keeps ending", "no use for ***TOKEN***"),
    ),
    "an application that ends at once, again and again, without a health check": Broken(
        "compose.yml",
        '    command: [sleep, "1000"]\n  side:',
        '    command: [sh, -c, "echo out of beans; exit 4"]\n    healthcheck: {disable: true}\n  side:',
        ("`worker` failed: it keeps ending and was restarted", "out of beans"),
    ),
    "an application that is never healthy": Broken(
        "web/run.sh",
        "touch /tmp/up",
        "echo still asleep",
        ("`web` failed: it", "still asleep"),
    ),
    "a program that is not in the image": Broken(
        "compose.yml",
        '[sleep, "1000"]\n  side:',
        "[no-such-program]\n  side:",
        ("no-such-program", "worker"),
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_failed_rollout_is_told_with_the_containers_last_lines_and_repaired_by_the_next_deploy(
    tiny: Shop, broken: Broken
) -> None:
    deploy(tiny)
    side = tiny.containers()["side"]
    tiny.replace("stagecraft.yml", "health_timeout: 20s", "health_timeout: 3s")
    tiny.replace(broken.path, broken.old, broken.new)
    tiny.commit("Broken")

    result = tiny.stagecraft("deploy", "--env", "demo")

    failed = newest(tiny)
    assert 5 == result.returncode
    assert [] == [words for words in broken.says if words not in result.stderr]
    assert TOKEN not in result.stderr
    expected = {
        "build": "completed",
        "push": "skipped",
        "migrate_pre": "skipped",
        "rollout": "failed",
        "migrate_post": "skipped",
        "finalize": "skipped",
    }
    assert ("failed", expected) == (failed["status"], fates(failed))
    assert "rollout failed" == phase(failed, "finalize")["reason"]
    assert ("failed", True) == (failed["hosts"]["local"]["status"], bool(failed["hosts"]["local"]["error"]))

    tiny.replace(broken.path, broken.new, broken.old)
    tiny.replace("stagecraft.yml", "health_timeout: 3s", "health_timeout: 20s")
    tiny.commit("Whole again")
    repaired = deploy(tiny)

    assert "first page" == inside(tiny, "web", "cat", "/app/page.txt")
    assert "demo-1" == repaired["base"]
    assert (side, {"web", "worker", "side"}) == (tiny.containers()["side"], set(tiny.containers()))
