import pytest

from stagecraft.compose.build_inputs import BuildInputs, build_inputs, check_store_excluded
from stagecraft.compose.dockerignore import excludes
from stagecraft.errors import ConfigError
from tests.compose.models import model


def inputs(**build: object) -> BuildInputs:
    return build_inputs(model({"web": {"build": build}}), "web")


def test_the_inputs_are_the_contexts_and_the_dockerfile() -> None:
    found = inputs(
        context="./web",
        dockerfile="../docker/Dockerfile",
        additional_contexts={"lib": "./lib", "os": "docker-image://debian", "other": "service:db"},
    )
    assert ("docker/Dockerfile", "lib", "web") == found.paths
    assert ("docker/Dockerfile.dockerignore", "web/.dockerignore") == found.ignore_files


def test_a_dockerfile_inside_the_compose_file_makes_that_an_input() -> None:
    found = inputs(context=".", dockerfile_inline="FROM x")
    assert ((".",), True, "") == (found.paths, found.inline, found.dockerfile)


def test_a_remote_context_has_no_local_files() -> None:
    assert () == inputs(context="https://example.com/x.git#main").paths


@pytest.mark.parametrize(
    ("ignore", "path", "expected"),
    [
        ("", "a", False),
        (".stagecraft", ".stagecraft/demo/lock", True),
        ("/.stagecraft/", ".stagecraft/demo/lock", True),
        ("./.stagecraft", ".stagecraft/demo/lock", True),
        ("stagecraft", ".stagecraft/demo/lock", False),
        ("*", ".stagecraft/demo/lock", True),
        (".*", ".stagecraft/demo/lock", True),
        ("**/lock", ".stagecraft/demo/lock", True),
        ("**/lock", "lock", True),
        ("*/lock", ".stagecraft/demo/lock", False),
        ("*/*/lock", ".stagecraft/demo/lock", True),
        (".stagecraft/**", ".stagecraft/demo/lock", True),
        (".stagecraft/*", ".stagecraft/demo/lock", True),
        (".s?agecraft", ".stagecraft/demo/lock", True),
        (".[r-t]tagecraft", ".stagecraft/demo/lock", True),
        (".[^r-t]tagecraft", ".stagecraft/demo/lock", False),
        (r".\stagecraft", ".stagecraft/demo/lock", True),
        ("# .stagecraft", ".stagecraft/demo/lock", False),
        ("  .stagecraft  ", ".stagecraft/demo/lock", True),
        (".stagecraft\n!.stagecraft", ".stagecraft/demo/lock", False),
        ("*\n!.stagecraft/demo", ".stagecraft/demo/lock", False),
        ("*\n!web", ".stagecraft/demo/lock", True),
        ("!.stagecraft\n.stagecraft", ".stagecraft/demo/lock", True),
        (".", ".stagecraft/demo/lock", False),
        ("a+b", "a+b", True),
        ("a+b", "aab", False),
        ("\ufeff.stagecraft", ".stagecraft/demo/lock", True),
    ],
)
def test_an_ignore_file_means_what_it_means_to_docker(ignore: str, path: str, expected: bool) -> None:
    assert expected == excludes(ignore, path)


@pytest.mark.parametrize(("context", "line"), [(".", ".stagecraft"), ("..", "main/.stagecraft")])
def test_a_context_that_takes_the_store_along_is_refused_with_the_line_to_add(
    context: str, line: str
) -> None:
    contexts = {".": "/home/shop", "..": "/home"}
    store = {".": "/home/shop/.stagecraft", "..": "/home/main/.stagecraft"}
    with pytest.raises(ConfigError) as caught:
        check_store_excluded("web", contexts[context], store[context], None, ".dockerignore")
    assert f"add the line `{line}` to `.dockerignore`" == caught.value.hint
    check_store_excluded("web", contexts[context], store[context], line, ".dockerignore")


def test_a_context_beside_the_store_takes_nothing_along() -> None:
    check_store_excluded("web", "web", ".stagecraft", None, "web/.dockerignore")


def test_a_store_taken_back_in_by_a_later_line_is_refused() -> None:
    with pytest.raises(ConfigError):
        check_store_excluded(
            "web", ".", ".stagecraft", ".stagecraft\n!.stagecraft/*/releases", ".dockerignore"
        )


def test_a_store_that_is_the_context_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        check_store_excluded("web", "data", "data", "*", "data/.dockerignore")
    assert "keep the store elsewhere (`--store`)" == caught.value.hint
