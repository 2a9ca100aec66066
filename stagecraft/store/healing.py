"""What whoever takes the lock does for the records that matter, and the full check that changes nothing."""

from collections.abc import Callable, Iterable, Iterator

from stagecraft.errors import StoreError
from stagecraft.model.fate import interrupted
from stagecraft.model.header import Header
from stagecraft.model.phase import Kind, ReleaseStatus
from stagecraft.model.release import Release
from stagecraft.store.codec import Sealed, encode
from stagecraft.store.records import Copy, DiskRecords

_CHANGES_CURRENT = (Kind.DEPLOY, Kind.ROLLBACK, Kind.DESTROY)


def as_dead(release: Release) -> Release:
    """Return a release whose run is gone as interrupted, at the last moment that is known of it."""
    moments = [release.created_at]
    for record in release.phases:
        moments += [moment for moment in (record.started_at, record.finished_at) if moment]
    return interrupted(release, "the run was killed, or the machine stopped", max(moments))


def settle(records: DiskRecords, notice: Callable[[str], None]) -> tuple[Header, ...]:
    """Heal the newest record, `current` and the rollback chain; write dead runs down as interrupted.

    Only for whoever holds the lock: holding it proves that a `running` release is dead.
    Raises StoreError, OSError.
    """
    settled: list[Header] = []
    for number in _walk(records.numbers(), lambda number: _healed(records, number, notice)):
        stored = records.find(number)
        if stored.header.status is ReleaseStatus.RUNNING:
            release = as_dead(stored.release())
            records.finish(number, encode(release, stored.revision + 1, stored.owner))
            settled.append(release.header())
            notice(f"`{release.id}` was still running when its run died: it is recorded as interrupted")
    return tuple(settled)


def _walk(numbers: Iterable[int], heal: Callable[[int], Sealed | None]) -> Iterator[int]:
    """Heal and yield, newest first: down to `current`, what it goes back to, and the one before that."""
    below: int | None = None
    for number in numbers:
        if below is not None and number > below:
            continue
        stored = heal(number)
        if not stored:
            continue
        yield number
        header = stored.header
        if header.status is not ReleaseStatus.COMPLETED or header.kind not in _CHANGES_CURRENT:
            continue
        if below is not None and number < below:
            return
        below = int((header.rollback_of or header.id).rpartition("-")[2]) if below is None else below


def _healed(records: DiskRecords, number: int, notice: Callable[[str], None]) -> Sealed | None:
    """Make both copies of a record the same; return it, or None if both are lost and now moved aside."""
    main, twin = records.copy(records.main, number), records.copy(records.twin, number)
    name = f"`{records.environment}-{number}`"
    best = _better(main, twin)
    if not best:
        if not (main.readable and twin.readable):
            records.find(number)  # says so: what the disk does not give now, it may give later
        notice(f"both copies of {name} are damaged and moved aside: `{main.path}`, `{twin.path}`")
        records.move_aside(main)
        records.move_aside(twin)
        return None
    for copy in (main, twin):
        if not copy.sealed or copy.sealed.raw != best.raw:
            records.restore(copy, best.raw)
            if copy.problem and not copy.missing:
                notice(f"`{copy.path}` was damaged ({copy.problem}) and is restored from its twin")
    return best


def _better(main: Copy, twin: Copy) -> Sealed | None:
    """Return the copy with the higher revision; of two that are the same, the main one."""
    if main.sealed and twin.sealed:
        return twin.sealed if twin.sealed.revision > main.sealed.revision else main.sealed
    return main.sealed or twin.sealed


def verify(records: DiskRecords, *, held: bool) -> Iterator[str]:
    """Check every copy of every record and the numbers; yield one sentence a problem.

    `held`: a run is under way, so the newest record's twin may be one revision behind.
    """
    taken = records.taken()
    numbers = set(records.numbers())
    highest = max(taken, default=0)
    for number in range(1, highest + 1):
        if number in numbers:
            yield from _problems(records, number, writing=held and number == highest)
        elif number in taken:
            yield f"`{records.environment}-{number}` is lost: both copies were damaged and moved aside"
        else:
            yield f"`{records.environment}-{number}` is missing"


def _problems(records: DiskRecords, number: int, *, writing: bool) -> Iterator[str]:
    main, twin = records.copy(records.main, number), records.copy(records.twin, number)
    for copy in (main, twin):
        if copy.problem and not (writing and copy is twin and copy.missing):
            yield f"`{copy.path}`: {copy.problem}"
    if main.sealed and twin.sealed and main.sealed.raw != twin.sealed.raw and not writing:
        yield f"`{main.path}` and `{twin.path}` differ"
    for stored in filter(None, (main.sealed,)):
        try:
            if stored.release().header() != stored.header:
                yield f"`{main.path}`: its header does not say what the release says"
        except StoreError as error:
            yield f"`{main.path}`: {error.message}"
