"""The same inputs give the same plan, whatever the machine, the folder and the person are like."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

ROOT = Path(__file__).parents[2]
AT_ONCE = 4
HOSTILE = {
    "PUBLIC_URL": "http://evil.example.com",
    "DATABASE_PASSWORD": "evil",
    "COMPOSE_FILE": "evil.yml",
    "COMPOSE_PROJECT_NAME": "evil",
    "COMPOSE_PROFILES": "evil",
    "COMPOSE_ENV_FILES": "evil.env",
    "DOCKER_HOST": "tcp://evil.example.com:1",
    "DOCKER_CONTEXT": "evil",
    "BUILDX_BUILDER": "evil",
    "GIT_DIR": "/evil",
    "GIT_WORK_TREE": "/evil",
    "GIT_INDEX_FILE": "/evil",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.abbrev",
    "GIT_CONFIG_VALUE_0": "5",
    "SOURCE_DATE_EPOCH": "1",
    "PYTHONUTF8": "0",
}


def surroundings(number: int, home: Path) -> dict[str, str]:
    """Return the environment of one run: another one for each number, the same for the same."""
    dice = Random(number)
    locale = dice.choice(["C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.ISO-8859-9", ""])
    hostile = {name: value for name, value in HOSTILE.items() if dice.random() < 0.7}
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": str(dice.randrange(2**32)),
        "HOME": str(home),
        "LANG": locale,
        "LC_ALL": locale,
        "TZ": dice.choice(["UTC", "Asia/Tokyo", "America/New_York"]),
        **hostile,
    }


def a_plan(made: Path, tmp_path: Path, number: int) -> bytes:
    """Return the plan as one person on one machine gets it: a clone in a folder of its own."""
    dice = Random(number)
    home = tmp_path / f"home-{number}"
    clone = home / dice.choice(["x", "with space", "ü/deep/er"]) / str(number)
    shutil.copytree(made, clone)
    (home / ".gitconfig").write_text("[core]\n\tabbrev = 5\n\tautocrlf = true\n\texcludesFile = ~/ignore\n")
    (home / "ignore").write_text("*.txt\n")
    inside = dice.choice([clone, clone / "web"])
    config = [] if inside == clone else ["--config", "../stagecraft.yml"]
    done = subprocess.run(
        [sys.executable, "-m", "stagecraft", "plan", "--env", "demo", "--format", "json", *config],
        cwd=inside,
        env=surroundings(number, home),
        capture_output=True,
        timeout=120,
        umask=dice.choice([0o022, 0o077, 0o002]),
        check=False,
    )
    assert (0, b"") == (done.returncode, done.stderr)
    return done.stdout


def plans(made: Path, tmp_path: Path, numbers: range) -> set[bytes]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return set(pool.map(lambda number: a_plan(made, tmp_path, number), numbers))


def test_six_plans_of_one_commit_are_the_same_bytes(made: Path, tmp_path: Path) -> None:
    assert 1 == len(plans(made, tmp_path, range(6)))


@pytest.mark.e2e
@pytest.mark.beside
def test_a_hundred_plans_of_one_commit_are_the_same_bytes(made: Path, tmp_path: Path) -> None:
    assert 1 == len(plans(made, tmp_path, range(100)))


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_a_folder_with_an_umlaut_is_no_riddle_for_a_locale_without(
    made: Path, tmp_path: Path, locale: str
) -> None:
    clone = shutil.copytree(made, tmp_path / "für den Laden")
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": locale, "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "stagecraft", "plan", "--env", "demo", "--format", "json"],
        cwd=clone,
        env=environ,
        capture_output=True,
        timeout=120,
        check=False,
    )

    assert (0, b"") == (done.returncode, done.stderr)
    assert a_plan(made, tmp_path, 1) == done.stdout


def test_the_surroundings_of_the_runs_really_differ(tmp_path: Path) -> None:
    assert 6 == len({tuple(sorted(surroundings(number, tmp_path).items())) for number in range(6)})


def test_a_plan_of_another_commit_is_not_the_same(made: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(made, tmp_path / "changed")
    (changed / "greeting.txt").write_text("good day\n")

    assert a_plan(made, tmp_path, 1) != a_plan(changed, tmp_path, 2)
