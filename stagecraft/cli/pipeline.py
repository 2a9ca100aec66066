"""The pipeline a command runs in, if it runs in one: summaries, outputs and annotations (spec/ci.md)."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stagecraft.errors import StagecraftError

if TYPE_CHECKING:
    from stagecraft.model.plan import Plan
    from stagecraft.model.release import Release

Tell = Callable[[str], None]
"""Says lines on standard error."""


class Pipeline(Protocol):
    """What a pipeline is told. Nothing here raises: a summary never decides the fate of a release."""

    def begin(self) -> None:
        """Take note that a command begins."""
        ...

    def end(self, error: StagecraftError | None) -> None:
        """Take note that it ended, badly if there is an error."""
        ...

    def planned(self, plan: "Plan") -> None:
        """Show a plan."""
        ...

    def finished(self, release: "Release") -> None:
        """Show what became of a run."""
        ...


class Nowhere:
    """No pipeline: nobody is told anything."""

    def begin(self) -> None:
        """Do nothing."""

    def end(self, error: StagecraftError | None) -> None:
        """Do nothing."""

    def planned(self, plan: "Plan") -> None:
        """Do nothing."""

    def finished(self, release: "Release") -> None:
        """Do nothing."""


def pipeline(environ: Mapping[str, str], folder: Path, tell: Tell) -> Pipeline:
    """Return the pipeline that the environment speaks of; `folder` is that of the project file."""
    if environ.get("GITHUB_ACTIONS") == "true":
        import secrets

        from stagecraft.cli.github import GitHub

        return GitHub(environ, folder, tell, f"stagecraft-{secrets.token_hex(16)}")
    if environ.get("GITLAB_CI") == "true" and environ.get("STAGECRAFT_CI_FOLDER"):
        from stagecraft.cli.gitlab import GitLab

        return GitLab(environ, folder, tell)
    return Nowhere()


def outputs_of_plan(plan: "Plan") -> dict[str, str]:
    """Return what later jobs of a pipeline decide by."""
    from stagecraft.model.plan import has_changes

    return {"plan-digest": plan.digest, "changes": str(has_changes(plan)).lower()}


def outputs_of_release(release: "Release") -> dict[str, str]:
    """Return the same for a run: `changes` is whether a host was changed."""
    from stagecraft.model.phase import HostStatus

    still = (HostStatus.PENDING, HostStatus.UNCHANGED, HostStatus.UNTOUCHED)
    changed = any(host.status not in still for host in release.hosts.values())
    return {"release": release.id, "plan-digest": release.plan.digest, "changes": str(changed).lower()}
