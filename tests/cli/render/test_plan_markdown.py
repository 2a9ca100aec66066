"""A plan as a review (stagecraft/cli/render/plan_markdown.py)."""

import re
from collections.abc import Mapping

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.cli.render.plan_markdown import LIMIT, plan_markdown
from stagecraft.model.change import Change, ServiceChange
from stagecraft.model.phase import Phase
from stagecraft.model.plan import HostPlan, Plan, content_digest
from stagecraft.model.step import Build, Push, Rollout
from tests.cli import scenes

BUILT = ServiceChange(change=Change.CHANGED, cause="its image is built anew, its digest is known afterwards")
SAME = ServiceChange(change=Change.UNCHANGED)
ADDED = ServiceChange(change=Change.ADDED, cause="the base does not have it")
REMOVED = ServiceChange(change=Change.REMOVED, cause="the text does not have it any more")


def fleet(hosts: Mapping[str, Mapping[str, ServiceChange]], difference: str = scenes.DIFFERENCE) -> Plan:
    """A plan for these hosts, two at a time."""
    text = content_digest(scenes.TEXT)
    reference = f"registry.example.com/shop/web:{scenes.NEW}"
    goals = tuple(
        Rollout(
            host=name,
            wave=index // 2,
            cause=f"{scenes.OLD} -> {scenes.NEW}",
            compose_project="shop",
            text=text,
        )
        for index, name in enumerate(hosts)
    )
    changed = {
        name: difference if any(one != SAME for one in fates.values()) else ""
        for name, fates in hosts.items()
    }
    made = scenes.plan(
        steps=(
            Build(cause=f"web at {scenes.NEW}", definition="{}", images={"web": reference}),
            Push(cause=f"built as {scenes.NEW}", service="web", reference=reference),
            *goals,
        ),
        hosts={
            name: HostPlan(text=text, difference=changed[name], services=dict(fates))
            for name, fates in hosts.items()
        },
    )
    return made.model_copy(update={"digest": "sha256:" + "d" * 64})


def one() -> Plan:
    return fleet({"local": {"db": SAME, "proxy": ADDED, "web": BUILT, "worker": BUILT}})


def four() -> Plan:
    web = {"proxy": SAME, "web": BUILT}
    return fleet(
        {"web-1": web, "web-2": web, "jobs-1": {"worker": BUILT, "cron": REMOVED}, "db-1": {"db": SAME}}
    )


def thirty() -> Plan:
    return fleet({f"web-{number:02}": {"proxy": SAME, "web": BUILT} for number in range(1, 31)})


@pytest.mark.parametrize("make", [one, four, thirty], ids=["1", "4", "30"])
def test_a_review_for_so_many_hosts(make: object, golden: SnapshotAssertion) -> None:
    assert callable(make)
    assert golden == plan_markdown(make())


def test_hosts_that_all_differ_make_the_rows() -> None:
    changes = {f"web-{n}": {"web": ServiceChange(change=Change.CHANGED, cause=f"c{n}")} for n in range(4)}
    lines = plan_markdown(fleet(changes)).splitlines()
    assert ["| host | `web` |", "| --- | --- |", "| web-0 | **rolled out** |"] == [
        line for line in lines if line.startswith("| ") and "phase" not in line
    ][:3]


def test_a_plan_without_changes_says_so_first() -> None:
    plan = scenes.plan(
        steps=(Rollout(cause="same", compose_project="shop", text="sha256:1"),),
        hosts={"local": HostPlan(text="sha256:1", services={"web": SAME})},
    )
    assert "**Nothing changes.**" == plan_markdown(plan).splitlines()[3]


def test_a_recreated_plan_without_known_services_is_no_empty_table() -> None:
    plan = scenes.plan(hosts={"local": HostPlan(text="sha256:1")})
    assert "| service" not in plan_markdown(plan)


def test_a_review_never_exceeds_its_limit_and_says_what_is_missing() -> None:
    difference = "--- a\n+++ b\n" + "".join(f"+    line {number}: {'é' * 40}\n" for number in range(3000))
    text = plan_markdown(fleet({"a": {"web": BUILT}, "b": {"web": BUILT}}, difference))
    assert LIMIT >= len(text)
    assert re.search(
        r"\*\*Cut: \d+ more lines do not fit here\.\*\* The whole plan: `stagecraft plan --env demo`\n$", text
    )
    assert text.count("<details>") == text.count("</details>")


HOSTILE = "```\n</details><script>alert(1)</script>\n| @team [x](javascript:1) ``` \u202e\x1b[2J"


def test_nothing_in_a_plan_breaks_out_of_its_place() -> None:
    text = content_digest(scenes.TEXT)
    change = ServiceChange(change=Change.CHANGED, cause=f"image: {HOSTILE}")
    made = scenes.plan(
        steps=(Rollout(cause=HOSTILE, compose_project="shop", text=text),),
        hosts={"local": HostPlan(text=text, difference=f"+{HOSTILE}\n+`````\n", services={"web": change})},
        notes=(HOSTILE,),
        skipped={Phase.BUILD: HOSTILE},
        version=HOSTILE,
    )
    outside = without_code(plan_markdown(made))
    assert [] == re.findall(r"<(?!details>|/details>|summary>|/summary>|!--|br>)\S*", outside)
    assert [] == re.findall(r"@\w+|[\x1b\u202e]|(?<!\\)\]\(", outside)
    assert outside.count("<details>") == outside.count("</details>") == 2


def without_code(text: str) -> str:
    """Return Markdown without its code blocks and spans, as CommonMark reads them."""
    kept, ticks = [], ""
    for line in text.splitlines():
        fence = re.match(r" {0,3}(`{3,})[^`]*$", line)
        if ticks:
            ticks = "" if fence and len(fence[1]) >= len(ticks) and line.strip() == fence[1] else ticks
        elif fence:
            ticks = fence[1]
        else:
            kept.append(re.sub(r"(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)", "", line))
    assert not ticks
    return "\n".join(kept)


def test_the_first_line_tells_one_comment_from_another() -> None:
    assert "<!-- stagecraft plan shop demo -->" == plan_markdown(scenes.plan()).splitlines()[0]
