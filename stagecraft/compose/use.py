"""The final text at the moment of use: what `up` is given, what is wanted, and which values it needs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from stagecraft.compose import dollars
from stagecraft.compose.configs import FILES
from stagecraft.compose.ingress import ingress_of
from stagecraft.compose.strategy import EXTENSION, UPDATE_KEYS, replicas, strategies
from stagecraft.compose.text import DIGEST, INPUTS, labelled, load
from stagecraft.compose.writer import write
from stagecraft.model.canary import Canary
from stagecraft.model.ingress import Ingress, Routed
from stagecraft.model.observed import Condition, Wanted, WantedService
from stagecraft.model.source import EnvFile
from stagecraft.model.strategy import Strategy

_POLICIES = {"none": "no", "on-failure": "on-failure", "any": "always", "": "always"}
"""`deploy.restart_policy.condition` -> the container's restart policy (Compose specification, deploy)."""


@dataclass(frozen=True)
class Inputs:
    """What a service takes its values from when it starts, besides its text."""

    names: frozenset[str] = frozenset()
    """Names of the secrets (or variables) in it, its configs and its secrets."""
    env_files: tuple[EnvFile, ...] = ()
    secret_files: tuple[str, ...] = ()
    """Paths of `secrets.<name>.file`, sorted."""


def inputs_of(text: str) -> dict[str, Inputs]:
    """Return what the label `stagecraft.inputs` of each service has to cover."""
    model = load(text)
    return {name: _inputs(service, model) for name, service in model["services"].items()}


def names_of(text: str) -> frozenset[str]:
    """Return every name whose value Compose needs in its environment to run `text`."""
    return frozenset[str]().union(*(inputs.names for inputs in inputs_of(text).values())) | (
        dollars.references(load(text)) - {FILES}
    )


def acted(text: str, inputs: Mapping[str, str]) -> str:
    """Return what `docker compose up` is given: what orders things left out, `stagecraft.inputs` added.

    Without `depends_on` it makes no difference to Compose whether a service is started alone (spec/facts.md),
    and without `update_config` a change of it replaces nothing.
    `inputs` maps services to the keyed hash of the values they use today.
    """
    model = {key: value for key, value in load(text).items() if key != EXTENSION}
    for name, service in model["services"].items():
        plain = _without_order(service)
        model["services"][name] = labelled(plain, {INPUTS: inputs[name]}) if inputs.get(name) else plain
    return write(model)


def wanted(
    text: str, inputs: Mapping[str, str], recreate: Collection[str] = (), canary: Canary | None = None
) -> Wanted:
    """Return the goal that `text` states, for the values of today."""
    services, strategy = load(text)["services"], strategies(text)
    ingress = ingress_of(text)
    return Wanted(
        services=tuple(
            _wanted(name, service, inputs.get(name, ""), strategy[name], ingress).model_copy(
                update={"canary": canary}
            )
            for name, service in services.items()
        ),
        recreate=frozenset(recreate),
        ingress=ingress.service if ingress else "",
    )


def _inputs(service: dict[str, Any], model: dict[str, Any]) -> Inputs:
    names = set(dollars.references({key: value for key, value in service.items() if key != "env_file"}))
    files = set()
    for section in ("configs", "secrets"):
        for mount in service.get(section, []):
            definition = model.get(section, {}).get(mount["source"], {})
            names |= dollars.references(definition) | {definition.get("environment")} - {None}
            files |= {definition["file"]} if section == "secrets" and "file" in definition else set()
    return Inputs(
        names=frozenset(names - {FILES}),
        env_files=tuple(
            EnvFile(file["path"], required=file["required"], format=file.get("format"))
            for file in service.get("env_file", [])
        ),
        secret_files=tuple(sorted(files)),
    )


def _without_order(service: dict[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in service.items() if key not in ("depends_on", "deploy", EXTENSION)}
    deploy = {key: value for key, value in service.get("deploy", {}).items() if key not in UPDATE_KEYS}
    return dict(sorted({**plain, **({"deploy": deploy} if deploy else {})}.items()))


def _wanted(
    name: str,
    service: dict[str, Any],
    inputs: str,
    strategy: Strategy,
    ingress: Ingress | None,
) -> WantedService:
    check = service.get("healthcheck", {})
    needs = service.get("depends_on", {})
    ports = ingress.ports(name) if ingress else ()
    return WantedService(
        name=name,
        digest=service.get("labels", {}).get(DIGEST, ""),
        inputs=inputs,
        image=service["image"],
        replicas=replicas(service),
        restart=_restart(service),
        has_check=bool(check) and not check.get("disable") and check.get("test", [""])[0] != "NONE",
        needs={other: Condition(need["condition"]) for other, need in needs.items()},
        strategy=strategy,
        routed=Routed(ports=ports, drain=ingress.drain(name)) if ingress and ports else None,
    )


def _restart(service: dict[str, Any]) -> str:
    policy = service.get("deploy", {}).get("restart_policy")
    if policy is None:
        return str(service.get("restart", "no"))
    return _POLICIES.get(policy.get("condition", ""), "always")
