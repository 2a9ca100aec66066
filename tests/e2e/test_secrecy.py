"""A canary in every source of secrets, and containers and builders that say everything they know: 0 hits."""

import base64
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.machine import Result, Shop
from tests.e2e.tiny import BASE, inside
from tests.runtime.otlp_receiver import receiving

pytestmark = pytest.mark.e2e

SOURCES = ("env", "dotenv", "command", "envfile", "secretfile")
CORES = {source: f"canary{source}0173" for source in SOURCES}
"""The part of each value that no encoding but base64 and hexadecimal changes."""
CANARIES = {source: f'{core} "$x" /+=&<é>' for source, core in CORES.items()}

COMPOSE = """\
services:
  web:
    build: {context: web, secrets: [BUILD]}
    init: true
    stop_grace_period: 1s
    restart: unless-stopped
    env_file: web.env
    environment:
      FROM_ENV: ${FROM_ENV}
      IN_A_URL: "https://${FROM_DOTENV}@example.com/"
      FROM_COMMAND: ${FROM_COMMAND}
    configs: [{source: inline, target: /etc/inline}]
    secrets: [licence, handed]
    healthcheck:
      test: [CMD, sh, -c, "cat /run/secrets/*; test -e /tmp/up"]
      interval: 1s
      retries: 2
      start_period: 10s
      start_interval: 100ms
configs:
  inline: {content: "password=${FROM_ENV}"}
secrets:
  licence: {file: licence.txt}
  handed: {environment: FROM_COMMAND}
  BUILD: {environment: FROM_DOTENV}
"""

TELLING = """\
env
env | base64 -w0; echo
env | perl -pe 's/([^A-Za-z0-9\\n])/sprintf("%%%02X", ord $1)/ge'
for name in FROM_ENV FROM_COMMAND IN_A_URL FROM_FILE; do
    printenv $name | head -c -1 | base64
    printenv $name | perl -pe 's/(["\\\\])/\\\\$1/g; s/^/{"said": "/; s/$/"}/'
done
cat /etc/inline /run/secrets/licence /run/secrets/handed
cat /run/secrets/licence | base64
"""

RUNS = 5
"""How many releases there are in the story below."""
LOOKS = 20
"""How often the command line of one process is looked at: it may change when the process becomes another."""


@pytest.fixture
def telling(tiny: Shop) -> Shop:
    """A project with a canary in each source."""
    tiny.environment["FROM_ENV"] = CANARIES["env"]
    tiny.environment["CANARY"] = CANARIES["command"]
    tiny.write("compose.yml", COMPOSE)
    tiny.replace(
        "stagecraft.yml",
        "  TOKEN: {env: TOKEN}\n",
        "  FROM_ENV: {env: FROM_ENV}\n  FROM_DOTENV: {dotenv: hidden.env}\n"
        "  FROM_COMMAND: {command: [printenv, CANARY]}\n",
    )
    tiny.replace("stagecraft.yml", "health_timeout: 20s", "health_timeout: 5s")
    tiny.write("hidden.env", f"FROM_DOTENV='{CANARIES['dotenv']}'\n")
    tiny.write("web.env", f"FROM_FILE='{CANARIES['envfile']}'\n")
    tiny.write("licence.txt", CANARIES["secretfile"])
    tiny.write(".gitignore", "hidden.env\nweb.env\nlicence.txt\n")
    tiny.write("web/tell.sh", TELLING)
    tiny.write("web/run.sh", "touch /tmp/up\nexec sleep 1000\n")
    tiny.write("web/Dockerfile", f'FROM {BASE}\nCOPY *.sh /app/\nCMD ["sh", "/app/run.sh"]\n')
    tiny.commit("A project with secrets")
    return tiny


def test_no_canary_is_written_printed_or_on_a_command_line(telling: Shop, tmp_path: Path) -> None:
    with watched_command_lines() as seen, receiving() as receiver:
        telling.environment.update(receiver.environ)
        printed = _everything_there_is_to_say(telling)

    assert [] == [f"{name}: {hit}" for name, result in printed.items() for hit in hits(result.stdout)]
    assert [] == [f"{name}: {hit}" for name, result in printed.items() for hit in hits(result.stderr)]
    assert [] == [f"{line}: {hit}" for line in sorted(seen) for hit in hits(line)]
    assert RUNS == len({span.trace_id for span in receiver.spans})
    assert [] == [hit for body in receiver.bodies for hit in hits(body.decode("latin-1"))]
    assert [] == [line for line in _commands(printed) if "***" in line]
    ours = {telling.root / name for name in ("hidden.env", "web.env", "licence.txt")}
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path not in ours]
    assert any(path.name == "000004.json" for path in written)
    assert [] == [f"{path}: {hit}" for path in written for hit in hits(path.read_bytes().decode("latin-1"))]


def test_what_is_told_is_masked_by_name_not_left_out(telling: Shop) -> None:
    _tell_and_die(telling)

    said = telling.stagecraft("deploy", "--env", "demo").stderr

    assert "FROM_ENV=***FROM_ENV***" in said
    assert "IN_A_URL=https://***FROM_DOTENV***@example.com/" in said
    assert "FROM_COMMAND=***FROM_COMMAND***" in said
    assert "FROM_FILE=***FROM_FILE***" in said
    assert "password=***FROM_ENV***" in said
    assert "***licence.txt***" in said


def _everything_there_is_to_say(project: Shop) -> dict[str, Result]:
    """Run every command that tells something, on releases that complete and that fail in every way."""
    told: dict[str, Result] = {}

    def run(code: int, *command: str) -> None:
        result = project.stagecraft(*command)
        assert code == result.returncode, f"{command}: {result.returncode}\n{result.stderr}"
        told[f"{len(told)} {' '.join(command)}"] = result

    run(0, "plan", "--env", "demo", "--out", "../plan.json")
    run(0, "plan", "--env", "demo", "--format", "json")
    run(0, "config", "render", "--env", "demo")
    run(0, "deploy", "--env", "demo", "--plan", "../plan.json", "--verbose")
    assert CANARIES["env"] == inside(project, "web", "printenv", "FROM_ENV")
    assert CANARIES["envfile"] == inside(project, "web", "printenv", "FROM_FILE")
    assert f"password={CANARIES['env']}" == inside(project, "web", "cat", "/etc/inline")
    _tell_and_die(project)
    run(5, "deploy", "--env", "demo", "--verbose")
    _tell_in_the_build(project)
    run(5, "deploy", "--env", "demo", "--format", "json")
    run(0, "rollback", "--env", "demo", "--verbose", "--log-format", "json")
    run(0, "rollback", "--env", "demo", "--to", "demo-1", "--format", "json")
    run(0, "releases", "list", "--env", "demo", "--format", "json")
    for release in ("demo-1", "demo-2", "demo-3", "demo-4"):
        run(0, "releases", "show", release)
        run(0, "releases", "show", release, "--format", "json")
    run(0, "releases", "diff", "demo-1", "demo-2")
    run(0, "releases", "diff", "demo-1", "demo-3", "--format", "json")
    return told


def _commands(printed: dict[str, Result]) -> list[str]:
    """Return every command line that `--verbose` has shown."""
    lines = [line for result in printed.values() for line in result.stderr.splitlines()]
    commands = [line for line in lines if line.startswith("  $ ")]
    assert any(" up --detach " in line for line in commands)
    return commands


def _tell_and_die(project: Shop) -> None:
    project.write("web/run.sh", ". /app/tell.sh\nexit 3\n")
    project.commit("Tell and die")


def _tell_in_the_build(project: Shop) -> None:
    tell = "cat /run/secrets/BUILD; base64 /run/secrets/BUILD; exit 3"
    project.write("web/Dockerfile", f"FROM {BASE}\nRUN --mount=type=secret,id=BUILD {tell}\n")
    project.commit("Tell in the build")


@contextmanager
def watched_command_lines(sees: str = "docker-compose\0") -> Iterator[set[str]]:
    """Collect the command line of every process that lives for more than a few milliseconds.

    `sees` is part of one that has to be among them: a watcher that sees nothing proves nothing.
    """
    seen: set[str] = set()
    looked: Counter[str] = Counter()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            for folder in Path("/proc").iterdir():
                if folder.name.isdecimal() and looked[folder.name] < LOOKS:
                    looked[folder.name] += 1
                    seen.add(_command_line(folder))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
    assert any(sees in line for line in seen), "the watcher saw no command"


def _command_line(folder: Path) -> str:
    try:
        return (folder / "cmdline").read_bytes().decode("latin-1")
    except OSError:
        return ""


def hits(text: str) -> list[str]:
    """Return which canaries a text holds, and in which form."""
    forms = ((source, form, found) for source, core in CORES.items() for form, found in FORMS[core])
    return [f"{source} as {form}" for source, form, found in forms if found in text]


def _forms(core: str) -> Iterator[tuple[str, str]]:
    """Yield the core as it is and encoded: in base64, what is the same wherever it lies in something else."""
    yield "itself", core
    yield "hexadecimal", core.encode().hex()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + core.encode()).decode()
        yield f"base64 at {shift}", encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4]


FORMS = {core: tuple(_forms(core)) for core in CORES.values()}
