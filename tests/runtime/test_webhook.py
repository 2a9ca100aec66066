"""One POST to every kind of server there may be, on loopback."""

import json
import time

import pytest

from stagecraft.runtime.notifying import NotSentError
from stagecraft.runtime.webhook import BOUND, post
from tests.runtime.servers import Answering, answering

LONG = 30.0
"""Seconds that no test waits for: what has to end by itself does."""


def send(server: Answering, seconds: float = LONG) -> None:
    post(f"{server.url}/hook?token=t0ken", '{"é": 1}', time.monotonic() + seconds, time.monotonic)


def failure(server: Answering, seconds: float = LONG) -> NotSentError:
    with pytest.raises(NotSentError) as caught:
        send(server, seconds)
    assert "t0ken" not in str(caught.value)
    return caught.value


def test_the_body_arrives_as_json() -> None:
    with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
        send(server)
    (request,) = server.requests
    head, _, sent = request.partition(b"\r\n\r\n")
    assert b"POST /hook?token=t0ken HTTP/1.1" == head.splitlines()[0]
    assert b"Content-Type: application/json; charset=utf-8" in head
    assert {"é": 1} == json.loads(sent)


@pytest.mark.parametrize(
    ("status", "again"), [(500, True), (503, True), (429, True), (404, False), (403, False), (100, False)]
)
def test_any_other_status_is_a_failure_and_some_may_pass(status: int, again: bool) -> None:
    with answering(f"HTTP/1.1 {status} X\r\n\r\n".encode()) as server:
        failed = failure(server)
    assert (f"the answer was {status}", again) == (str(failed), failed.again)


def test_a_redirect_is_not_followed() -> None:
    with answering(b"HTTP/1.1 204 X\r\n\r\n") as other:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {other.url}\r\n\r\n".encode()
        with answering(moved) as server:
            failed = failure(server)
    assert ("the answer was 307, which is not followed", False) == (str(failed), failed.again)
    assert [] == other.requests


def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    with answering(None) as server:
        failed = failure(server, seconds=0.3)
    assert ("no answer in time", True) == (str(failed), failed.again)


def test_a_server_that_drips_is_given_up_in_time_however_often_it_sends() -> None:
    with answering(b"H" * 500, drip=0.02) as server:
        assert "no answer in time" == str(failure(server, seconds=0.3))


def test_a_flood_is_not_read() -> None:
    with answering(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 1_000_000, flood=True) as server:
        send(server)
    with answering(b"x" * (BOUND * 100), flood=True) as server:
        assert "cannot be reached: the answer is not HTTP" == str(failure(server))


def test_a_connection_that_is_closed_or_refused_is_a_failure_that_may_pass() -> None:
    with answering(b"") as server:
        assert failure(server).again
    failed = failure(server)
    assert ("cannot be reached: Connection refused", True) == (str(failed), failed.again)


def test_a_server_without_a_certificate_that_is_trusted_gets_nothing() -> None:
    with answering(b"HTTP/1.1 204 X\r\n\r\n", tls=True) as server:
        failed = failure(server)
    assert ("its certificate is refused: self-signed certificate", False) == (str(failed), failed.again)
    assert [] == server.requests


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "ftp://x/y",
        "http://",
        "https://ada:t0ken@x/",
        "http://x:t0ken/",
        "http://x/a b",
        "http://x/é",
    ],
)
def test_what_is_no_url_is_said_without_repeating_it(url: str) -> None:
    with pytest.raises(NotSentError) as caught:
        post(url, "{}", time.monotonic() + LONG, time.monotonic)
    assert "its URL is not `http://` or `https://` with a host and without a user" == str(caught.value)
    assert not caught.value.again
