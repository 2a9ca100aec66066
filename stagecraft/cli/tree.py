"""How every group of commands is set up: plain help pages, no tracebacks of its own, quick to import."""

import typer


def group(summary: str) -> typer.Typer:
    """Return an empty group of commands."""
    return typer.Typer(
        help=summary,
        rich_markup_mode=None,  # rich costs more to import than the whole command line
        pretty_exceptions_enable=False,
        add_completion=False,
    )
