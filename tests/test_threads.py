"""Tasks that share the threads."""

from __future__ import annotations

import threading

import pytest

from samiam.threads import n_threads, two_at_once


def test_two_tasks_run_at_once_on_half_of_the_threads_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samiam.threads._all_threads", lambda: 6)
    both_run = threading.Barrier(2, timeout=30)

    def task(_: int) -> int:
        both_run.wait()
        return n_threads()

    with two_at_once() as tasks:
        assert list(tasks.map(task, range(2))) == [3, 3]
    assert n_threads() == 6


def test_on_one_thread_one_task_follows_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samiam.threads._all_threads", lambda: 1)
    with two_at_once() as tasks:
        assert set(tasks.map(lambda _: (threading.current_thread().name, n_threads()), range(4))).pop()[1] == 1
        assert len(set(tasks.map(lambda _: threading.current_thread().name, range(4)))) == 1


@pytest.mark.parametrize(("given", "wanted"), [("3", 3), ("5,2", 5)])
def test_the_number_of_threads_is_that_of_openmp(monkeypatch: pytest.MonkeyPatch, given: str, wanted: int) -> None:
    monkeypatch.setattr("sys.modules", {})
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    assert n_threads() == wanted


def test_what_waits_is_given_up_where_one_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samiam.threads._all_threads", lambda: 1)
    done: list[int] = []
    is_over = threading.Event()

    def task(number: int) -> None:
        is_over.wait(30)
        done.append(number)

    def fails() -> None:
        with two_at_once() as tasks:
            for number in range(5):
                tasks.submit(task, number)
            threading.Timer(0.2, is_over.set).start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert done == [0]
