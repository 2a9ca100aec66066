"""One small story that the command line tells in many ways: a shop, its releases, and a plan."""

from datetime import UTC, datetime, timedelta

from stagecraft.model.change import Change, ServiceChange
from stagecraft.model.events import (
    Action,
    Command,
    CommandFinished,
    Event,
    HostChanged,
    Note,
    Output,
    PhaseChanged,
    ReleaseFinished,
    ReleaseStarted,
    StepChanged,
)
from stagecraft.model.fate import failed
from stagecraft.model.image import Image, RunningImage
from stagecraft.model.phase import Because, HostStatus, Kind, Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.plan import HostPlan, Plan, content_digest
from stagecraft.model.release import HostRecord, Release
from stagecraft.model.step import Build, Prune, Push, Rollout

START = datetime(2026, 11, 20, 8, 27, 21, tzinfo=UTC)
NEW, OLD = "1a2b3c4d5e6f", "0f9e8d7c6b5a"
TEXT = f"services:\n  web:\n    image: registry.example.com/shop/web:{NEW}\n"
DIFFERENCE = (
    "--- demo-1\n+++ plan\n@@ -1,3 +1,3 @@\n services:\n   web:\n"
    f"-    image: registry.example.com/shop/web:{OLD}\n+    image: registry.example.com/shop/web:{NEW}\n"
)
NO_MIGRATIONS = "no migrations are configured"
SERVICES = {
    "db": ServiceChange(change=Change.UNCHANGED),
    "web": ServiceChange(change=Change.CHANGED, cause="its image is built anew"),
}


def plan(**changes: object) -> Plan:
    """The plan of the second release of the shop."""
    text = content_digest(TEXT)
    made = Plan(
        project="shop",
        environment="demo",
        version=NEW,
        commit="1a2b3c4d5e6f708192a3b4c5d6e7f80912a3b4c5",
        base="demo-1",
        store_present=True,
        compose_version="2.26.1",
        steps=(
            Build(
                cause=f"web at {NEW}", definition="{}", images={"web": f"registry.example.com/shop/web:{NEW}"}
            ),
            Push(cause=f"built as {NEW}", service="web", reference=f"registry.example.com/shop/web:{NEW}"),
            Rollout(cause=f"{OLD} -> {NEW}", compose_project="shop-demo", text=text),
            Prune(
                cause="no image of the last 10 completed releases",
                images=("registry.example.com/shop/web:a",),
            ),
        ),
        skipped={Phase.MIGRATE_PRE: NO_MIGRATIONS, Phase.MIGRATE_POST: NO_MIGRATIONS},
        hosts={"local": HostPlan(text=text, difference=DIFFERENCE, services=SERVICES)},
        texts={text: TEXT},
        variables={"HTTP_PORT": "8080"},
        secrets=("DATABASE_PASSWORD",),
        timeouts=dict.fromkeys(Phase, 1800),
        notes=("`DATABASE_PASSWORD` is read when the rollout begins",),
    )
    return made.model_copy(update=changes).sealed()


def begun(number: int = 2, **changes: object) -> Release:
    """A release that has just been recorded: nothing ran yet."""
    release = Release(
        project="shop",
        environment="demo",
        number=number,
        version=NEW,
        commit=plan().commit,
        actor="ada@laptop",
        message="The new basket",
        base="demo-1",
        created_at=START,
        plan=plan(),
        hosts={"local": HostRecord()},
    )
    return release.model_copy(update=changes)


def completed(number: int = 2, **changes: object) -> Release:
    """A release all of whose phases completed or were skipped by the plan."""
    release, at = begun(number), START
    for phase, took in ((Phase.BUILD, 12), (Phase.PUSH, 1), (Phase.ROLLOUT, 65), (Phase.FINALIZE, 0)):
        record = release.phase(phase).model_copy(
            update={
                "status": PhaseStatus.COMPLETED,
                "started_at": at,
                "finished_at": at + timedelta(seconds=took),
            }
        )
        release, at = release.with_phase(record), at + timedelta(seconds=took)
    for phase in (Phase.MIGRATE_PRE, Phase.MIGRATE_POST):
        update = {"status": PhaseStatus.SKIPPED, "reason": NO_MIGRATIONS, "because": Because.PLAN}
        release = release.with_phase(release.phase(phase).model_copy(update=update))
    digest = "sha256:" + "4" * 64
    final = TEXT.replace(f":{NEW}", f":{NEW}@{digest}")
    host = HostRecord(
        status=HostStatus.UPDATED,
        text=content_digest(final),
        actions=("replace web: image changed", "start worker: new"),
        running={
            "web": RunningImage(
                image=f"registry.example.com/shop/web:{NEW}@{digest}", id="sha256:" + "7" * 64
            )
        },
    )
    return release.model_copy(
        update={
            "status": ReleaseStatus.COMPLETED,
            "finished_at": at,
            "images": {"web": Image(reference=f"registry.example.com/shop/web:{NEW}", digest=digest)},
            "hosts": {"local": host},
            "texts": {content_digest(final): final},
            **changes,
        }
    )


def failed_build(number: int = 3, **changes: object) -> Release:
    """A release whose first phase failed."""
    release = begun(number, **{"message": "", **changes})
    record = release.phase(Phase.BUILD).model_copy(
        update={"status": PhaseStatus.RUNNING, "started_at": START}
    )
    log = ("#5 [2/3] RUN pip install flsk", "ERROR: no matching distribution found for flsk")
    return failed(
        release.with_phase(record), Phase.BUILD, "`web` cannot be built", log, START + timedelta(seconds=4)
    )


def rolled_back(number: int = 4) -> Release:
    """A release that went back to the first one."""
    update = {
        "kind": Kind.ROLLBACK,
        "version": OLD,
        "rollback_of": "demo-1",
        "base": "demo-2",
        "message": "basket\nbroken",
    }
    return completed(number, **update)


def events(release: Release) -> list[Event]:
    """What an observer hears of the release, in order."""
    heard: list[Event] = [ReleaseStarted(release=release.id, version=release.version, environment="demo")]
    for record in release.phases:
        if record.started_at:
            heard.append(PhaseChanged(phase=record.name, status=PhaseStatus.RUNNING))
            heard += _inside(record.name)
        took = (
            (record.finished_at - record.started_at).total_seconds()
            if record.finished_at and record.started_at
            else None
        )
        heard.append(
            PhaseChanged(
                phase=record.name,
                status=record.status,
                reason=record.reason,
                duration=took,
                error=record.error,
            )
        )
    return [*heard, ReleaseFinished(release=release)]


def _inside(phase: Phase) -> list[Event]:
    match phase:
        case Phase.BUILD:
            return [
                Command(line="docker buildx bake --file -"),
                Output(source="build", line="#5 [2/3] RUN pip install \x1b[31mflask\x1b[0m"),
                CommandFinished(line="docker buildx bake --file -", code=0, duration=11.9),
            ]
        case Phase.ROLLOUT:
            step = {"phase": phase, "kind": "rollout", "host": "local", "subject": "local"}
            return [
                StepChanged(**step, status="running"),
                HostChanged(host="local", status=HostStatus.RUNNING),
                Action(host="local", action="replace web", cause="image changed"),
                Note(text="web takes longer than usual"),
                StepChanged(**step, status="completed", duration=64.5),
                HostChanged(host="local", status=HostStatus.UPDATED),
            ]
        case _:
            return []
