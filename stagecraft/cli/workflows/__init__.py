"""Workflow files for CI services, as they are written into a repository (spec/commands/ci.md)."""

from collections.abc import Sequence
from importlib.resources import files

_GITHUB = ("stagecraft-plan.yml", "stagecraft-deploy.yml", "stagecraft-rollback.yml")
_NONE = "        # none of the project's secrets comes from a variable of the caller"


def github(command: str, environment: str, branch: str, secrets: Sequence[str]) -> dict[str, str]:
    """Return the workflow files by their paths in a repository.

    `command` is how Stagecraft is called in a shell. `secrets` are the variables that secrets come from: the
    jobs that roll out get each from the repository's secret of that name.
    """
    lines = [f"          {name}: ${{{{ secrets.{name} }}}}" for name in secrets]
    block = "\n".join(["        env:", *lines]) if lines else _NONE
    values = {
        "STAGECRAFT": command,
        "ENVIRONMENT": environment,
        "BRANCH": branch,
        "SECRETS": block,
        "MORE_SECRETS": "\n".join(lines) or _NONE,
    }
    return {f".github/workflows/{name}": _filled("github", name, values) for name in _GITHUB}


def gitlab(command: str, environment: str, branch: str) -> dict[str, str]:
    """Return the same for GitLab; its variables are in the environment of every job as they are."""
    values = {"STAGECRAFT": command, "ENVIRONMENT": environment, "BRANCH": branch}
    return {".gitlab/stagecraft.yml": _filled("gitlab", "stagecraft.yml", values)}


def _filled(folder: str, name: str, values: dict[str, str]) -> str:
    text = (files(__name__) / folder / name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text
