"""Every case of testdata/cases, read by the real program and compared with what is kept of it."""

import base64
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from stagecraft.compose.canonical import canonical
from stagecraft.compose.pin import pin
from stagecraft.compose.text import DIGEST
from tests.compose.cases import CASES, NAMES, PROJECT, Case, case, goldens, read, second_compose, texts

SECRET = 'p$ss "word"\n${x} \\ \'%'
FILES = "/srv/files"
CANARY = "never-in-a-text"
CHANGED = frozenset({"build", "develop", "profiles", "x-service"})
"""Keys that are decided by rendering (spec/compose.md)."""


PROMISED = {
    *("anchors", "include", "extends", "profiles", "several-files", "env-file", "file-configs", "read-only"),
    *("secrets", "secret-inside", "depends-on-across-roles", "environment-forms", "bare-environment"),
    *("dollars", "non-ascii", "ports", "labels", "shared-image"),
}
"""What has to be among the cases (issue 2)."""


def test_every_promised_kind_of_file_has_a_case() -> None:
    assert set() == PROMISED - set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_case_renders_as_kept(name: str, golden: SnapshotAssertion, compose_here: tuple[str, ...]) -> None:
    for file, text in goldens(case(name), compose_here).items():
        assert golden(name=file) == text


@pytest.mark.e2e
@pytest.mark.parametrize("name", NAMES)
def test_both_compose_versions_render_the_same_bytes(name: str, compose_here: tuple[str, ...]) -> None:
    assert goldens(case(name), compose_here) == goldens(case(name), (second_compose(),))


@pytest.mark.parametrize("name", NAMES)
def test_a_text_means_what_the_files_mean(name: str, compose: tuple[str, ...]) -> None:
    given = case(name)
    direct = _config(compose, given, files=given.files, text=_without_ssh(given))
    for host, rendered in texts(given, canonical(read(given, compose))).items():
        again = _config(compose, given, text=pin(rendered.text, {}))
        here = sorted(again["services"])
        assert sorted((given.hosts or {host: [*direct["services"]]})[host]) == here
        for service in here:
            expected = _comparable(direct, service, here, given, {})
            assert expected == _comparable(again, service, here, given, rendered.files)


def test_no_value_of_a_file_read_at_the_moment_of_use_is_kept(compose_here: tuple[str, ...]) -> None:
    with_canary = {file for folder in CASES.iterdir() for file in folder.rglob("*") if _has_canary(file)}
    assert 6 == len(with_canary)
    kept = [text for name in NAMES for text in goldens(case(name), compose_here).values()]
    assert [] == [text for text in kept if CANARY in text]


def _has_canary(file: Path) -> bool:
    return file.is_file() and CANARY.encode() in file.read_bytes()


def _without_ssh(given: Case) -> str:
    """Return an overlay without the one key that no Compose version can print as JSON (spec/facts.md)."""
    resets = "".join(f"  {name}: {{build: {{ssh: !reset []}}}}\n" for name in given.ssh)
    return f"services:\n{resets}" if resets else ""


def _config(
    command: tuple[str, ...], given: Case, *, files: Sequence[str] = (), text: str = ""
) -> dict[str, Any]:
    """Return Compose's reading, with real values instead of tokens and paths made absolute."""
    home = (given.folder / files[0]).parent if files else given.folder
    named = [option for file in files for option in ("-f", str(given.folder / file))]
    named += ["-f", "-"] if text else []
    profiles = [option for profile in given.profiles for option in ("--profile", profile)]
    options = ["-p", PROJECT, "--project-directory", str(home), "--env-file", "/dev/null"]
    env = {**given.variables, **dict.fromkeys(given.secrets, SECRET), "STAGECRAFT_FILES": FILES}
    run = subprocess.run(
        [*command, *options, *named, *profiles, "config", "--format", "json"],
        input=text.encode(),
        env=env,
        cwd=home,
        capture_output=True,
        check=False,
    )
    assert (0, b"") == (run.returncode, run.stderr if run.returncode else b"")
    model: dict[str, Any] = json.loads(run.stdout)
    return model


def _comparable(
    model: dict[str, Any], name: str, here: list[str], given: Case, files: Mapping[str, str]
) -> dict[str, Any]:
    """Return a service with everything it uses, less what rendering changes on purpose."""
    service = {key: value for key, value in model["services"][name].items() if key not in CHANGED}
    needs = {key: value for key, value in service.pop("depends_on", {}).items() if key in here}
    service["labels"] = {key: value for key, value in service.get("labels", {}).items() if key != DIGEST}
    ours = given.images.get(given.shares.get(name, name))
    if ours:
        service["image"] = ours
        service.pop("pull_policy", None)
    configs = [
        (
            mount.get("target", f"/{mount['source']}"),
            mount.get("uid"),
            _content(model, mount["source"], given, files),
        )
        for mount in service.pop("configs", [])
    ]
    used = {
        "networks": list(service.get("networks") or {}),
        "volumes": [
            mount["source"]
            for mount in service.get("volumes", [])
            if mount["type"] == "volume" and "source" in mount
        ],
        "secrets": [mount["source"] for mount in service.get("secrets", [])],
    }
    definitions = {section: {one: model[section][one] for one in names} for section, names in used.items()}
    return {"service": service, "depends_on": needs, "configs": configs, **definitions}


def _content(model: dict[str, Any], name: str, given: Case, files: Mapping[str, str]) -> bytes:
    """Return what a config holds, wherever it is kept."""
    definition = model["configs"][name]
    if "environment" in definition:
        return given.variables[definition["environment"]].encode()
    if "content" in definition:
        return str(definition["content"]).replace("$$", "$").encode()
    path = Path(definition["file"])
    return base64.b64decode(files[path.name]) if str(path.parent) == FILES else path.read_bytes()
