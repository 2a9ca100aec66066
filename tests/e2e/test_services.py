"""Kinds of services, configs and secrets that a rollout has to get right on the real engine."""

import shutil

import pytest

from tests.e2e.machine import Shop, ask
from tests.e2e.tiny import deploy, inside, inspected

pytestmark = pytest.mark.e2e

KINDS = """\
x-common: &common
  image: stagecraft-base:bookworm
  init: true
  stop_grace_period: 1s
  restart: unless-stopped
  command: [sleep, "1000"]
  healthcheck: {{test: [CMD, test, -e, /], interval: 1s, start_period: 10s, start_interval: 100ms}}

services:
  once:
    <<: *common
    command: [sh, -c, "cat /run/secrets/licence"]
    restart: "no"
    healthcheck: {{disable: true}}
    secrets: [licence]
  closed:
    <<: *common
    read_only: true
    configs: [{{source: settings, target: /etc/settings}}]
  hooked:
    <<: *common
    configs:
      - {{source: hook, target: /hook.sh, mode: 0755}}
      - {{source: written, target: /etc/written}}
  after:
    <<: *common
    depends_on: {{once: {{condition: service_completed_successfully}}}}

configs:
  settings: {{file: settings.txt}}
  hook: {{file: hook.sh}}
  written: {{content: "dear ${{GREETING}}, it costs $$5\\n"}}
secrets:
  licence: {{file: licence.txt}}
"""


@pytest.fixture
def kinds(tiny: Shop) -> Shop:
    tiny.write("compose.yml", KINDS.format())
    tiny.write("hook.sh", "#!/bin/sh\necho hooked for $1\n")
    tiny.write("licence.txt", "licence-to-sell-4711")
    tiny.write(".gitignore", ".stagecraft/\nlicence.txt\n")
    tiny.commit("Other services")
    return tiny


def test_every_kind_of_service_config_and_secret_works_and_is_left_alone_by_the_next_deploy(
    kinds: Shop,
) -> None:
    deploy(kinds)
    before = kinds.containers()

    again = deploy(kinds)

    once, after = (inspected(before[name])["State"] for name in ("once", "after"))
    assert ("exited", 0) == (once["Status"], once["ExitCode"])
    assert "licence-to-sell-4711" == ask("docker", "logs", before["once"])
    assert "colour=green" == inside(kinds, "closed", "cat", "/etc/settings")
    assert "hooked for good" == inside(kinds, "hooked", "/hook.sh", "good")
    assert "dear Good morning, it costs $5" == inside(kinds, "hooked", "cat", "/etc/written")
    assert once["FinishedAt"] <= after["StartedAt"]
    assert "unchanged" == again["hosts"]["local"]["status"]
    assert before == kinds.containers()


def test_a_config_of_a_read_only_service_is_mounted_from_the_store_and_comes_back_with_a_rollback(
    kinds: Shop,
) -> None:
    deploy(kinds)
    kinds.write("settings.txt", "colour=blue\n")
    deploy(kinds)
    seen = [inside(kinds, "closed", "cat", "/etc/settings")]
    shutil.rmtree(kinds.root / ".stagecraft/.files")  # the record has it all

    assert kinds.stagecraft("rollback", "--env", "demo").returncode == 0
    seen.append(inside(kinds, "closed", "cat", "/etc/settings"))

    assert ["colour=blue", "colour=green"] == seen


def test_a_changed_secret_file_restarts_who_mounts_it(kinds: Shop) -> None:
    deploy(kinds)
    kinds.write("licence.txt", "licence-to-sell-4712")

    deploy(kinds)

    assert "licence-to-sell-4712" == ask("docker", "logs", kinds.containers()["once"])


def test_a_one_shot_service_that_fails_fails_the_rollout_and_what_waits_for_it_never_starts(
    kinds: Shop,
) -> None:
    kinds.replace("compose.yml", "cat /run/secrets/licence", "echo out of ink; exit 9")

    result = kinds.stagecraft("deploy", "--env", "demo")

    assert 5 == result.returncode
    assert "`once` failed: it exited with code 9" in result.stderr
    assert "out of ink" in result.stderr
    assert "after" not in kinds.containers()
