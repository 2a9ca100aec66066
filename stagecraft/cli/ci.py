"""`stagecraft ci`: files for a CI service, and the one comment of a pull request (spec/commands/ci.md)."""

import re
import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import Invocation, invocation
from stagecraft.cli.tree import examples, group
from stagecraft.errors import ConfigError

ci = group("Let a pipeline plan, deploy and roll back.", example="stagecraft ci init github --env prod")

_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_INCLUDE = "include:\n  - local: .gitlab/stagecraft.yml\n"


class Service(StrEnum):
    """The CI services that files can be written for."""

    GITHUB = "github"
    GITLAB = "gitlab"


@ci.command(epilog=examples("stagecraft ci init github --env prod", "stagecraft ci init gitlab --env prod"))
def init(
    context: typer.Context,
    *,
    service: Annotated[Service, typer.Argument(metavar="github|gitlab", help="The CI service.")],
    env: options.Env = None,
    branch: Annotated[
        str, typer.Option("--branch", metavar="NAME", help="What is merged here is deployed.")
    ] = "main",
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Write workflow files. Plan on every pull request, deploy after merge, roll back by hand."""
    from stagecraft.cli import workflows

    call = invocation(context).given(config, store)
    if not _BRANCH.fullmatch(branch):
        raise ConfigError(f"`--branch {branch}` is not the name of a branch", hint="for example `main`")
    if not (call.cwd / ".git").exists():
        raise ConfigError(
            "this is not the top folder of a Git repository, where workflow files belong",
            hint="go there; a project in a folder below is named with `--config FOLDER/stagecraft.yml`",
        )
    facts = call.use_cases().pipeline_facts(env)
    command = f"stagecraft --config {shlex.quote(call.config.as_posix())}" if call.config else "stagecraft"
    if service is Service.GITHUB:
        texts = workflows.github(command, facts.environment, branch, facts.secrets)
    else:
        texts = workflows.gitlab(command, facts.environment, branch)
        if not (call.cwd / ".gitlab-ci.yml").exists():
            texts[".gitlab-ci.yml"] = _INCLUDE
    _write(call, texts)
    if service is Service.GITLAB and ".gitlab-ci.yml" not in texts:
        call.terminal.tell("add to .gitlab-ci.yml:\n" + _INCLUDE.rstrip())
    call.terminal.tell("read the first lines of each: they say what to set up once")


@ci.command(epilog=examples("stagecraft ci comment plan.md"))
def comment(
    context: typer.Context,
    *,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Markdown, as `plan --format markdown` prints.")
    ],
) -> None:
    """Make a file the one comment of this pull request. A new one, or that of before updated."""
    from stagecraft.runtime.review import thread_of, write_comment

    call = invocation(context)
    try:
        text = (call.cwd / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"`{file}` cannot be read", hint="`plan --format markdown > FILE` writes it"
        ) from error
    call.terminal.tell(f"{write_comment(thread_of(call.environ), text, call.environ)} the comment")


def _write(call: Invocation, texts: dict[str, str]) -> None:
    """Write new files. Raises ConfigError, and writes none, if one of them is there."""
    if there := [name for name in texts if (call.cwd / name).exists()]:
        raise ConfigError(
            f"{', '.join(f'`{name}`' for name in there)} is there already, and is left as it is",
            hint="move it away first, and compare afterwards",
        )
    for name, text in texts.items():
        path = call.cwd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        call.terminal.say(f"wrote {name}")
