"""The `notify:` list, as far as the configuration itself can tell (spec/notices.md)."""

import re
from pathlib import Path

import pytest
import yaml

from stagecraft.config.load import Loaded, parsed
from stagecraft.config.notify import CommandTarget, WebhookTarget
from stagecraft.errors import ConfigError
from stagecraft.model.notice import NoticeEvent, NoticeFormat

SPEC = Path(__file__).parents[2] / "spec" / "notices.md"
HEAD = """\
version: 1
project: shop
environments: {prod: {}}
secrets: {CHAT_URL: {env: URL}, PAGER_KEY: {env: KEY}}
"""


def load(notify: str) -> Loaded:
    return parsed(f"{HEAD}{notify}".encode(), Path("stagecraft.yml"))


def refusal(notify: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(notify)
    return str(caught.value)


def test_the_example_in_the_specification_is_valid() -> None:
    example = re.search(r"<!-- example: notify -->\n```yaml\n(.*?)```", SPEC.read_text(), re.DOTALL)
    assert example is not None
    text = yaml.safe_dump(yaml.load(example[1], Loader=yaml.BaseLoader))
    assert ["team", "pager"] == [target.name for target in load(text).project.notify]


def test_what_is_left_out_has_a_default() -> None:
    (target,) = load(
        "notify: [{name: a, type: webhook, url: 'https://example.com/hook?x=1'}]\n"
    ).project.notify
    assert isinstance(target, WebhookTarget)
    assert (NoticeFormat.JSON, 5.0, tuple(NoticeEvent)) == (target.format, target.timeout, target.on)


def test_only_what_a_target_needs_is_fetched() -> None:
    webhook, command = load(
        "notify:\n"
        "  - {name: a, type: webhook, url: {secret: CHAT_URL}}\n"
        "  - {name: b, type: command, command: [./page], secrets: [PAGER_KEY]}\n"
    ).project.notify
    assert isinstance(command, CommandTarget)
    assert (("CHAT_URL",), ("PAGER_KEY",)) == (webhook.needs, command.needs)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("type: webhook, url: 'ftp://example.com'", "`notify[0].url` must be `http://` or `https://`"),
        (
            "type: webhook, url: 'https://ada:pw@example.com'",
            "`notify[0].url` must be `http://` or `https://`",
        ),
        ("type: webhook, url: {secrt: X}", "`notify[0].url.secrt` is not a known key"),
        ("type: webhook, url: {secret: X}", "`notify[0].url.secret` names no secret"),
        ("type: webhook, url: 'http://x', on: [fail]", "`notify[0].on[0]` must be `started`, `completed`"),
        ("type: webhook, url: 'http://x', on: []", "`notify[0].on`"),
        ("type: mail", "`notify[0]` has `type: mail`, which must be one of `webhook`, `command`"),
        ("type: command, command: [x], secrets: [X]", "`notify[0].secrets[0]` names no secret"),
    ],
)
def test_a_target_that_cannot_be_meant_is_an_error_at_its_key(entry: str, words: str) -> None:
    assert words in refusal(f"notify: [{{name: a, {entry}}}]\n")


def test_a_password_in_a_url_is_not_repeated() -> None:
    assert "pa55word" not in refusal(
        "notify: [{name: a, type: webhook, url: 'https://ada:pa55word@example.com'}]\n"
    )
