"""Questions about a Project that need no disk: which environment is meant, do roles and services agree."""

import difflib
from collections.abc import Collection, Iterable

from stagecraft.config.project import Environment, Project
from stagecraft.errors import ConfigError


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `did you mean ...?` with the nearest known word, or nothing."""
    found = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean `{found[0]}`?" if found else ""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def select(project: Project, name: str | None) -> Environment:
    """Return the environment called `name`; without a name the only one, unless it is protected.

    Raises ConfigError that lists the environments.
    """
    known = _listed(sorted(project.environments))
    if name is None:
        only = next(iter(project.environments))
        if len(project.environments) > 1:
            raise ConfigError(
                "which environment? There is more than one", hint=f"name it with `--env`: {known}"
            )
        if project.environments[only].protected:
            raise ConfigError(
                f"environment `{only}` is protected and has to be named", hint=f"add `--env {only}`"
            )
        name = only
    if name not in project.environments:
        hint = nearest(name, project.environments) or f"there is {known}"
        raise ConfigError(f"there is no environment `{name}`", hint=hint)
    keys = project.environments[name]
    return Environment.model_validate(
        {
            **dict(keys),
            "name": name,
            "compose_project": keys.compose_project or f"{project.project}-{name}",
        }
    )


def check_roles(project: Project, services: Collection[str], place: str = "") -> None:
    """Check that every service is in a role and every service of a role exists. `place` is file:line.

    Raises ConfigError that names all of them.
    """
    if not project.roles:
        return
    named = {service for role in project.roles.values() for service in role.services}
    problems, hints = [], []
    for role, content in sorted(project.roles.items()):
        for service in content.services:
            if service not in services:
                problems.append(f"role `{role}` names `{service}`, which is not a service")
                hints.append(nearest(service, services))
    if homeless := sorted(set(services) - named):
        problems.append(f"{_listed(homeless)} {'is' if len(homeless) == 1 else 'are'} in no role")
        hints.append("add every service to a role under `roles`")
    if problems:
        hint = next(filter(None, hints), f"the services are {_listed(sorted(services))}")
        raise ConfigError("; ".join(problems), place=place, hint=hint)
