"""One comment on a pull request, against a server on loopback (stagecraft/runtime/review.py)."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from stagecraft.errors import ConfigError, UnavailableError
from stagecraft.runtime.review import thread_of, write_comment

REVIEW = "<!-- stagecraft plan shop demo -->\n### Plan\n"
TOKEN = "t0k3n"


class Service:
    """A CI service that keeps comments, and notes what it was asked."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: tuple[int, str] | None = None
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                service.headers.append(dict(self.headers))
                status, answer = service.handle(self.command, self.path, body)
                self.send_response(status)
                self.send_header("Location", f"{service.url}/elsewhere")
                self.end_headers()
                self.wfile.write(answer.encode())

            do_GET = do_POST = do_PATCH = do_PUT = do  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def handle(self, method: str, path: str, body: Any) -> tuple[int, str]:
        url = urlparse(path)
        self.asked.append((method, url.path))
        if self.answer:
            return self.answer
        if method == "GET":
            page = int(parse_qs(url.query)["page"][0])
            return 200, json.dumps(self.comments[(page - 1) * 100 : page * 100])
        if method == "POST":
            self.comments.append({"id": len(self.comments) + 1, "body": body["body"]})
        else:
            self.comments[int(url.path.rpartition("/")[2]) - 1]["body"] = body["body"]
        return 200, "{}"


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    thread = threading.Thread(target=running.server.serve_forever, args=(0.05,))
    thread.start()
    yield running
    running.server.shutdown()
    thread.join()
    running.server.server_close()


@pytest.fixture
def github(service: Service, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": service.url,
        "GITHUB_REPOSITORY": "ada/shop",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_TOKEN": TOKEN,
    }


@pytest.fixture
def gitlab(service: Service) -> dict[str, str]:
    return {
        "CI_API_V4_URL": service.url,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "STAGECRAFT_GITLAB_TOKEN": TOKEN,
    }


def written(environ: dict[str, str], text: str = REVIEW) -> str:
    return write_comment(thread_of(environ), text, environ)


def test_the_first_review_is_a_new_comment(service: Service, github: dict[str, str]) -> None:
    assert "made" == written(github)
    path = "/repos/ada/shop/issues/7/comments"
    assert [("GET", path), ("POST", path)] == service.asked
    assert {f"Bearer {TOKEN}"} == {headers["Authorization"] for headers in service.headers}


def test_the_next_review_updates_the_comment(service: Service, github: dict[str, str]) -> None:
    service.comments = [{"id": 1, "body": "LGTM"}, {"id": 2, "body": REVIEW.replace("\n", "\r\n")}]
    assert "updated" == written(github, REVIEW + "more\n")
    assert [{"id": 1, "body": "LGTM"}, {"id": 2, "body": REVIEW + "more\n"}] == service.comments
    assert ("PATCH", "/repos/ada/shop/issues/comments/2") == service.asked[-1]


def test_another_environments_comment_is_another_one(service: Service, github: dict[str, str]) -> None:
    service.comments = [{"id": 1, "body": REVIEW.replace("demo", "prod")}]
    assert ("made", 2) == (written(github), len(service.comments))


def test_a_long_discussion_is_searched_to_its_end(service: Service, github: dict[str, str]) -> None:
    service.comments = [{"id": number, "body": "talk"} for number in range(1, 250)]
    service.comments.append({"id": 250, "body": REVIEW})
    assert ("updated", 250) == (written(github), len(service.comments))


def test_gitlab_has_notes(service: Service, gitlab: dict[str, str]) -> None:
    assert ["made", "updated"] == [written(gitlab), written(gitlab)]
    path = "/projects/3/merge_requests/7/notes"
    assert [("GET", path), ("POST", path), ("GET", path), ("PUT", f"{path}/1")] == service.asked
    assert {TOKEN} == {headers["Private-Token"] for headers in service.headers}


@pytest.mark.parametrize("answer", [(403, "{}"), (500, "oops"), (302, ""), (200, "no JSON")])
def test_a_refusal_is_an_error_without_the_token(
    service: Service, github: dict[str, str], answer: tuple[int, str]
) -> None:
    service.answer = answer
    with pytest.raises(UnavailableError) as failed:
        written(github)
    assert TOKEN not in failed.value.message + failed.value.hint
    assert 1 == len(service.asked)


@pytest.mark.parametrize("without", ["127.0.0.1", "a.example, *", ".0.0.1"])
def test_a_proxy_is_used_unless_the_host_is_listed(github: dict[str, str], without: str) -> None:
    through = github | {"HTTP_PROXY": "http://127.0.0.1:1"}
    assert "made" == written(through | {"no_proxy": without})
    with pytest.raises(UnavailableError):
        written(through | {"NO_PROXY": "example.com,0.0.0.1"})


def test_nobody_listening_is_an_error(github: dict[str, str]) -> None:
    with pytest.raises(UnavailableError):
        written(github | {"GITHUB_API_URL": "http://127.0.0.1:1"})


@pytest.mark.parametrize("event", ["{}", '{"pull_request": null}', "no JSON"])
def test_a_push_is_no_pull_request(github: dict[str, str], event: str) -> None:
    Path(github["GITHUB_EVENT_PATH"]).write_text(event)
    with pytest.raises(ConfigError):
        thread_of(github)


def test_a_token_is_not_shown_with_the_thread(github: dict[str, str]) -> None:
    assert TOKEN not in repr(thread_of(github))
