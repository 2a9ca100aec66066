"""What the README shows is what happens (README.md, Sixty seconds)."""

import re
import shlex
from pathlib import Path

import pytest

from tests.e2e.machine import Shop

pytestmark = pytest.mark.e2e
README = Path(__file__).parents[2] / "README.md"
LEFT_OUT = "..."
VARYING = (
    (r"\b[0-9a-f]{12}\b", "<version>"),
    (r"\b\d+(\.\d+)? s\b|\b\d+ min \d+ s\b", "<time>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "<date>"),
    (r"localhost:\d+/\S+:<version>", "<image>"),
    (r"Compose project \S+", "Compose project <name>"),
    (r"\S+@\S+", "<actor>"),
    (r"\s+", " "),
)


def story() -> list[tuple[str, list[str]]]:
    """Return every command of the console blocks with the lines that are shown under it."""
    told: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", README.read_text(), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                told.append((line[2:], []))
            elif line.strip() and line.strip() != LEFT_OUT:
                told[-1][1].append(line)
    return told


def alike(text: str) -> list[str]:
    """Return the lines with what differs from run to run masked."""
    for pattern, word in VARYING:
        text = "\n".join(re.sub(pattern, word, line).strip() for line in text.splitlines())
    return text.splitlines()


def missing(shown: list[str], printed: list[str]) -> list[str]:
    """Return the lines that are shown and were not printed, or not in this order."""
    lost, rest = [], list(printed)
    for line in shown:
        if line in rest:
            rest = rest[rest.index(line) + 1 :]
        else:
            lost.append(line)
    return lost


def change(shop: Shop) -> None:
    shop.replace("config/shop.toml", "Good morning", "Good evening")
    shop.commit("Good evening")


def test_the_readme_shows_what_is_printed(shop: Shop) -> None:
    (deploy, *_), (plan, *_), (rollback, *_), _ = tellings = story()
    before = {plan: lambda: change(shop), rollback: lambda: deployed(shop)}
    assert deploy.startswith("stagecraft deploy")
    wrong = []
    for command, shown in tellings:
        before.get(command, lambda: None)()
        result = shop.stagecraft(*shlex.split(command)[1:])
        assert 0 == result.returncode, result.stderr
        lost = missing(alike("\n".join(shown)), alike(result.stdout))
        wrong += (
            [f"$ {command}\n{result.stdout}\nis shown and not printed:\n" + "\n".join(lost)] if lost else []
        )
    assert not wrong, "\n\n".join(wrong)


def deployed(shop: Shop) -> None:
    assert 0 == shop.stagecraft("deploy", "--env", "demo", "--message", "Good evening").returncode
