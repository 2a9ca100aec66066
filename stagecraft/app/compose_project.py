"""The user's Compose files as a canonical model, read for one environment."""

from dataclasses import dataclass
from pathlib import Path

from stagecraft.app.opened import Opened
from stagecraft.app.where import Where
from stagecraft.compose.build_inputs import build_inputs, check_store_excluded
from stagecraft.compose.canonical import Canonical, canonical
from stagecraft.config.selection import check_roles
from stagecraft.runtime.compose import ComposeReader, find_compose
from stagecraft.runtime.process import Processes


@dataclass(frozen=True)
class ComposeProject:
    """What Compose read, and what it was read with."""

    model: Canonical
    compose_version: str
    variables: dict[str, str]
    """Declared variables and their values."""

    @property
    def built(self) -> tuple[str, ...]:
        """Return the services that have `build:`, sorted."""
        return tuple(name for name, service in sorted(self.model.services.items()) if service.get("build"))


def read(where: Where, here: Opened, processes: Processes) -> ComposeProject:
    """Read and check the Compose files. Needs no engine. Raises ConfigError, UnavailableError."""
    environment, project = here.environment, here.loaded.project
    variables = here.loaded.variables(environment)
    home = Path(where.environ.get("HOME", "/"))
    reader = ComposeReader(processes, find_compose(home, where.environ.get("PATH")))
    source = reader.read(
        here.folder,
        here.loaded.compose_files(),
        project=environment.compose_project,
        profiles=environment.profiles,
        variables=variables,
        secrets=project.secrets,
    )
    model = canonical(source)
    check_roles(project, model.services, here.loaded.place("roles"))
    return ComposeProject(model=model, compose_version=source.compose_version, variables=variables)


def check_contexts(here: Opened, project: ComposeProject) -> None:
    """Refuse a build context that would take the release store into an image. Raises ConfigError."""
    store = str(here.store_folder.resolve())
    for service in project.built:
        inputs = build_inputs(project.model, service)
        ignore_file = next(
            (name for name in inputs.ignore_files if (here.folder / name).is_file()),
            inputs.ignore_files[-1] if inputs.ignore_files else ".dockerignore",
        )
        found = here.folder / ignore_file
        ignore = found.read_text(encoding="utf-8", errors="replace") if found.is_file() else None
        for context in inputs.folders:
            folder = str((here.folder / context).resolve())
            check_store_excluded(service, folder, store, ignore, ignore_file)
