"""The Project: what `stagecraft.yml` says, validated and frozen (spec/config.md)."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StrictBool, WithJsonSchema, model_validator

from stagecraft.config import own
from stagecraft.config.aliases import AliasName, CommandLine
from stagecraft.config.durations import Duration, spoken
from stagecraft.config.hooks import HookKeys
from stagecraft.config.hosts import Host, HostName, RolloutKeys
from stagecraft.config.ingress import IngressKeys
from stagecraft.config.migrations import Migration, check
from stagecraft.config.names import (
    EnvironmentName,
    MisplacedError,
    ProfileName,
    ProjectName,
    RelativePath,
    RoleName,
    ServiceName,
    VariableName,
)
from stagecraft.config.notify import Target, check_urls
from stagecraft.config.registry import RegistryKey
from stagecraft.config.sources import SecretSource
from stagecraft.model.frozen import Frozen
from stagecraft.model.phase import Phase


def _written(value: object) -> str:
    """Return a variable's value as text: true -> `true`, 2 -> `2`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        raise ValueError('must be text, a whole number, `true` or `false` (`""` for an empty one)')  # noqa: TRY004
    if "\x00" in value:
        raise ValueError("must not contain a NUL character")
    return value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"names {', '.join(f'`{value}`' for value in twice)} twice")
    return values


VariableValue = Annotated[
    str, BeforeValidator(_written), WithJsonSchema({"type": ["string", "integer", "number", "boolean"]})
]
ComposeFiles = Annotated[
    tuple[RelativePath, ...],
    BeforeValidator(_as_list),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string", "minLength": 1}},
            ]
        }
    ),
]


class Timeouts(Frozen):
    """Seconds each phase may take: one field a phase."""

    build: Duration = Field(default=1800.0, description="How long the build may take.")
    push: Duration = Field(default=900.0, description="How long pushing all images may take.")
    migrate_pre: Duration = Field(
        default=900.0, description="How long migrations before the rollout may take."
    )
    rollout: Duration = Field(default=900.0, description="How long the rollout on all hosts may take.")
    migrate_post: Duration = Field(
        default=900.0, description="How long migrations after the rollout may take."
    )
    finalize: Duration = Field(default=300.0, description="How long the last phase may take.")

    def by_phase(self) -> dict[Phase, float]:
        """Return the seconds of every phase, in order."""
        return {phase: float(getattr(self, phase.value)) for phase in Phase}


class EnvironmentKeys(Frozen):
    """What can be written under `environments.<name>`."""

    variables: dict[VariableName, VariableValue] = Field(
        default_factory=dict, description="Values for ${NAME} in the Compose file. Not secret."
    )
    variables_file: RelativePath | None = Field(
        default=None, description="A dotenv file with more variables; `variables` win over it."
    )
    protected: StrictBool = Field(
        default=False, description="Whether the environment has to be named on the command line."
    )
    profiles: tuple[ProfileName, ...] = Field(
        default=(), description="Compose profiles that are active; no others are."
    )
    compose_project: ProjectName | None = Field(
        default=None,
        description="Compose project name: names containers, volumes. Default: <project>-<environment>.",
    )
    health_timeout: Duration = Field(
        default=120.0, description="How long a service may take to become healthy."
    )
    timeouts: Timeouts = Field(default_factory=Timeouts, description="How long each phase may take.")
    hosts: dict[HostName, Host] = Field(
        default_factory=dict, description="Hosts reached by SSH. Default: the engine of this machine."
    )
    order: tuple[RoleName, ...] = Field(
        default=(), description="Roles, first to last. Default: from depends_on between services."
    )
    rollout: RolloutKeys = Field(
        default_factory=RolloutKeys, description="How a release goes over the hosts."
    )

    @model_validator(mode="after")
    def _health_fits(self) -> Self:
        if self.health_timeout > self.timeouts.rollout:
            longest = spoken(self.timeouts.rollout)
            raise MisplacedError(
                f"must not be longer than `timeouts.rollout`, which is {longest}", "health_timeout"
            )
        return self

    @model_validator(mode="after")
    def _hold_fits(self) -> Self:
        canary, longest = self.rollout.canary, self.timeouts.rollout
        if canary and canary.hold >= longest:
            words = f"must be shorter than `timeouts.rollout`, which is {spoken(longest)}"
            raise MisplacedError(words, "rollout", "canary", "hold")
        return self


class Environment(EnvironmentKeys):
    """One environment, chosen: with its name and its Compose project (see `select`)."""

    name: str
    compose_project: str


class Role(Frozen):
    """What a host of this role runs."""

    services: tuple[ServiceName, ...] = Field(min_length=1, description="Services of the Compose file.")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        _distinct(self.services)
        return self


class Project(Frozen):
    """The whole of `stagecraft.yml`."""

    version: Literal[1] = Field(description="Version of this format.")
    project: ProjectName = Field(description="Name of the project; the front part of Compose project names.")
    compose: ComposeFiles = Field(
        default=(),
        min_length=1,
        description="Compose file or files, as `docker compose -f -f`. Default: the first of compose.yaml, "
        "compose.yml, docker-compose.yaml and docker-compose.yml that is there.",
    )
    registry: RegistryKey | None = Field(
        default=None,
        description="Where images are pushed: <registry>/<service>:<version>. `local`: served by the run.",
    )
    require_clean: StrictBool = Field(default=False, description="Whether to refuse a changed working tree.")
    retain: Annotated[int, Field(strict=True, ge=1)] = Field(
        default=10, description="Completed releases whose images are kept, per environment."
    )
    store_on_network: StrictBool = Field(
        default=False,
        description="Whether the release store may be on a network file system, or one without hard links.",
    )
    secrets: dict[VariableName, SecretSource] = Field(
        default_factory=dict, description="Names of secrets, and where each value comes from."
    )
    roles: dict[RoleName, Role] = Field(
        default_factory=dict,
        description="Which services a host of a role runs. Default: one role with every service.",
    )
    migrations: tuple[Migration, ...] = Field(
        default=(), description="What happens to data around a rollout, in this order."
    )
    ingress: IngressKeys | None = Field(
        default=None, description="The proxy that leads requests to services, switched without a gap."
    )
    environments: dict[EnvironmentName, EnvironmentKeys] = Field(
        min_length=1, description="Where and with which values the services run."
    )

    @model_validator(mode="after")
    def _migrations_fit(self) -> Self:
        check(self.migrations, self.secrets, self.roles)
        return self

    hooks: tuple[HookKeys, ...] = Field(
        default=(), description="Commands before and after phases, each in this order."
    )
    notify: tuple[Target, ...] = Field(
        default=(), description="Whom to tell of a release: webhooks and commands."
    )

    @model_validator(mode="after")
    def _own_programs_fit(self) -> Self:
        for key, entries in (("hooks", self.hooks), ("notify", self.notify)):
            own.check(key, entries, self.secrets, self.environments)
        check_urls(self.notify, frozenset(self.secrets))
        return self

    aliases: dict[AliasName, CommandLine] = Field(
        default_factory=dict, description="Command lines of your own: `stagecraft NAME` is `stagecraft LINE`."
    )

    @model_validator(mode="after")
    def _hosts_have_known_roles(self) -> Self:
        for name, environment in self.environments.items():
            for host, keys in environment.hosts.items():
                path = ("environments", name, "hosts", host)
                if self.roles and not keys.roles:
                    raise MisplacedError("needs `roles`: which of them does it have?", *path)
                for number, role in enumerate(keys.roles):
                    if role not in self.roles:
                        raise MisplacedError(f"`{role}` is not one of `roles`", *path, "roles", number)
        return self

    @model_validator(mode="after")
    def _a_canary_has_an_ingress(self) -> Self:
        for name, environment in self.environments.items():
            if environment.rollout.canary and not self.ingress:
                path = ("environments", name, "rollout", "canary")
                raise MisplacedError("needs an `ingress`, which gives it its share of the requests", *path)
        return self

    @model_validator(mode="after")
    def _no_secret_is_a_variable(self) -> Self:
        for name, environment in self.environments.items():
            if both := sorted(self.secrets.keys() & environment.variables.keys()):
                path = ("environments", name, "variables", both[0])
                raise MisplacedError("must not be set here: it is the name of a secret", *path)
        return self
