"""What a pipeline has to know of a project: read from the configuration alone."""

from stagecraft.app.opened import configuration
from stagecraft.app.requests import PipelineFacts
from stagecraft.app.where import Where
from stagecraft.config.selection import select
from stagecraft.config.sources import EnvSource


def facts(where: Where, env: str | None) -> PipelineFacts:
    """Return the environment that is meant and the variables its secrets come from. Raises ConfigError."""
    project = configuration(where).project
    sources = project.secrets.values()
    return PipelineFacts(
        environment=select(project, env).name,
        secrets=tuple(sorted({source.env for source in sources if isinstance(source, EnvSource)})),
    )
