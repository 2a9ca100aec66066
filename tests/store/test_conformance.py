"""What every store does, whatever it keeps its releases in."""

import contextlib
import os
import threading

import pytest

from stagecraft.engine.ports import Store
from stagecraft.errors import LockBusyError, StoreError
from stagecraft.model.phase import Phase, PhaseStatus, ReleaseStatus
from stagecraft.model.release import Release
from tests.fakes import a_release
from tests.store.transitions import ENVIRONMENT, FRESH, HOLDER, deploy, transitions


def last(release: Release) -> Release:
    return list(transitions(release))[-1]


def test_a_store_is_not_there_before_the_first_lock(store: Store) -> None:
    assert not store.exists()
    assert [] == list(store.headers(ENVIRONMENT))
    assert store.holder(ENVIRONMENT) is None
    assert () == tuple(store.environments())
    assert () == tuple(store.verify(ENVIRONMENT))
    assert not store.exists()


def test_the_first_lock_makes_the_store(store: Store) -> None:
    with store.lock(ENVIRONMENT, HOLDER):
        pass
    assert store.exists()


def test_an_environment_is_listed_once_it_has_a_release(store: Store) -> None:
    with store.lock("staging", HOLDER):
        pass
    deploy(store)
    assert (ENVIRONMENT,) == tuple(store.environments())


def test_the_first_release_is_number_one_and_the_next_is_two(store: Store) -> None:
    assert [1, 2] == [deploy(store).number, deploy(store).number]


def test_each_environment_counts_for_itself(store: Store) -> None:
    deploy(store)
    other = FRESH.model_copy(update={"environment": "staging"})
    with store.lock("staging", HOLDER) as session:
        assert 1 == session.create(other).number


def test_a_release_is_read_back_as_it_was_written(store: Store) -> None:
    with store.lock(ENVIRONMENT, HOLDER) as session:
        release = session.create(FRESH)
        for update in transitions(release):
            session.update(update)
            assert update == store.read(ENVIRONMENT, release.number)


def test_headers_are_newest_first(store: Store) -> None:
    expected = [deploy(store).header() for _ in range(3)][::-1]
    assert expected == list(store.headers(ENVIRONMENT))


def test_a_release_that_is_not_there_is_an_error_that_names_it(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no release `demo-7`"):
        store.read(ENVIRONMENT, 7)


def test_a_running_release_is_running_while_its_lock_is_held(store: Store) -> None:
    with store.lock(ENVIRONMENT, HOLDER) as session:
        session.create(FRESH)
        assert [ReleaseStatus.RUNNING] == [header.status for header in store.headers(ENVIRONMENT)]


def test_a_release_left_running_by_an_exception_is_interrupted(store: Store) -> None:
    with store.lock(ENVIRONMENT, HOLDER) as session, contextlib.suppress(ZeroDivisionError):
        session.update(next(transitions(session.create(FRESH))))
        raise ZeroDivisionError
    release = store.read(ENVIRONMENT, 1)
    assert ReleaseStatus.INTERRUPTED is release.status
    assert PhaseStatus.INTERRUPTED is release.phase(Phase.BUILD).status
    assert "build interrupted" == release.phase(Phase.ROLLOUT).reason


def test_the_holder_is_named_with_its_release_and_phase(store: Store) -> None:
    with store.lock(ENVIRONMENT, HOLDER) as session:
        assert HOLDER == store.holder(ENVIRONMENT)
        session.update(next(transitions(session.create(FRESH))))
        expected = HOLDER.model_copy(update={"release": "demo-1", "phase": "build"})
        assert expected == store.holder(ENVIRONMENT)
    assert store.holder(ENVIRONMENT) is None


def test_a_second_run_is_refused_by_name(store: Store) -> None:
    holder = HOLDER.model_copy(update={"pid": os.getpid()})
    with store.lock(ENVIRONMENT, holder) as session:
        session.update(next(transitions(session.create(FRESH))))
        with pytest.raises(LockBusyError) as busy, store.lock(ENVIRONMENT, HOLDER):
            pass
    assert (
        f"another run holds the lock of `demo`: ada@laptop (pid {os.getpid()}), since 2026-11-20T08:00:00Z,"
        " release `demo-1`, phase `build`"
    ) == str(busy.value)


def test_a_second_run_waits_as_long_as_it_was_told_to(store: Store) -> None:
    holder = HOLDER.model_copy(update={"pid": os.getpid()})
    with store.lock(ENVIRONMENT, holder):
        again = store.lock(ENVIRONMENT, HOLDER, wait=2)
        with pytest.raises(LockBusyError), again:
            pass


def test_the_lock_of_another_environment_is_free(store: Store) -> None:
    with store.lock(ENVIRONMENT, HOLDER), store.lock("staging", HOLDER):
        assert store.holder("staging") is not None


def test_the_lock_is_free_again_after_an_exception(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.lock(ENVIRONMENT, HOLDER):
        raise ZeroDivisionError
    assert 1 == deploy(store).number


def test_a_finished_record_never_changes(store: Store) -> None:
    with store.lock(ENVIRONMENT, HOLDER) as session:
        release = session.create(FRESH)
        session.update(last(release))
        with pytest.raises(StoreError, match="never changes"):
            session.update(last(release).model_copy(update={"message": "something else"}))
    assert last(release) == store.read(ENVIRONMENT, 1)


def test_a_session_cannot_write_the_release_of_another(store: Store) -> None:
    finished = deploy(store)
    with store.lock(ENVIRONMENT, HOLDER) as session:
        with pytest.raises(StoreError, match="was not created by this run"):
            session.update(finished)
        session.create(FRESH)
        with pytest.raises(StoreError, match="was not created by this run"):
            session.update(finished)


def test_a_session_has_one_release_under_way(store: Store) -> None:
    with store.lock(ENVIRONMENT, HOLDER) as session:
        session.create(FRESH)
        with pytest.raises(StoreError, match="`demo-1` has not ended"):
            session.create(FRESH)


def test_a_session_may_begin_another_release_when_the_first_has_ended(store: Store) -> None:
    with store.lock(ENVIRONMENT, HOLDER) as session:
        session.update(last(session.create(FRESH)))
        assert 2 == session.create(FRESH).number


def test_a_session_takes_no_release_of_another_environment(store: Store) -> None:
    with store.lock("staging", HOLDER) as session, pytest.raises(StoreError, match="does not belong"):
        session.create(FRESH)


def test_a_session_is_worth_nothing_after_the_lock(store: Store) -> None:
    with store.lock(ENVIRONMENT, HOLDER) as session:
        pass
    with pytest.raises(StoreError, match="given back"):
        session.create(FRESH)


def test_a_number_that_the_caller_made_up_is_not_used(store: Store) -> None:
    with store.lock(ENVIRONMENT, HOLDER) as session:
        assert (
            1 == session.create(a_release(number=99).model_copy(update={"environment": ENVIRONMENT})).number
        )


def test_headers_are_lazy(store: Store) -> None:
    first, second = deploy(store), deploy(store)
    headers = store.headers(ENVIRONMENT)
    assert second.header() == next(headers)
    assert first.header() == next(headers)


def test_only_one_of_many_threads_gets_the_lock_at_a_time(store: Store) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(20):
            try:
                with store.lock(ENVIRONMENT, HOLDER):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
            except LockBusyError:
                continue

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {1} == set(most)


def test_text_that_is_not_ascii_and_bytes_that_are_no_text_survive(store: Store) -> None:
    strange = "é ☃ \U0001f680 \u2028 \x00 \\ \" '"
    assert strange == deploy(store, FRESH.model_copy(update={"message": strange})).message
    assert "a?b" == deploy(store, FRESH.model_copy(update={"message": "a\udc80b"})).message
