"""Releases as pages: one file each, nothing fetched, everything in it shown as text (spec/report.md)."""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from stagecraft import __version__
from stagecraft.cli.render.clean import clean
from stagecraft.cli.report.view import listed_view, release_view
from stagecraft.errors import ConfigError

if TYPE_CHECKING:
    from stagecraft.app import Listed
    from stagecraft.model.release import Release


def release_page(release: "Release", *, current: bool, index: bool = False) -> str:
    """Return one release as a page; with `index` it links to the list beside it. Raises ConfigError."""
    return _page(
        "release.html", title=release.id, index=index, release=release_view(release, current=current)
    )


def list_page(environment: str, listed: "Sequence[Listed]", linked: frozenset[str]) -> str:
    """Return the list of an environment's releases; those in `linked` lie beside it as `<id>.html`.

    Raises ConfigError if Jinja is not installed.
    """
    rows = [listed_view(entry, linked=entry.header.id in linked) for entry in listed]
    return _page("list.html", title=f"Releases of {environment}", environment=environment, rows=rows)


def _page(template: str, **values: Any) -> str:
    """Fill a template in. Its policy lets only its own script run, and nothing be fetched."""
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined
        from markupsafe import Markup, escape
    except ImportError:
        raise ConfigError(
            "report pages need Jinja, which is not installed", hint="`pipx install 'stagecraft-cli[report]'`"
        ) from None

    def cleaned(value: object) -> object:
        return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    def prose(text: str) -> Markup:
        parts = clean(text).split("`")
        if len(parts) % 2 == 0:
            return escape(clean(text))
        code = Markup("<code>{}</code>")
        return Markup().join(code.format(part) if index % 2 else part for index, part in enumerate(parts))

    environment = Environment(
        autoescape=True,
        finalize=cleaned,
        loader=FunctionLoader(_part),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["prose"] = prose
    script = _part("search.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template).render(
        **values,
        made_by=f"Stagecraft {__version__}",
        style=Markup(_part("style.css")),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        script_hash=f"sha256-{digest}",
    )


def _part(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8")
