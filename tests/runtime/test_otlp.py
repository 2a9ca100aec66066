"""Sending a trace to a real receiver on loopback (stagecraft/runtime/otlp.py)."""

import socket

import pytest

from stagecraft import __version__
from stagecraft.model.span import Moment, Span, SpanTree
from stagecraft.runtime.otlp import deliver, shown
from tests.runtime.otlp_receiver import receiving, surrounded

TRACE, RELEASE, PHASE = "0af7651916cd43dd8448eb211c80319c", "00000000000000a1", "00000000000000b2"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
TREE = SpanTree(
    trace_id=TRACE,
    spans=(
        Span(
            id=RELEASE,
            parent=None,
            name="deploy",
            begin=1000.25,
            end=1002.5,
            attributes={"number": 7},
            error="",
        ),
        Span(
            id=PHASE,
            parent=RELEASE,
            name="build",
            begin=1000.5,
            end=1001.75,
            attributes={"stagecraft.phase": "build"},
            error="it broke",
            moments=(Moment(name="replace web", at=1001, attributes={"cause": "image changed"}),),
        ),
    ),
)
QUICK = {"OTEL_BSP_EXPORT_TIMEOUT": "300", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}


def delivered(tree: SpanTree, environ: dict[str, str]) -> str | None:
    with surrounded(environ):
        return deliver(tree, environ)


def test_spans_arrive_as_they_are() -> None:
    with receiving() as receiver:
        assert delivered(TREE, receiver.environ) is None
    release, phase = receiver.spans
    assert ["/v1/traces"] == receiver.paths
    assert (TRACE, RELEASE, "", "deploy") == (release.trace_id, release.id, release.parent, release.name)
    assert (TRACE, PHASE, RELEASE, "build") == (phase.trace_id, phase.id, phase.parent, phase.name)
    assert (1_000_250_000_000, 1_002_500_000_000) == (release.begin, release.end)
    assert ({"number": 7}, {"stagecraft.phase": "build"}) == (release.attributes, phase.attributes)
    assert ((True, ""), (True, "it broke")) == ((release.failed, release.error), (phase.failed, phase.error))
    assert (("replace web", {"cause": "image changed"}),) == phase.moments


def test_a_span_without_an_error_has_no_status() -> None:
    tree = TREE.model_copy(update={"spans": (TREE.spans[0].model_copy(update={"error": None}),)})
    with receiving() as receiver:
        delivered(tree, receiver.environ)
    assert not receiver.spans[0].failed


def test_the_run_is_a_child_of_who_started_it() -> None:
    tree = TREE.model_copy(update={"carrier": {"traceparent": PARENT}})
    with receiving() as receiver:
        delivered(tree, receiver.environ)
    assert ["b7ad6b7169203331", RELEASE] == [span.parent for span in receiver.spans]


def test_what_nobody_samples_is_not_sent() -> None:
    unsampled = TREE.model_copy(update={"carrier": {"traceparent": PARENT.removesuffix("01") + "00"}})
    with receiving() as receiver:
        assert delivered(unsampled, receiver.environ) is None
        assert delivered(TREE, receiver.environ | {"OTEL_TRACES_SAMPLER": "always_off"}) is None
    assert [] == receiver.bodies


def test_the_standard_variables_count() -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_HEADERS": "x-key=k%20ey",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_RESOURCE_ATTRIBUTES": "team=shop",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    }
    with receiving() as receiver:
        endpoint = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{receiver.address}/my/traces"}
        assert delivered(TREE, environ | endpoint) is None
    assert (["/my/traces"], "k ey") == (receiver.paths, receiver.headers[0]["x-key"])
    about = {key: receiver.resource[key] for key in ("service.name", "service.version", "team")}
    assert {"service.name": "stagecraft", "service.version": __version__, "team": "shop"} == about


def test_the_service_can_be_given_another_name() -> None:
    with receiving() as receiver:
        delivered(TREE, receiver.environ | {"OTEL_SERVICE_NAME": "shop-releases"})
    assert "shop-releases" == receiver.resource["service.name"]


def test_many_spans_are_sent_in_several_requests() -> None:
    spans = tuple(TREE.spans[0].model_copy(update={"id": f"{number:016x}"}) for number in range(1, 1200))
    with receiving() as receiver:
        delivered(TREE.model_copy(update={"spans": spans}), receiver.environ)
    assert [512, 512, 175] == [len(one.resource_spans[0].scope_spans[0].spans) for one in receiver.requests]


def test_a_receiver_that_hangs_costs_the_limit_and_no_more() -> None:
    with receiving(answer=0) as receiver:
        problem = delivered(TREE, receiver.environ | QUICK)
    assert f"`{receiver.address}` did not take it within 0.3 s" == problem


def test_a_receiver_that_wants_to_be_asked_again_is_given_up() -> None:
    with receiving(answer=503) as receiver:
        problem = delivered(TREE, receiver.environ | QUICK)
    assert f"`{receiver.address}` did not take it" in (problem or "")


def test_a_receiver_that_refuses_is_named_with_its_reason() -> None:
    with receiving(401) as receiver:
        problem = delivered(TREE, receiver.environ)
    assert f"`{receiver.address}` did not take it" in (problem or "")
    assert "401" in (problem or "")


def test_a_receiver_that_is_not_there_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        problem = delivered(TREE, QUICK | {"OTEL_EXPORTER_OTLP_ENDPOINT": address})
    assert f"`{address}` did not take it" in (problem or "")


def test_what_the_variables_hold_in_confidence_is_not_told() -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_HEADERS": "x-key=c4nary%20header,x-other=c4nary-other",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://me:c4nary-password@127.0.0.1:9/v1?key=c4nary-query",
    }
    said = (
        "no: c4nary header, c4nary%20header, c4nary-other, me:c4nary-password@127.0.0.1, /v1?key=c4nary-query"
    )
    mask = "***OTEL***"
    assert f"no: {mask}, {mask}, {mask}, {mask}@127.0.0.1, /v1?{mask}" == shown(said, environ)
    problem = delivered(TREE, QUICK | environ)
    assert "`http://127.0.0.1:9` did not take it" in (problem or "")
    assert "c4nary" not in (problem or "")


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        (
            {"OTEL_TRACES_EXPORTER": "zipkin"},
            "`OTEL_TRACES_EXPORTER=zipkin` is not understood: it is `otlp` or `none`",
        ),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "`grpc` is not spoken: set `OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`, and its endpoint",
        ),
    ],
)
def test_what_is_not_understood_is_told_and_nothing_is_sent(environ: dict[str, str], problem: str) -> None:
    with receiving() as receiver:
        assert problem == delivered(TREE, receiver.environ | environ)
    assert [] == receiver.bodies


def test_a_variable_that_the_sdk_chokes_on_is_a_problem_and_no_more() -> None:
    with receiving() as receiver:
        problem = delivered(TREE, receiver.environ | {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "soap"})
    assert "ValueError" in (problem or "")
