"""The shapes of a notice: our own JSON, and what the webhooks of chats take.

Slack: "Sending messages using incoming webhooks", "Formatting text for app surfaces" (escaping of & < >).
Discord: "Execute Webhook" (2,000 characters; `allowed_mentions`). Teams: "Create an incoming webhook with
Workflows" (an adaptive card as an attachment).
"""

import json
from collections.abc import Iterator
from typing import Any, assert_never

from stagecraft.model.notice import Notice, NoticeEvent, NoticeFormat
from stagecraft.notices.of import title

_DISCORD = 2000
"""Characters of a message."""
_LINES, _CHARACTERS = 10, 1000
"""How much of the end of a log a chat is shown."""
_SENTENCE = 300
"""Characters of an error or a message that a chat is shown."""

_SIGNS = {
    NoticeEvent.STARTED: "🚀",
    NoticeEvent.COMPLETED: "✅",
    NoticeEvent.FAILED: "❌",
    NoticeEvent.INTERRUPTED: "⚠️",
    NoticeEvent.ROLLED_BACK: "↩️",
    NoticeEvent.DRIFT: "⚠️",
}


def body(notice: Notice, shape: NoticeFormat) -> str:
    """Return the notice as JSON of that shape, on one line."""
    return json.dumps(_shaped(notice, shape), ensure_ascii=False)


def facts(notice: Notice) -> dict[str, str | None]:
    """Return what a command finds in its environment, without the log."""
    fields = notice.model_dump(mode="json", exclude={"log", "at"})
    return {**fields, "title": title(notice)}


def _shaped(notice: Notice, shape: NoticeFormat) -> dict[str, Any]:
    match shape:
        case NoticeFormat.JSON:
            fields = notice.model_dump(mode="json", exclude={"event", "at"})
            at = notice.at.strftime("%Y-%m-%dT%H:%M:%SZ")
            return {"schema": 1, "event": notice.event.value, "title": title(notice), **fields, "at": at}
        case NoticeFormat.SLACK:
            return {"text": _slack(notice)}
        case NoticeFormat.DISCORD:
            return {"content": _text(notice, "**")[:_DISCORD], "allowed_mentions": {"parse": []}}
        case NoticeFormat.TEAMS:
            return _card(notice)
        case _ as never:
            assert_never(never)


def _slack(notice: Notice) -> str:
    return _text(notice, "*").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text(notice: Notice, strong: str) -> str:
    """Return a message in the dialect of Markdown whose mark for strong text is given."""
    lines = [f"{_SIGNS[notice.event]} {strong}{title(notice)}{strong}", *_sentences(notice)]
    if log := _end(notice):
        inside = log.replace("```", "'''")
        lines.append(f"```\n{inside}\n```")
    return "\n".join(lines)


def _card(notice: Notice) -> dict[str, Any]:
    blocks = [
        {"text": f"{_SIGNS[notice.event]} {title(notice)}", "weight": "Bolder", "size": "Medium"},
        *({"text": sentence} for sentence in _sentences(notice)),
        *([{"text": log.replace("\n", "\n\n"), "fontType": "Monospace"}] if (log := _end(notice)) else []),
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "wrap": True, **block} for block in blocks],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def _sentences(notice: Notice) -> Iterator[str]:
    """Yield who and why, then what went wrong."""
    if notice.actor:
        said = f": {_cut(notice.message)}" if notice.message else ""
        yield f"by {notice.actor}{said}"
    if notice.error:
        yield _cut(notice.error)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SENTENCE else f"{line[:_SENTENCE]} ..."


def _end(notice: Notice) -> str:
    """Return the end of the log, in whole lines if they are not too long."""
    return "\n".join(notice.log[-_LINES:])[-_CHARACTERS:]
