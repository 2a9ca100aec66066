import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stagecraft.compose.bake import definition
from stagecraft.compose.definition import allowances, dropped, secret_names
from stagecraft.errors import ConfigError
from tests.compose.cases import second_compose, this_compose
from tests.compose.models import model

TAGS = {"web": "registry.example.com/web:1"}


def target(build: dict[str, Any], **sections: Any) -> dict[str, Any]:
    given = model({"web": {"build": {"context": ".", **build}}}, **sections)
    found: dict[str, Any] = json.loads(definition(given, TAGS))["target"]["web"]
    return found


def refused(build: dict[str, Any], **sections: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        target(build, **sections)
    return caught.value


@pytest.mark.parametrize(
    "key",
    [
        {"privileged": True},
        {"isolation": "hyperv"},
        {"entitlements": ["network.host"]},
        {"provenance": "mode=max"},
        {"sbom": True},
        {"x-bake": {"no-cache-filter": "x"}},
        {"something_new": 1},
    ],
)
def test_a_key_that_cannot_be_carried_is_named_not_dropped(key: dict[str, Any]) -> None:
    name = next(iter(key))
    expected = f"`build.{name}` of service `web` cannot be carried over to `docker buildx bake`"
    assert expected == refused(key).message


@pytest.mark.parametrize(
    "secret",
    [{"source": "s", "mode": 0o400}, {"source": "s", "uid": "1"}, {"source": "a,b"}, {"source": "e"}],
)
def test_a_part_of_a_secret_that_cannot_be_carried_is_named(secret: dict[str, Any]) -> None:
    secrets = {"s": {"file": "./s"}, "a,b": {"file": "./s"}, "e": {"external": True}}
    assert "`build.secrets." in refused({"secrets": [secret]}, secrets=secrets).message


@pytest.mark.parametrize(
    "build",
    [
        {"args": {"A": "zzsc1zz"}},
        {"context": "./zzsc1zz"},
        {"labels": {"a": "zzsc1zz"}},
        {"tags": ["zzsc1zz"]},
    ],
)
def test_a_secret_never_enters_an_image(build: dict[str, Any]) -> None:
    error = refused(build)
    assert "secret `KEY` would end up in the image of service `web`" == error.message
    assert error.hint.startswith("use `build.secrets`")


def test_build_secrets_are_references() -> None:
    secrets = {"e": {"environment": "KEY"}, "f": {"file": "./f"}}
    built = target({"secrets": [{"source": "e"}, {"source": "f", "target": "netrc"}]}, secrets=secrets)
    assert ["id=e,env=KEY", "id=netrc,src=./f"] == built["secret"]


def test_the_names_of_build_secrets_are_known_from_the_definition() -> None:
    secrets = {"e": {"environment": "KEY"}, "f": {"file": "./f"}}
    given = model({"web": {"build": {"secrets": [{"source": "e"}, {"source": "f"}]}}}, secrets=secrets)
    assert {"KEY"} == secret_names(definition(given, TAGS))


def test_two_services_cannot_build_one_image_in_different_ways() -> None:
    one, other = ({"image": "shop", "build": {"context": context}} for context in (".", "other"))
    with pytest.raises(ConfigError, match="services `a` and `b` both build image `shop`"):
        definition(model({"a": one, "b": other}), {"a": "a:1", "b": "b:1"})


def test_two_services_that_build_one_image_in_the_same_way_are_built_under_their_own_names() -> None:
    both = {"image": "shop", "build": {"context": "."}}
    built = json.loads(definition(model({"a": both, "b": both}), {"a": "a:1", "b": "b:1"}))["target"]
    assert (["a:1"], ["b:1"]) == (built["a"]["tags"], built["b"]["tags"])


def test_services_without_an_image_name_are_different_images() -> None:
    both = {"build": {"context": "."}}
    assert '"b:1"' in definition(model({"a": both, "b": both}), {"a": "a:1", "b": "b:1"})


def test_the_image_of_a_service_that_is_not_built_is_no_context() -> None:
    message = "service `web` is built from the image of `base`, which is not built here"
    assert message == refused({"additional_contexts": {"b": "service:base"}}).message


def test_labels_of_the_release_win() -> None:
    given = model({"web": {"build": {"context": ".", "labels": {"a": "1", "b": "2"}}}})
    built = json.loads(definition(given, TAGS, {"web": {"b": "3"}}))["target"]["web"]
    assert {"a": "1", "b": "3"} == built["labels"]


def test_there_are_no_default_attestations() -> None:
    assert ["type=provenance,disabled=true", "type=sbom,disabled=true"] == target({})["attest"]


HOSTILE = [
    "$",
    "$$",
    "${x}",
    "$${x}",
    "$$${x}",
    "%{x}",
    "%%{x}",
    "$%{x}",
    "%${x}",
    '"quoted"',
    "\\",
    "é🎉",
    "a\nb\t",
]


def buildx(version: str) -> str:
    """Return the buildx that lies beside a Compose version."""
    compose = this_compose()[0] if version == "here" else second_compose()
    return str(Path(compose).with_name("docker-buildx"))


def is_old(version: str) -> bool:
    """Whether it is buildx 0.13, as Debian 13 has it."""
    run = subprocess.run([buildx(version), "version"], capture_output=True, text=True, check=True)
    return " 0.13." in run.stdout


def understood(text: str, version: str, folder: Path) -> str:
    """Return what bake makes of a definition."""
    run = subprocess.run(
        [buildx(version), "bake", "--print", "-f", "-"],
        input=text.encode(),
        env={"HOME": str(folder), "PATH": os.environ["PATH"]},
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert (0, b"") == (run.returncode, run.stderr if run.returncode else b"")
    return run.stdout.decode()


@pytest.mark.parametrize("version", ["here", pytest.param("second", marks=pytest.mark.e2e)])
def test_bake_reads_every_string_as_it_was(version: str, tmp_path: Path) -> None:
    args = {f"A{number}": value for number, value in enumerate(HOSTILE)}
    escaped = {name: value.replace("$", "$$") for name, value in args.items()}
    given = model({"web": {"build": {"context": ".", "args": escaped, "labels": escaped}}})
    printed = json.loads(understood(definition(given, TAGS), version, tmp_path))["target"]["web"]
    expected = args if is_old(version) else {name: _as_printed(value) for name, value in args.items()}
    assert (expected, expected) == (printed["args"], printed["labels"])


def _as_printed(value: str) -> str:
    """Return a string as buildx 0.29 prints it: fit to be read again (it builds with the plain one)."""
    return value.replace("${", "$${").replace("%{", "%%{")


@pytest.mark.parametrize("version", ["here", pytest.param("second", marks=pytest.mark.e2e)])
def test_a_key_that_bake_does_not_understand_is_found(version: str, tmp_path: Path) -> None:
    given = model({"web": {"build": {"context": ".", "extra_hosts": ["a=1.2.3.4"], "network": "host"}}})
    text = definition(given, TAGS)
    expected = ["web.extra-hosts", "web.network"] if is_old(version) else []
    assert expected == dropped(text, understood(text, version, tmp_path))


@pytest.mark.parametrize("version", ["here", pytest.param("second", marks=pytest.mark.e2e)])
def test_what_bake_has_to_be_allowed_is_told(version: str, tmp_path: Path) -> None:
    text = definition(model({"web": {"build": {"context": ".", "network": "host"}}}), TAGS)
    expected = () if is_old(version) else ("network.host",)
    assert expected == allowances(understood(text, version, tmp_path))
