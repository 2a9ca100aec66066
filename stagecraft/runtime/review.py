"""One comment on a pull request: found by its first line, made once, updated after that.

GitHub: "REST API endpoints for issue comments"; GitLab: "Notes API". Both give a list of objects with `id`
and `body`, 100 a page, and take `{"body": ...}`.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stagecraft.errors import ConfigError, UnavailableError

_PAGES = 20
"""Pages of comments that are looked at, 100 comments each."""

_SECONDS = 30


@dataclass(frozen=True)
class Thread:
    """Where the comments of one pull request are."""

    comments: str
    """URL that lists and takes comments."""
    one: str
    """URL that a comment's `/<id>` is added to."""
    method: str
    """How a comment is changed."""
    headers: Mapping[str, str] = field(repr=False)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A token is for one server only."""

    def redirect_request(self, *_args: object, **_more: object) -> None:
        """Follow nothing."""


def thread_of(environ: Mapping[str, str]) -> Thread:
    """Return the comments of the pull request this job is about. Raises ConfigError."""
    if environ.get("GITHUB_ACTIONS") == "true":
        api = f"{environ.get('GITHUB_API_URL', '')}/repos/{environ.get('GITHUB_REPOSITORY', '')}"
        token = _token(environ, "GITHUB_TOKEN", "env: {GITHUB_TOKEN: ${{ github.token }}}")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
        comments = f"{api}/issues/{_number(environ)}/comments"
        return Thread(comments, f"{api}/issues/comments", "PATCH", headers)
    if environ.get("CI_MERGE_REQUEST_IID"):
        token = _token(environ, "STAGECRAFT_GITLAB_TOKEN", "a project access token with the scope `api`")
        project = f"{environ.get('CI_API_V4_URL', '')}/projects/{environ.get('CI_PROJECT_ID', '')}"
        notes = f"{project}/merge_requests/{environ['CI_MERGE_REQUEST_IID']}/notes"
        return Thread(notes, notes, "PUT", {"PRIVATE-TOKEN": token})
    raise _not_here()


def write_comment(thread: Thread, text: str, environ: Mapping[str, str]) -> str:
    """Make `text` the comment that begins with its first line; return `made` or `updated`.

    Raises UnavailableError.
    """
    opener = _opener(thread.comments, environ)
    marker = text.partition("\n")[0]
    for page in range(1, _PAGES + 1):
        found = _call(opener, thread, "GET", f"{thread.comments}?per_page=100&page={page}")
        for comment in found:
            if str(comment.get("body", "")).partition("\n")[0].rstrip("\r") == marker:
                _call(opener, thread, thread.method, f"{thread.one}/{int(comment['id'])}", {"body": text})
                return "updated"
        if len(found) < 100:
            break
    _call(opener, thread, "POST", thread.comments, {"body": text})
    return "made"


def _call(
    opener: urllib.request.OpenerDirector, thread: Thread, method: str, url: str, body: object = None
) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    headers = {**thread.headers, "Content-Type": "application/json", "User-Agent": "stagecraft"}
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - the API the job names
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        raise UnavailableError(
            f"{method} {url} was answered with {error.code}",
            hint="may this job comment? GitHub: `pull-requests: write`; GitLab: a token with the scope `api`",
        ) from None
    except (OSError, ValueError) as error:
        raise UnavailableError(f"{method} {url}: {error}", hint="try the job again") from None


def _opener(url: str, environ: Mapping[str, str]) -> urllib.request.OpenerDirector:
    """Return what opens URLs, through the proxy that the environment names for this one."""
    scheme, host = urlsplit(url).scheme, urlsplit(url).hostname or ""
    proxy = _named(environ, f"{scheme}_proxy")
    proxies = {scheme: proxy} if proxy and not _bypassed(host, _named(environ, "no_proxy")) else {}
    return urllib.request.build_opener(urllib.request.ProxyHandler(proxies), _NoRedirects)


def _named(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _bypassed(host: str, listed: str) -> bool:
    """Return whether `no_proxy` lists a host: `*`, its name, or a domain it is in."""
    names = [name.strip().lstrip(".") for name in listed.split(",")]
    return any(name == "*" or f".{host}".endswith(f".{name}") for name in names if name)


def _number(environ: Mapping[str, str]) -> int:
    """Return the number of the pull request, from the event that started the job."""
    try:
        event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        return int(event["pull_request"]["number"])
    except (KeyError, TypeError, OSError, ValueError):
        raise _not_here() from None


def _token(environ: Mapping[str, str], name: str, how: str) -> str:
    if value := environ.get(name):
        return value
    raise ConfigError(f"`{name}` is not set, so nobody can comment", hint=how)


def _not_here() -> ConfigError:
    return ConfigError(
        "this is not a job for a pull request, so there is nothing to comment on",
        hint='`on: pull_request` (GitHub), `$CI_PIPELINE_SOURCE == "merge_request_event"` (GitLab)',
    )
