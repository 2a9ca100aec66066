"""The `hooks:` list, as far as the configuration itself can tell (spec/hooks.md)."""

import re
from pathlib import Path

import pytest
import yaml

from stagecraft.config.load import Loaded, parsed
from stagecraft.errors import ConfigError
from stagecraft.model.hook import OnHookFailure
from stagecraft.model.phase import Kind

SPEC = Path(__file__).parents[2] / "spec" / "hooks.md"
HEAD = "version: 1\nproject: shop\nenvironments: {prod: {}}\nsecrets: {DATABASE_URL: {env: URL}}\n"
SMOKE = "name: smoke, when: after, phase: rollout, command: [./smoke]"


def load(hooks: str) -> Loaded:
    return parsed(f"{HEAD}{hooks}".encode(), Path("stagecraft.yml"))


def refusal(hooks: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(hooks)
    return str(caught.value)


def test_the_example_in_the_specification_is_valid() -> None:
    example = re.search(r"<!-- example: hooks -->\n```yaml\n(.*?)```", SPEC.read_text(), re.DOTALL)
    assert example is not None
    hooks = load(yaml.safe_dump(yaml.safe_load(example[1]))).project.hooks
    assert ["backup", "smoke"] == [hook.name for hook in hooks]


def test_what_is_left_out_has_a_default() -> None:
    (hook,) = load(f"hooks: [{{{SMOKE}}}]\n").project.hooks
    assert (OnHookFailure.FAIL, None, ()) == (hook.on_failure, hook.timeout, hook.secrets)
    assert (Kind.DEPLOY, Kind.ROLLBACK, Kind.MIGRATE) == hook.kinds
    assert hook.is_for("prod")


@pytest.mark.parametrize(
    ("hooks", "words"),
    [
        (f"hooks: [{{{SMOKE}}}, {{{SMOKE}}}]", "`hooks[1].name` is the name of two entries of `hooks`"),
        (
            f"hooks: [{{{SMOKE}, secrets: [TOKEN]}}]",
            "`hooks[0].secrets[0]` names no secret that is declared under `secrets`: `DATABASE_URL`",
        ),
        (
            f"hooks: [{{{SMOKE}, environments: [stage]}}]",
            "`hooks[0].environments[0]` names no environment: there is `prod`",
        ),
        (
            "hooks: [{name: tidy, when: after, phase: finalize, command: [./tidy]}]",
            "`hooks[0].phase` must not be `finalize` without `on_failure: warn`",
        ),
        (
            "hooks: [{name: a, when: during, phase: rollout, command: [x]}]",
            "`hooks[0].when` must be `before` or `after`",
        ),
        ("hooks: [{name: a, when: after, phase: rollout, command: []}]", "`hooks[0].command`"),
    ],
)
def test_a_hook_that_cannot_be_meant_is_an_error_at_its_key(hooks: str, words: str) -> None:
    assert words in refusal(f"{hooks}\n")
