"""`stagecraft releases report`: releases as pages for a browser (spec/report.md)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stagecraft.cli import options
from stagecraft.cli.invocation import Invocation, invocation
from stagecraft.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from stagecraft.cli.use_cases import UseCases


def report(
    context: typer.Context,
    *,
    release: Annotated[
        str | None, typer.Argument(metavar="ID", help="One release, as `prod-42`; without it: the list.")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="PATH", help="A file for one release, a folder for the list.")
    ],
    env: options.Env = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many at most.")] = 50,
    config: options.Config = None,
    store: options.Store = None,
) -> None:
    """Write pages about one release, or about all. They need no network."""
    from stagecraft.cli.report import release_page

    call = invocation(context).given(config, store)
    cases = call.use_cases()
    if release is None:
        _list(call, cases, env, call.cwd / out, limit)
        return
    if env is not None:
        raise ConfigError(f"`{release}` names its environment itself", hint="leave `--env` out")
    found = cases.release(release)
    current = cases.current(found.environment) == found.id
    _write(call, call.cwd / out, release_page(found, current=current))


def _list(call: Invocation, cases: "UseCases", env: str | None, folder: Path, limit: int) -> None:
    """Write the list and, beside it, a page for every release in it that can be read."""
    from stagecraft.cli.report import list_page, release_page

    listed = cases.releases(env, limit, None)
    environment = listed[0].header.environment if listed else env or "this environment"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"`{folder.name}` is no folder: {error.strerror}", hint="name one: `--out`"
        ) from error
    linked = set()
    for entry in listed:
        id_ = entry.header.id
        try:
            found = cases.release(id_)
        except StoreError as damaged:
            call.terminal.tell(f"note: {id_} has no page: {damaged}")
            continue
        _write(call, folder / f"{id_}.html", release_page(found, current=entry.current, index=True))
        linked.add(id_)
    _write(call, folder / "index.html", list_page(environment, listed, frozenset(linked)))


def _write(call: Invocation, path: Path, text: str) -> None:
    from stagecraft.cli.save import save

    save(path, text)
    call.terminal.tell(f"wrote {path.name}")
