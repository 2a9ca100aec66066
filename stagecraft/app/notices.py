"""Tells whoever wants to know of a run, beside it (spec/notices.md)."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from stagecraft.app.hands import Hands
from stagecraft.app.opened import Opened
from stagecraft.app.where import Where
from stagecraft.config.notify import CommandTarget, Target, WebhookTarget
from stagecraft.engine.ports import Observer
from stagecraft.errors import InterruptedRunError, StepFailedError, UnavailableError
from stagecraft.model.events import Event, Note, ReleaseFinished, ReleaseStarted
from stagecraft.model.header import Header
from stagecraft.model.notice import Notice, NoticeFormat
from stagecraft.model.release import Release
from stagecraft.model.standing import Standing
from stagecraft.notices.bodies import body, facts
from stagecraft.notices.of import masked, of_dead, of_drift, of_end, of_start
from stagecraft.runtime.clock import SystemClock
from stagecraft.runtime.notifying import Clock, Courier, Couriers, NotSentError, Send
from stagecraft.runtime.process import Processes
from stagecraft.runtime.secrets import resolve
from stagecraft.runtime.surroundings import surroundings


@contextmanager
def telling(where: Where, here: Opened, hands: Hands) -> Iterator["Telling"]:
    """Yield what tells of a run; afterwards the last notices are waited for, each target at most its time."""
    told = Telling(where, here, hands)
    try:
        yield told
    finally:
        told.close()


class Telling:
    """Turns what happens into notices. Nothing here raises, and nothing but `close` takes time."""

    def __init__(self, where: Where, here: Opened, hands: Hands) -> None:
        self._here = here
        self._hands = hands
        self._clock = SystemClock()
        """Not the run's, which makes every wait short once the run is stopped."""
        self._over = False
        self._last: Event | None = None
        targets = _Targets(where, here, hands, self._observe, self._clock)
        self._couriers = targets.couriers(self._note)

    def about(self, release: Release) -> Observer:
        """Return the observer of this release's run: it passes on what it sees, the last event at its end."""
        if not self._couriers:
            return self._hands.observer
        self._couriers.start()
        return partial(self._see, release)

    def dead(self, headers: Iterable[Header]) -> None:
        """Tell of releases whose run died."""
        for header in headers:
            self._take(partial(of_dead, header, self._project))

    def drift(self, standing: Standing) -> None:
        """Tell that what runs is not what was released."""
        if not self._take(partial(of_drift, standing, self._project)):
            self._note(f"nobody is told: no entry of `notify` wants `drift` in `{standing.environment}`")

    def close(self) -> None:
        """Wait for the last notices, then let the last event pass."""
        self._couriers.close()
        self._over = True
        if self._last:
            self._hands.observer(self._last)

    @property
    def _project(self) -> str:
        return self._here.loaded.project.project

    def _see(self, release: Release, event: Event) -> None:
        if isinstance(event, ReleaseFinished):
            self._last = event  # of a run it is always the last one, and there may be something to say before
            self._take(partial(of_end, event.release))
            return
        self._hands.observer(event)
        if isinstance(event, ReleaseStarted):
            self._take(partial(of_start, release))

    def _take(self, notice: Callable[[datetime], Notice]) -> int:
        """Have a notice of now sent; return how many want it."""
        try:
            return self._couriers.take(notice(self._clock.now()))
        except InterruptedRunError:
            raise  # a signal, not us
        except Exception as bug:  # noqa: BLE001 - a bug here must not decide the fate of a release
            self._note(f"nobody could be notified: internal error: {type(bug).__name__}")
            return 0

    def _note(self, text: str) -> None:
        self._observe(Note(text=text))

    def _observe(self, event: Event) -> None:
        if not self._over:
            self._hands.observer(event)


class _Targets:
    """The targets of the configuration, as couriers."""

    def __init__(
        self, where: Where, here: Opened, hands: Hands, observer: Observer, clock: SystemClock
    ) -> None:
        self._where = where
        self._here = here
        self._clock = clock
        self._redactor = hands.redactor
        self._processes = Processes(observer, hands.redactor, tuple, clock)
        """Not the run's: they are ended with it, and hold its lock."""

    def couriers(self, tell: Callable[[str], None]) -> Couriers:
        """Return a courier for every target of the environment."""
        mine = [
            target
            for target in self._here.loaded.project.notify
            if target.is_for(self._here.environment.name)
        ]
        clock = Clock(self._clock.monotonic, self._clock.sleep)
        made = [
            (
                Courier(
                    target.name, target.timeout, ready=partial(self._ready, target), clock=clock, tell=tell
                ),
                partial(_wants, target),
            )
            for target in mine
        ]
        return Couriers(made, self._clock.monotonic, self._processes.kill)

    def _ready(self, target: Target) -> Send:
        """Return what sends to a target, its secrets fetched. Raises UnavailableError."""
        environ, folder = self._where.environ, self._here.folder
        sources = self._here.loaded.project.secrets
        values = resolve(sources, target.needs, environ, folder, self._processes)
        match target:
            case WebhookTarget():
                url = target.url if isinstance(target.url, str) else values[target.url.secret]
                return partial(self._post, url, target.format)
            case CommandTarget():
                return partial(self._run, target, values)

    def _post(self, url: str, shape: NoticeFormat, notice: Notice, deadline: float) -> None:
        from stagecraft.runtime.webhook import post  # noqa: PLC0415 - brings TLS, for those who have one

        safe = masked(notice, self._redactor.redact)
        post(url, body(safe, shape), deadline, self._clock.monotonic)

    def _run(self, target: CommandTarget, values: dict[str, str], notice: Notice, deadline: float) -> None:
        safe = masked(notice, self._redactor.redact)
        sources = self._here.loaded.project.secrets
        try:
            done = self._processes.run(
                target.command,
                env=surroundings(self._where.environ, sources, values, facts(safe)),
                cwd=self._here.folder,
                stdin=body(safe, NoticeFormat.JSON) + "\n",
                deadline=deadline,
            )
        except UnavailableError as missing:
            raise NotSentError(missing.message, again=False) from missing
        except StepFailedError as late:
            raise NotSentError(late.message, again=False) from late
        if done.code != 0:
            said = f": {done.tail[-1]}" if done.tail else ""
            raise NotSentError(f"`{target.command[0]}` failed with exit code {done.code}{said}", again=True)


def _wants(target: Target, notice: Notice) -> bool:
    return notice.event in target.on
