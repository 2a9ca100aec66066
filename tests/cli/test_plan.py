"""`stagecraft plan` (spec/commands/plan.md)."""

import json
import stat
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.app.requests import DeployRequest
from stagecraft.cli.save import save
from stagecraft.errors import RefusedError
from stagecraft.model.phase import Phase
from stagecraft.model.plan import HostPlan, has_changes
from stagecraft.model.plan_file import dump, load
from stagecraft.model.step import LOCAL, Rollout
from tests.cli import scenes
from tests.cli.fakes import FakeApp, typed

NOTHING_TO_DO = scenes.plan(
    steps=(Rollout(cause="same", compose_project="shop-demo", text=scenes.plan().hosts[LOCAL].text),),
    hosts={LOCAL: HostPlan(text=scenes.plan().hosts[LOCAL].text)},
    skipped=dict.fromkeys((Phase.BUILD, Phase.PUSH), "demo-1 has this version"),
)


def test_a_plan_for_people(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("plan --env demo"))


def test_a_plan_for_programs(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("plan --env demo --format json"))


def test_a_plan_for_a_pull_request(golden: SnapshotAssertion) -> None:
    assert golden == str(typed("plan --env demo --format markdown"))


def test_a_plan_shows_the_routes_of_every_host() -> None:
    text = "services: {}\nx-stagecraft: {ingress: {service: proxy, driver: haproxy, routes: [ROUTE]}}\n"
    route = "{host: shop.example.com, path: /api/*, service: api, port: 80}"
    digest = "sha256:1"
    hosts = {"web-1": HostPlan(text=digest)}
    app = FakeApp(made=scenes.plan(hosts=hosts, texts={digest: text.replace("ROUTE", route)}))

    told = typed("plan --env demo", app).out
    review = typed("plan --env demo --format markdown", app).out

    assert "ingress\n  web-1  proxy (haproxy)  shop.example.com/api/* -> api:80\n" in told
    assert "| web-1 | `proxy (haproxy)` | `shop.example.com/api/* -> api:80` |" in review


def test_a_plan_on_a_screen_shows_the_difference_in_colour(golden: SnapshotAssertion) -> None:
    assert golden == typed("plan --env demo", screen=True).out.replace("\x1b", "ESC")


def test_no_color_is_honoured() -> None:
    assert "\x1b" not in typed("plan --env demo", screen=True, environ={"NO_COLOR": "1"}).out


def test_a_first_plan_says_that_nothing_is_current_yet() -> None:
    app = FakeApp(made=scenes.plan(base=None))
    assert "  base     none yet\n" in typed("plan --env demo", app).out


def test_a_plan_without_a_store_says_that_the_base_is_unknown() -> None:
    app = FakeApp(made=scenes.plan(base=None, store_present=False))
    assert "  base     unknown: no release store here\n" in typed("plan --env demo", app).out


def test_the_json_has_the_fields_other_programs_rely_on() -> None:
    document = json.loads(typed("plan --env demo --format json").out)
    promised = ["schema", "project", "environment", "kind", "version", "base", "compose_version", "phases"]
    assert promised == list(document)[: len(promised)]
    assert "digest" == list(document)[-1]
    assert [phase.value for phase in Phase] == [phase["name"] for phase in document["phases"]]
    assert ["kind", "host", "wave", "cause"] == list(document["phases"][0]["steps"][0])[:4]
    assert scenes.NO_MIGRATIONS == document["phases"][2]["skipped"]


def test_every_option_reaches_the_request() -> None:
    app = FakeApp()
    typed(
        "plan --env demo --version v2 --rebuild --skip-build --image web=a@sha256:1 --image db=b@sha256:2 "
        "--recreate web --recreate db",
        app,
    )
    expected = DeployRequest(
        env="demo",
        version="v2",
        images={"web": "a@sha256:1", "db": "b@sha256:2"},
        skip_build=True,
        rebuild=True,
        recreate=("web", "db"),
    )
    assert [expected] == app.asked


@pytest.mark.parametrize("pair", ["web", "=x", "web="])
def test_an_image_without_a_service_or_a_reference_is_refused(pair: str) -> None:
    said = typed(["plan", "--image", pair])
    assert (2, f"error: `--image {pair}` names no image") == (said.code, said.err.splitlines()[0])


def test_two_images_for_one_service_are_refused() -> None:
    said = typed("plan --image web=a --image web=b")
    assert (2, "error: `--image` names two images for `web`") == (said.code, said.err.splitlines()[0])


def test_a_saved_plan_is_the_same_plan_when_it_is_read_again(tmp_path: Path) -> None:
    typed("plan --env demo --out plan.json", cwd=tmp_path)
    assert scenes.plan() == load((tmp_path / "plan.json").read_text())
    assert 0o644 == stat.S_IMODE((tmp_path / "plan.json").stat().st_mode)


def test_a_saved_plan_is_byte_for_byte_what_is_printed_as_json(tmp_path: Path) -> None:
    said = typed("plan --env demo --format json --out plan.json", cwd=tmp_path)
    assert said.out == (tmp_path / "plan.json").read_text()
    assert said.out == dump(load(said.out))


def test_a_plan_that_cannot_be_saved_is_an_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    said = typed("plan --env demo --out missing/plan.json", cwd=tmp_path)
    assert (2, "") == (said.code, said.out)
    assert "error: cannot write `plan.json`: No such file or directory\n" in said.err
    assert [] == list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_whole_is_not_written_at_all(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        save(tmp_path / "plan.json", "no text: \udcff")
    assert [] == list(tmp_path.iterdir())


def test_a_plan_can_be_saved_to_a_device(tmp_path: Path) -> None:
    assert 0 == typed("plan --env demo --out /dev/null", cwd=tmp_path).code


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "has no `phases`"),
        ('{"schema": 2, "phases": []}', "has schema `2`, this Stagecraft reads `1`"),
        ('{"schema": 1, "phases": [{}]}', "does not have the fields of one"),
        (
            dump(scenes.plan()).replace('"8080"', '"8081"'),
            "was changed after it was saved: its digest does not fit",
        ),
    ],
)
def test_what_is_not_a_saved_plan_is_refused(text: str, why: str) -> None:
    with pytest.raises(RefusedError) as refused:
        load(text)
    assert f"the saved plan cannot be used: it {why}" == refused.value.message


def test_exit_code_tells_that_there_are_changes() -> None:
    assert 10 == typed("plan --env demo --exit-code").code


def test_exit_code_tells_that_there_is_nothing_to_change() -> None:
    assert 0 == typed("plan --env demo --exit-code", FakeApp(made=NOTHING_TO_DO)).code


def test_without_exit_code_changes_are_no_news() -> None:
    assert 0 == typed("plan --env demo").code


@pytest.mark.parametrize(
    "change",
    [
        {"base": None},
        {"hosts": {LOCAL: HostPlan(text="sha256:1", difference="+x")}},
        {"steps": scenes.plan().steps[:1]},
        {"steps": scenes.plan().steps[1:2]},
        {"steps": (Rollout(cause="again", compose_project="p", text="sha256:1", recreate=("web",)),)},
    ],
    ids=["no base", "another text", "a build", "a push", "a recreated service"],
)
def test_a_change_is(change: dict[str, object]) -> None:
    assert has_changes(NOTHING_TO_DO.model_copy(update=change))


def test_pruning_images_is_no_change() -> None:
    prune = scenes.plan().steps[3]
    assert not has_changes(NOTHING_TO_DO.model_copy(update={"steps": (*NOTHING_TO_DO.steps, prune)}))


def test_several_waves_are_named() -> None:
    steps = tuple(
        Rollout(cause="new", compose_project="shop", text="sha256:1", host=f"web{n}", wave=n) for n in (0, 1)
    )
    said = typed("plan --env demo", FakeApp(made=scenes.plan(steps=steps)))
    assert "wave 1, web0: run 1 as Compose project shop (new)" in said.out
    assert "wave 2, web1: run 1 as Compose project shop (new)" in said.out
