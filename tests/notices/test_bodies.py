"""The bodies as they are sent: one golden file a format and event."""

import json
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.model.notice import Notice, NoticeEvent, NoticeFormat
from stagecraft.model.phase import Kind, Phase
from stagecraft.notices.bodies import body, facts
from tests.fakes import START

FAILED = Notice(
    event=NoticeEvent.FAILED,
    project="shop",
    environment="prod",
    release="prod-42",
    version="1a2b3c4d5e6f",
    kind=Kind.DEPLOY,
    phase=Phase.ROLLOUT,
    host="web-2",
    actor="ada@laptop",
    message="The new basket\n@everyone <!channel> & <b>",
    error="web is unhealthy after 2m",
    log=("GET /up 500", "```Traceback``` of ***DATABASE_PASSWORD***", "é\u202e\"'"),
    at=START,
)
SHORT = FAILED.model_copy(
    update={"event": NoticeEvent.STARTED, "phase": None, "host": None, "message": "", "error": "", "log": ()}
)


@pytest.mark.parametrize("shape", NoticeFormat)
@pytest.mark.parametrize("notice", [FAILED, SHORT], ids=["failed", "started"])
def test_a_body_is_what_was_reviewed(notice: Notice, shape: NoticeFormat, golden: SnapshotAssertion) -> None:
    assert golden == json.dumps(json.loads(body(notice, shape)), indent=2, ensure_ascii=False) + "\n"


def test_nobody_can_be_mentioned_by_a_log() -> None:
    slack = json.loads(body(FAILED, NoticeFormat.SLACK))["text"]
    discord: dict[str, Any] = json.loads(body(FAILED, NoticeFormat.DISCORD))
    assert set() == set("<>") & set(slack)
    assert {"parse": []} == discord["allowed_mentions"]


@pytest.mark.parametrize("shape", [NoticeFormat.SLACK, NoticeFormat.DISCORD, NoticeFormat.TEAMS])
def test_a_chat_is_never_sent_more_than_it_takes(shape: NoticeFormat) -> None:
    long = FAILED.model_copy(update={"message": "m" * 9000, "error": "e" * 9000, "log": ("l" * 4096,) * 20})
    assert len(body(long, shape)) < 2700
    content = json.loads(body(long, NoticeFormat.DISCORD))["content"]
    assert len(content) <= 2000
    assert content.endswith("\n```")


def test_a_command_finds_everything_but_the_log_in_its_environment() -> None:
    expected = {
        "event": "failed",
        "title": "shop prod-42: deploy of 1a2b3c4d5e6f failed in rollout on web-2",
        "project": "shop",
        "environment": "prod",
        "release": "prod-42",
        "version": "1a2b3c4d5e6f",
        "kind": "deploy",
        "phase": "rollout",
        "host": "web-2",
        "actor": "ada@laptop",
        "message": FAILED.message,
        "error": FAILED.error,
    }
    assert expected == facts(FAILED)
