"""config check and config render: the configuration as a release would use it."""

from stagecraft.app import compose_project, planning
from stagecraft.app.opened import configuration, opened
from stagecraft.app.requests import DeployRequest
from stagecraft.app.where import Where
from stagecraft.engine.ports import Observer
from stagecraft.errors import ConfigError
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor


def check(where: Where, observer: Observer) -> list[str]:
    """Validate `stagecraft.yml` and the Compose files of every environment; return what was found."""
    loaded = configuration(where)
    processes = Processes(observer, Redactor({}), tuple, SystemClock())
    found = []
    for name in loaded.project.environments:
        here = opened(where, name)
        project = compose_project.read(where, here, processes)
        compose_project.check_contexts(here, project)
        protected = ", protected" if here.environment.protected else ""
        services = ", ".join(project.model.services)
        found.append(
            f"`{name}`{protected}: {services} as Compose project `{here.environment.compose_project}`"
        )
    return found


def render(where: Where, observer: Observer, env: str | None, host: str | None, version: str | None) -> str:
    """Return the Compose text of one host as `plan` has it. Raises ConfigError for an unknown host."""
    plan = planning.plan(where, observer, DeployRequest(env=env, version=version))
    if host is None:
        host = next(iter(plan.hosts))
    if host not in plan.hosts:
        raise ConfigError(f"there is no host `{host}`", hint=f"there is {', '.join(plan.hosts)}")
    return plan.texts[plan.hosts[host].text]
