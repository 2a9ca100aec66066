"""`stagecraft lock` (spec/commands/lock.md)."""

import json

from stagecraft.model.holder import Holder
from tests.cli import scenes
from tests.cli.fakes import FakeApp, typed

HELD = Holder(actor="ada@laptop", pid=4711, since=scenes.START, release="demo-7", phase="rollout")


def test_a_held_lock() -> None:
    said = typed("lock show --env demo", FakeApp(held_by=HELD))
    expected = "held by ada@laptop, process 4711, since 2026-11-20 08:27:21 UTC: demo-7 in rollout\n"
    assert (0, expected) == (said.code, said.out)


def test_a_lock_held_before_there_is_a_release() -> None:
    held = HELD.model_copy(update={"release": "", "phase": ""})
    said = typed("lock show --env demo", FakeApp(held_by=held))
    assert "held by ada@laptop, process 4711, since 2026-11-20 08:27:21 UTC\n" == said.out


def test_a_free_lock() -> None:
    assert "the lock is free: nobody is releasing\n" == typed("lock show --env demo").out


def test_a_held_lock_as_json() -> None:
    said = typed("lock show --env demo --format json", FakeApp(held_by=HELD))
    holder = {
        "actor": "ada@laptop",
        "pid": 4711,
        "since": "2026-11-20T08:27:21Z",
        "release": "demo-7",
        "phase": "rollout",
    }
    assert {"held": True, "holder": holder} == json.loads(said.out)


def test_a_free_lock_as_json() -> None:
    assert {"held": False, "holder": None} == json.loads(typed("lock show --format json").out)
