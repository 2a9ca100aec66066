"""What a deploy would do, as one value. Writes nothing; needs no engine, no network and no secret."""

from dataclasses import dataclass

from stagecraft.app import (
    canary,
    compose_project,
    hooks,
    image_planning,
    images,
    ingress,
    left_behind,
    migration_planning,
    plan_notes,
)
from stagecraft.app.compose_project import ComposeProject
from stagecraft.app.opened import Opened, opened
from stagecraft.app.placement import Placed, place
from stagecraft.app.requests import DeployRequest
from stagecraft.app.where import Where
from stagecraft.compose.changes import changes
from stagecraft.compose.difference import difference
from stagecraft.compose.ingress import ingress_of
from stagecraft.compose.render import Rendered, render
from stagecraft.compose.strategy import strategies
from stagecraft.compose.use import names_of
from stagecraft.engine.ports import Observer
from stagecraft.errors import ConfigError
from stagecraft.migrators.answers import Answers
from stagecraft.model.history import current
from stagecraft.model.phase import Kind
from stagecraft.model.plan import Asked, HostPlan, Plan, content_digest
from stagecraft.model.release import Release
from stagecraft.phases.catalogue import decide
from stagecraft.phases.given import Given, HostGiven
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.git import Git, Version
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor


@dataclass(frozen=True)
class Planned:
    """A plan, and the release it was made against."""

    plan: Plan
    base: Release | None


def plan(where: Where, observer: Observer, request: DeployRequest) -> Plan:
    """Return what `deploy` would do. Raises ConfigError, UnavailableError, StoreError."""
    return make(where, opened(where, request.env), observer, request).plan


def make(where: Where, here: Opened, observer: Observer, request: DeployRequest) -> Planned:
    """Return the plan with the base it was made against."""
    processes = Processes(observer, Redactor(), tuple, SystemClock())
    project = compose_project.read(where, here, processes)
    compose_project.check_contexts(here, project)
    _check_services(request.recreate, project)
    git = Git(processes, where.environ, here.folder)
    version = _version(where, here, request, git)
    base = base_of(here)
    choice = images.choose(
        built=project.built,
        version=version.version,
        repository=here.registry or here.loaded.project.project,
        base=base,
        asked=request.images,
        skip_build=request.skip_build,
        rebuild=request.rebuild,
    )
    hosts = place(here.loaded.project, here.environment, project.model.services)
    file = ingress.ingress_file(here, project.model, hosts)
    rendered = {
        host.name: render(
            project.model,
            project=here.environment.compose_project,
            services=host.services,
            images=choice.references,
            local=not host.remote,
            ingress=file,
        )
        for host in hosts
    }
    migrations = migration_planning.plan(here, hosts, Answers.of(request))
    made = _Making(here, request, project, git, version, base, choice, hosts, rendered, migrations)
    return Planned(made.plan(), base)


def base_of(here: Opened) -> Release | None:
    """Return the current release of the environment, whole, or None."""
    now = current(here.store.headers(here.environment.name))
    return here.store.read(now.environment, now.number) if now else None


def _version(where: Where, here: Opened, request: DeployRequest, git: Git) -> Version:
    leave_out = [here.store_folder.absolute()]
    if request.plan_path:
        leave_out.append((where.cwd / request.plan_path).absolute())
    return git.resolve_version(request.version, leave_out, require_clean=here.loaded.project.require_clean)


def _check_services(recreate: tuple[str, ...], project: ComposeProject) -> None:
    for service in recreate:
        if service not in project.model.services:
            raise ConfigError(
                f"`--recreate {service}`: there is no such service",
                hint=f"the services are {', '.join(f'`{name}`' for name in project.model.services)}",
            )


@dataclass(frozen=True)
class _Making:
    """Everything a plan is made of, gathered."""

    here: Opened
    request: DeployRequest
    project: ComposeProject
    git: Git
    version: Version
    base: Release | None
    choice: images.Choice
    hosts: tuple[Placed, ...]
    rendered: dict[str, Rendered]
    migrations: migration_planning.Planned

    def plan(self) -> Plan:
        """Return the plan, sealed."""
        decided, skipped = decide(self._given())
        steps = hooks.around(self.here, Kind.DEPLOY, decided, skipped)
        texts = {content_digest(one.text): one.text for one in self.rendered.values()}
        files = plan_notes.read_at_use(texts)
        hosts = {name: self._host(name, one.text) for name, one in self.rendered.items()}
        return Plan(
            project=self.here.loaded.project.project,
            environment=self.here.environment.name,
            version=self.version.version,
            commit=self.version.commit,
            base=self.base.id if self.base else None,
            store_present=self.here.store.exists(),
            compose_version=self.project.compose_version,
            asked=self._asked(),
            steps=steps,
            skipped=skipped,
            hosts=hosts,
            texts=texts,
            files={
                **{name: data for one in self.rendered.values() for name, data in one.files.items()},
                **self.migrations.files,
            },
            variables=self.project.variables,
            secrets=self._secrets(texts, hooks.secrets_of(steps)),
            timeouts=self.here.environment.timeouts.by_phase(),
            on_failure=self.here.environment.rollout.on_failure if self.here.environment.hosts else None,
            pause=self.here.environment.rollout.pause,
            given=self.choice.given,
            notes=(
                *left_behind.notes(self.here, self.base),
                *([f"read at the moment of use: {', '.join(files)}"] if files else []),
                *self.migrations.notes,
                *plan_notes.inside(texts),
                *ingress.notes(hosts, texts),
                *canary.notes(steps, hosts, texts),
                *plan_notes.no_way_back(self.here, self.base, self.migrations.given),
            ),
        ).sealed()

    def _asked(self) -> Asked:
        return Asked(
            version=self.request.version,
            images=dict(self.request.images),
            skip_build=self.request.skip_build,
            rebuild=self.request.rebuild,
            recreate=self.request.recreate,
            migration_done=self.request.migration_done,
            migration_again=self.request.migration_again,
        )

    def _given(self) -> Given:
        return Given(
            version=self.version.version,
            base=self.base.id if self.base else None,
            base_version=self.base.version if self.base else None,
            hosts=tuple(self._host_given(host) for host in self.hosts),
            compose_project=self.here.environment.compose_project,
            health_timeout=self.here.environment.health_timeout,
            definition=image_planning.definition(self.here, self.project, self.git, self.choice.builds),
            builds=self.choice.builds,
            given=self.choice.given,
            given_reason=self.choice.reason,
            registry=self.here.registry,
            served=self.here.registry_port is not None,
            recreate=tuple(sorted(set(self.request.recreate))),
            canary=canary.canary(self.here, self.project.model.services),
            migrations=self.migrations.given,
            superseded=image_planning.superseded(self.here),
            retain=self.here.loaded.project.retain,
        )

    def _host_given(self, host: Placed) -> HostGiven:
        return HostGiven(
            name=host.name,
            text=content_digest(self.rendered[host.name].text),
            wave=host.wave,
            remote=host.remote,
            has_ingress=ingress_of(self.rendered[host.name].text) is not None,
            changed=self.base is None
            or bool(difference(self.base.text_of(host.name), self.rendered[host.name].text)),
        )

    def _host(self, name: str, text: str) -> HostPlan:
        before = self.base.text_of(name) if self.base else ""
        built = self.choice.builds.values()
        return HostPlan(
            text=content_digest(text),
            difference=difference(before, text),
            services=changes(before, text, built=built, recreate=self.request.recreate),
            strategies=strategies(text),
        )

    def _secrets(self, texts: dict[str, str], more: frozenset[str]) -> tuple[str, ...]:
        """Return the names of the declared secrets that the texts, the builds or `more` need, sorted."""
        names = {name for text in texts.values() for name in names_of(text)} | more
        for service in self.choice.builds:
            for mounted in self.project.model.services[service]["build"].get("secrets", []):
                source = self.project.model.secrets.get(mounted["source"], {})
                names |= {source["environment"]} if "environment" in source else set()
        names |= self.migrations.secrets
        return tuple(sorted(names & set(self.here.loaded.project.secrets)))
