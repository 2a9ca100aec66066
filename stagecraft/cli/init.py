"""`stagecraft init`: write the first stagecraft.yml of a project (spec/commands/init.md)."""

from typing import TYPE_CHECKING, Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import invocation
from stagecraft.cli.terminal import Terminal
from stagecraft.errors import ConfigError, RefusedError

if TYPE_CHECKING:
    from stagecraft.app.survey import Survey


def init(
    context: typer.Context,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what was found.")] = False,
    project: Annotated[
        str | None, typer.Option("--project", metavar="NAME", help="Name of the project.")
    ] = None,
    env: Annotated[
        str | None, typer.Option("--env", "-e", metavar="NAME", help="The first environment (default: prod).")
    ] = None,
    registry: Annotated[
        str | None, typer.Option("--registry", metavar="REGISTRY", help="Where images are pushed.")
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option("--host", metavar="[NAME=]SSH", help="A host reached by SSH; repeat for more."),
    ] = None,
    compose: Annotated[
        list[str] | None,
        typer.Option("--compose", metavar="FILE", help="A Compose file; repeat for more (default: found)."),
    ] = None,
    config: options.Config = None,
) -> None:
    """Write the first stagecraft.yml, beside a Compose file."""
    from stagecraft.app.start import Answers
    from stagecraft.cli.render.init_text import ended_text, found_text

    call = invocation(context).given(config, None)
    cases = call.use_cases()
    found = cases.survey(tuple(compose or ()), env or "prod")
    asking = None if yes else _listening(call.terminal)
    call.terminal.tell(found_text(found))
    answers = Answers(
        project=project or _ask(asking, "Name of the project", found.project),
        environment=env or _ask(asking, "Name of the first environment", "prod"),
        registry=registry or _registry(asking, found),
        hosts=tuple(host or _hosts(asking)),
    )
    started = cases.start(found, answers)
    call.terminal.say(ended_text(found, answers, started))


def _listening(terminal: Terminal) -> Terminal:
    if not terminal.listens:
        raise ConfigError(
            "there is nobody to ask: standard input is no terminal",
            hint="`stagecraft init --yes` asks nothing",
        )
    return terminal


def _ask(terminal: Terminal | None, question: str, default: str) -> str:
    """Return the answer, or the default if nobody is asked. Raises RefusedError at the end of the input."""
    if terminal is None:
        return default
    answer = terminal.ask(f"{question} [{default}]:")
    if answer is None:
        raise RefusedError("no answer; nothing was written")
    return answer or default


def _registry(terminal: Terminal | None, found: "Survey") -> str | None:
    if not found.built:
        return None
    nowhere = "none"
    answer = _ask(terminal, "Registry that images are pushed to", found.registry or nowhere)
    return None if answer == nowhere else answer


def _hosts(terminal: Terminal | None) -> list[str]:
    here = "this machine"
    answer = _ask(terminal, "Hosts, as `ssh` takes them, with blanks between", here)
    return [] if answer == here else answer.split()
