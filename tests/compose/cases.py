"""The golden cases of testdata/cases, and the real programs that read them."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from stagecraft.compose.bake import definition
from stagecraft.compose.canonical import Canonical, canonical
from stagecraft.compose.render import Rendered, render
from stagecraft.model.source import Source
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.compose import ComposeReader, find_compose
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor

ROOT = Path(__file__).parents[2]
CASES = ROOT / "testdata" / "cases"
NAMES = sorted(folder.name for folder in CASES.iterdir())
PROJECT = "shop-demo"


@dataclass(frozen=True)
class Case:
    """One `case.yml`."""

    what: str
    folder: Path
    files: Sequence[str] = ("compose.yml",)
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    profiles: Sequence[str] = ()
    images: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shares: Mapping[str, str] = field(default_factory=dict)
    """Service -> the service whose image it names."""
    ssh: Sequence[str] = ()
    """Services that are built with `ssh`."""
    hosts: Mapping[str, Sequence[str]] | None = None


def processes() -> Processes:
    """The real door to programs, with nobody listening."""
    return Processes(lambda _event: None, Redactor(), lambda: (), SystemClock())


def second_compose() -> str:
    """Return the path of the other Compose version."""
    script = ROOT / "scripts" / "second-compose"
    return subprocess.run([script], capture_output=True, text=True, check=True, timeout=120).stdout.strip()


def this_compose() -> tuple[str, ...]:
    return find_compose(Path.home(), os.environ.get("PATH"))


def case(name: str, folder: Path | None = None) -> Case:
    """Return a case; `folder` is where its files are, if they were copied."""
    written: dict[str, Any] = yaml.safe_load((CASES / name / "case.yml").read_text())
    return Case(folder=folder or CASES / name, **written)


def read(case: Case, command: Sequence[str]) -> Source:
    return ComposeReader(processes(), command).read(
        case.folder,
        case.files,
        project=PROJECT,
        profiles=case.profiles,
        variables=case.variables,
        secrets=case.secrets,
    )


def read_text(text: str, folder: Path, command: Sequence[str], **given: Any) -> Source:
    """Return the reading of one Compose file that says `text`."""
    (folder / "compose.yml").write_text(text)
    return read(Case(what="", folder=folder, **given), command)


def texts(case: Case, model: Canonical) -> dict[str, Rendered]:
    """Return what each host of the case is to run."""
    hosts = case.hosts or {"local": [*model.services]}
    return {
        host: render(model, project=PROJECT, services=names, images=case.images)
        for host, names in hosts.items()
    }


def goldens(case: Case, command: Sequence[str]) -> dict[str, str]:
    """Return everything that is kept of a case: file name -> text."""
    model = canonical(read(case, command))
    kept = {f"{host}.yml": rendered.text for host, rendered in texts(case, model).items()}
    if case.images:
        kept["bake.json"] = definition(model, case.images, case.labels)
    return kept
