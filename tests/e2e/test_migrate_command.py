"""Commands as migrations on the real engine: one-off containers, revisions, death and the way back."""

import time
from typing import Any

import pytest

from tests.e2e.machine import Shop, ask
from tests.e2e.runs import going, kill_tree
from tests.e2e.tiny import changed, deploy, fates, inside, inspected, newest, phase

pytestmark = [pytest.mark.e2e, pytest.mark.beside]

MIGRATIONS = """\
migrations:
  - name: schema
    when: {when}
    engine: command
    service: web
    command: [sh, /app/migrate.sh]
{head}    rollback: [sh, /app/undo.sh, "{{from}}"]
environments:
"""
HEAD = '    head: [sh, -c, "cat /data/level 2>/dev/null || echo 0"]\n'
MIGRATE = """\
echo "token is $TOKEN"
level=$(cat /data/level 2>/dev/null || echo 0)
while [ "$level" -lt "$(cat /app/level)" ]; do
    level=$((level + 1))
    echo "up $level" >>/data/log
    [ ! -e /app/slow ] || sleep "$(cat /app/slow)"
    [ ! -e /app/broken ] || exit 3
    echo "$level" >/data/level
done
"""
SHORT = "    command: [sh, /app/migrate.sh]\n    timeout: 5s\n"
UNDO = """\
echo "down to $1 by $(cat /app/level)" >>/data/log
echo "$1" >/data/level
"""
DOCKERFILE = 'FROM stagecraft-base:bookworm\nCOPY . /app/\nCMD ["sh", "/app/run.sh"]\n'


def prepare(tiny: Shop, *, when: str = "pre", head: str = HEAD) -> None:
    """Give the project a schema at level 1 and a service that it depends on."""
    tiny.replace("stagecraft.yml", "environments:\n", MIGRATIONS.format(when=when, head=head))
    tiny.write("web/Dockerfile", DOCKERFILE)
    tiny.write("web/migrate.sh", MIGRATE)
    tiny.write("web/undo.sh", UNDO)
    tiny.replace("compose.yml", "    env_file: web.env\n", "    env_file: web.env\n    depends_on: [side]\n")
    level(tiny, 1)


def level(tiny: Shop, number: int, **files: str) -> None:
    """Make a version whose schema is at that level."""
    tiny.write("web/level", f"{number}\n")
    tiny.write("web/page.txt", f"page of level {number}\n")
    for name, text in files.items():
        tiny.write(f"web/{name}", text)
    tiny.commit(f"Level {number}")


def log(tiny: Shop) -> list[str]:
    """Return what migrations did, in order, as the data itself remembers it."""
    return ask("docker", "run", "--rm", "-v", f"{tiny.name}_data:/data", "stagecraft-base:bookworm",
               "cat", "/data/log").splitlines()  # fmt: skip


def migration(release: dict[str, Any]) -> dict[str, Any]:
    (only,) = release["migrations"]
    return dict(only)


def one_offs(tiny: Shop) -> list[str]:
    mine = f"--filter=label=com.docker.compose.project={tiny.name}"
    return ask(
        "docker", "ps", "--all", "--format={{.Names}}", mine, "--filter=label=stagecraft.migration"
    ).split()


def test_a_command_runs_in_the_new_image_before_the_old_containers_are_touched(tiny: Shop) -> None:
    prepare(tiny)
    first = deploy(tiny)
    assert (["up 1"], "0", "1") == (log(tiny), migration(first)["before"], migration(first)["after"])
    before = tiny.containers()
    level(tiny, 2, slow="5")
    with going(tiny, "deploy", "--env", "demo") as run:
        name = wait_for_one_off(tiny)
        found = inspected(name)
        during = services_of(tiny)
        assert 0 == run.end()

    second = newest(tiny)
    assert f"{tiny.name}-demo-2-schema" == name
    assert ("schema", "demo-2") == (
        found["Config"]["Labels"]["stagecraft.migration"],
        found["Config"]["Labels"]["stagecraft.release"],
    )
    assert {} == {port: to for port, to in found["HostConfig"]["PortBindings"].items() if to}
    assert before == during
    assert (["up 1", "up 2"], "1", "2") == (
        log(tiny),
        migration(second)["before"],
        migration(second)["after"],
    )
    assert [] == one_offs(tiny)
    assert any("token is ***TOKEN***" in line for line in migration(second)["log"])


def test_what_a_command_needs_is_started_first_and_what_runs_is_left_alone(tiny: Shop) -> None:
    prepare(tiny)
    deploy(tiny)
    before = tiny.containers()
    ask("docker", "rm", "--force", before["side"])
    level(tiny, 2, broken="")
    assert 5 == tiny.stagecraft("deploy", "--env", "demo").returncode

    after = tiny.containers()
    assert {"side"} == changed(before, after)


def test_a_failed_command_leaves_the_old_version_serving(tiny: Shop) -> None:
    prepare(tiny)
    deploy(tiny)
    before = tiny.containers()
    level(tiny, 2, broken="")
    said = tiny.stagecraft("deploy", "--env", "demo")
    failed = newest(tiny)

    assert (5, before) == (said.returncode, tiny.containers())
    assert ("failed", "skipped") == (fates(failed)["migrate_pre"], fates(failed)["rollout"])
    assert "failed with exit code 3" in str(phase(failed, "migrate_pre")["error"])
    assert "page of level 1" in inside(tiny, "web", "cat", "/app/page.txt")


def test_a_failed_command_after_the_rollout_leaves_the_new_version_serving_and_is_retried(tiny: Shop) -> None:
    prepare(tiny, when="post")
    deploy(tiny)
    level(tiny, 2, broken="")
    failed = tiny.stagecraft("deploy", "--env", "demo")
    assert (5, "failed", "failed") == (
        failed.returncode,
        newest(tiny)["status"],
        fates(newest(tiny))["migrate_post"],
    )
    assert "page of level 2" in inside(tiny, "web", "cat", "/app/page.txt")

    before = tiny.containers()
    again = tiny.stagecraft("deploy", "--env", "demo", "--resume")
    assert (5, ["up 1", "up 2", "up 2"], before) == (again.returncode, log(tiny), tiny.containers()), again


def test_a_command_that_takes_too_long_ends_with_its_container(tiny: Shop) -> None:
    prepare(tiny)
    tiny.replace("stagecraft.yml", "    command: [sh, /app/migrate.sh]\n", SHORT)
    level(tiny, 2, slow="600")
    said = tiny.stagecraft("deploy", "--env", "demo")

    assert (5, "failed", []) == (said.returncode, migration(newest(tiny))["status"], one_offs(tiny)), said


def test_a_rollback_undoes_it_in_the_image_that_did_it(tiny: Shop) -> None:
    prepare(tiny)
    deploy(tiny)
    level(tiny, 2)
    deploy(tiny)
    refused = tiny.stagecraft("rollback", "--env", "demo")
    assert (6, "demo-2") == (refused.returncode, newest(tiny)["id"])

    said = tiny.stagecraft("rollback", "--env", "demo", "--with-migrations")
    assert 0 == said.returncode, said.stderr
    undone = migration(newest(tiny))
    assert ["up 1", "up 2", "down to 1 by 2"] == log(tiny)
    assert ("down", "undone", "2", "1") == (
        undone["direction"],
        undone["status"],
        undone["before"],
        undone["after"],
    )
    assert "page of level 1" in inside(tiny, "web", "cat", "/app/page.txt")


@pytest.mark.parametrize("when", ["pre", "post"])
def test_a_killed_command_with_revisions_goes_on_from_where_it_is(tiny: Shop, when: str) -> None:
    prepare(tiny, when=when)
    deploy(tiny)
    level(tiny, 2, slow="5")
    kill_in_the_command(tiny)
    said = tiny.stagecraft("deploy", "--env", "demo", "--resume", "--lock-wait", "30")

    assert 0 == said.returncode, said.stderr
    assert "the revision still is `1`" in migration(newest(tiny))["reason"]
    assert ["up 1", "up 2", "up 2"] == log(tiny)  # killed before it had written its level


def test_a_killed_command_without_revisions_stops_until_a_person_knows(tiny: Shop) -> None:
    prepare(tiny, head="")
    tiny.replace("stagecraft.yml", '    rollback: [sh, /app/undo.sh, "{from}"]\n', "")
    tiny.commit("No way to tell")
    deploy(tiny)
    level(tiny, 2, slow="5")
    kill_in_the_command(tiny)
    refused = tiny.stagecraft("deploy", "--env", "demo", "--resume")
    assert 6 == refused.returncode, refused.stderr
    assert "--migration-done schema" in refused.stderr
    assert ("failed", ["up 1", "up 2"]) == (newest(tiny)["status"], log(tiny))

    done = tiny.stagecraft("deploy", "--env", "demo", "--resume", "--migration-done", "schema")
    assert 0 == done.returncode, done.stderr
    assert ("applied", "`--migration-done`") == (
        migration(newest(tiny))["status"],
        migration(newest(tiny))["reason"],
    )
    assert ["up 1", "up 2"] == log(tiny)


def test_a_container_that_outlived_its_run_is_not_joined_by_another(tiny: Shop) -> None:
    prepare(tiny)
    deploy(tiny)
    level(tiny, 2, slow="60")
    with going(tiny, "deploy", "--env", "demo") as run:
        name = wait_for_one_off(tiny)
        kill_tree(run.program.pid)
        refused = tiny.stagecraft("deploy", "--env", "demo", "--resume")

    assert 6 == refused.returncode, refused.stderr
    assert f"still runs in container `{name}`" in refused.stderr


def services_of(tiny: Shop) -> dict[str, str]:
    """Return the containers of services, one-off ones left out."""
    line = '{{.Label "com.docker.compose.service"}} {{.ID}}'
    mine = f"--filter=label=com.docker.compose.project={tiny.name}"
    real = "--filter=label=com.docker.compose.oneoff=False"
    rows = ask("docker", "ps", "--all", "--no-trunc", mine, real, "--format", line).splitlines()
    return dict(row.split() for row in rows)


def wait_for_one_off(tiny: Shop) -> str:
    """Return the name of the container that migrates, once its command has begun."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = [name for name in one_offs(tiny) if not name.endswith("-head")]
        if found and "up 2" in log(tiny):
            return found[0]
        time.sleep(0.1)
    pytest.fail("the migration never began")


def kill_in_the_command(tiny: Shop) -> None:
    """SIGKILL to everything of a deploy in the midst of its migration; then the container is ended too."""
    with going(tiny, "deploy", "--env", "demo") as run:
        name = wait_for_one_off(tiny)
        kill_tree(run.program.pid)
        ask("docker", "rm", "--force", name)
