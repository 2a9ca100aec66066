"""Two people, two clones, one release store: one deploys, the other is told who, or waits."""

import dataclasses
import re
import shutil
import signal
from pathlib import Path

import pytest

from tests.e2e.machine import Shop
from tests.e2e.runs import going, runs_phase, writes
from tests.e2e.tiny import BASE, fates, finished, listed

pytestmark = pytest.mark.e2e


@pytest.fixture
def clones(tiny: Shop, tmp_path: Path) -> tuple[Shop, Shop]:
    """Two clones with a store in common; the build of the first takes a while."""
    shared = {"STAGECRAFT_STORE": str(tmp_path / "shared-store")}
    shutil.copytree(tiny.root, tmp_path / "clone")
    first = dataclasses.replace(tiny, environment={**tiny.environment, **shared, "STAGECRAFT_ACTOR": "ann"})
    second = dataclasses.replace(
        tiny, root=tmp_path / "clone", environment={**tiny.environment, **shared, "STAGECRAFT_ACTOR": "bob"}
    )
    # With the name, because the builder remembers what other tests have built.
    first.replace("web/Dockerfile", f"FROM {BASE}\n", f"FROM {BASE}\nRUN sleep 8 && : {tiny.name}\n")
    first.commit("A slow build")
    second.write("web/page.txt", "bob's page\n")
    second.commit("A page")
    return first, second


def test_while_one_deploys_the_other_is_refused_by_name(
    clones: tuple[Shop, Shop],
) -> None:
    ann, bob = clones
    ann.replace("web/Dockerfile", "sleep 8", "sleep 500")
    with going(ann, "deploy", "--env", "demo") as run:
        run.wait_for(writes("RUN sleep 500"))
        refused = bob.stagecraft("deploy", "--env", "demo")
        held = bob.stagecraft("lock", "show", "--env", "demo")
        run.program.send_signal(signal.SIGINT)
        code = run.end()

    assert (4, 130) == (refused.returncode, code)
    assert re.search(rf"the lock of `demo`: .*ann.*{run.program.pid}", refused.stderr), refused.stderr
    assert "ann" in held.stdout
    assert [("demo-1", "interrupted", "ann")] == [(e["id"], e["status"], e["actor"]) for e in listed(bob)]


def test_who_waits_for_the_lock_deploys_next_on_top_of_the_other(clones: tuple[Shop, Shop]) -> None:
    ann, bob = clones
    with going(ann, "deploy", "--env", "demo") as run:
        run.wait_for(runs_phase("build"))
        release = finished(bob, "deploy", "--env", "demo", "--lock-wait", "60")
        code = run.end()

    assert (0, "demo-2", "demo-1") == (code, release["id"], release["base"])
    assert "completed" == fates(release)["finalize"]
    assert [("demo-2", "bob"), ("demo-1", "ann")] == [(e["id"], e["actor"]) for e in listed(ann)]
