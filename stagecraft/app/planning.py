"""What a deploy would do, as one value. Writes nothing; needs no engine, no network and no secret."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from stagecraft.app import canary, compose_project, images, ingress, left_behind, migration_planning
from stagecraft.app.compose_project import ComposeProject
from stagecraft.app.opened import Opened, opened
from stagecraft.app.placement import Placed, place
from stagecraft.app.requests import DeployRequest
from stagecraft.app.where import Where
from stagecraft.compose.bake import definition
from stagecraft.compose.build_inputs import build_inputs
from stagecraft.compose.changes import changes
from stagecraft.compose.difference import difference
from stagecraft.compose.ingress import ingress_of
from stagecraft.compose.render import Rendered, render
from stagecraft.compose.strategy import reached_inside, strategies
from stagecraft.compose.use import inputs_of, names_of
from stagecraft.engine.ports import Observer
from stagecraft.errors import ConfigError
from stagecraft.migrators.answers import Answers
from stagecraft.model.history import completed, current
from stagecraft.model.migration import When
from stagecraft.model.plan import Asked, HostPlan, Plan, content_digest
from stagecraft.model.policy import OnFailure
from stagecraft.model.release import Release
from stagecraft.phases.catalogue import decide
from stagecraft.phases.given import Given, HostGiven
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.git import Git, Version
from stagecraft.runtime.process import Processes
from stagecraft.runtime.redact import Redactor

_OCI = "org.opencontainers.image"
_INSIDE = (
    "inside the Compose network a new container of {} can be reached before it is healthy, because the"
    " engine's names lead to every container that runs; `x-stagecraft: {{rollout: recreate}}` rules that out"
)
_BEYOND = 20
"""How many releases older than the kept ones are looked at for images to remove, each time."""


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
        repository=here.loaded.project.registry or here.loaded.project.project,
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


def read_at_use(texts: dict[str, str]) -> list[str]:
    """Return the files that are read at the moment of use: `env_file`s and secret files, sorted."""
    inputs = [one for text in texts.values() for one in inputs_of(text).values()]
    return sorted(
        {file.path for one in inputs for file in one.env_files}
        | {path for one in inputs for path in one.secret_files}
    )


def inside(texts: Mapping[str, str]) -> list[str]:
    """Return the note on services that others call by name, and that are replaced start-first; or nothing."""
    names = sorted({f"`{name}`" for text in texts.values() for name in reached_inside(text)})
    return [_INSIDE.format(", ".join(names))] if names else []


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
        steps, skipped = decide(self._given())
        texts = {content_digest(one.text): one.text for one in self.rendered.values()}
        files = read_at_use(texts)
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
            secrets=self._secrets(texts),
            timeouts=self.here.environment.timeouts.by_phase(),
            on_failure=self.here.environment.rollout.on_failure if self.here.environment.hosts else None,
            pause=self.here.environment.rollout.pause,
            given=self.choice.given,
            notes=(
                *left_behind.notes(self.here, self.base),
                *([f"read at the moment of use: {', '.join(files)}"] if files else []),
                *self.migrations.notes,
                *inside(texts),
                *ingress.notes(hosts, texts),
                *canary.notes(steps, hosts, texts),
                *self._no_way_back(),
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

    def _no_way_back(self) -> Iterator[str]:
        """Yield what becomes of an automatic `revert` across migrations the old version does not know."""
        rollout = self.here.environment.rollout
        if not self.here.environment.hosts or rollout.on_failure is not OnFailure.REVERT or not self.base:
            return
        names = [
            f"`{given.work.name}`"
            for given in self.migrations.given
            if given.when is When.PRE and any(not change.compatible for change in given.work.changes)
        ]
        if names:
            yield f"a failed rollout is not reverted but stops: {', '.join(names)} is not compatible"

    def _given(self) -> Given:
        return Given(
            version=self.version.version,
            base=self.base.id if self.base else None,
            base_version=self.base.version if self.base else None,
            hosts=tuple(self._host_given(host) for host in self.hosts),
            compose_project=self.here.environment.compose_project,
            health_timeout=self.here.environment.health_timeout,
            definition=self._definition(),
            builds=self.choice.builds,
            given=self.choice.given,
            given_reason=self.choice.reason,
            registry=self.here.loaded.project.registry,
            recreate=tuple(sorted(set(self.request.recreate))),
            canary=canary.canary(self.here, self.project.model.services),
            migrations=self.migrations.given,
            superseded=self._superseded(),
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

    def _definition(self) -> str:
        """Return the bake definition; each image is labelled with the last commit that touched its inputs."""
        if not self.choice.builds:
            return ""
        source = self.git.remote_source()
        labels: dict[str, dict[str, str]] = {}
        for service in self.choice.builds:
            inputs = build_inputs(self.project.model, service)
            touched = self.git.last_commit([(self.here.folder / path).absolute() for path in inputs.paths])
            labels[service] = {f"{_OCI}.source": source} if source else {}
            if touched.commit:
                labels[service][f"{_OCI}.revision"] = touched.commit + ("-dirty" if touched.dirty else "")
        return definition(self.project.model, self.choice.builds, labels)

    def _secrets(self, texts: dict[str, str]) -> tuple[str, ...]:
        """Return the names of the declared secrets that the texts or the builds need, sorted."""
        names = {name for text in texts.values() for name in names_of(text)}
        for service in self.choice.builds:
            for mounted in self.project.model.services[service]["build"].get("secrets", []):
                source = self.project.model.secrets.get(mounted["source"], {})
                names |= {source["environment"]} if "environment" in source else set()
        names |= self.migrations.secrets
        return tuple(sorted(names & set(self.here.loaded.project.secrets)))

    def _superseded(self) -> tuple[str, ...]:
        """Return the images that will be beyond `retain` once this release has completed."""
        store, retain = self.here.store, self.here.loaded.project.retain
        headers = list(islice(store.headers(self.here.environment.name), retain + _BEYOND))
        kept = completed(headers)[: retain - 1]
        if len(kept) < retain - 1:
            return ()
        older = [header for header in headers if not kept or header.number < kept[-1].number]
        return images.superseded(
            [store.read(header.environment, header.number) for header in kept],
            [store.read(header.environment, header.number) for header in older],
        )
