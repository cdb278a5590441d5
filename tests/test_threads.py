"""A map over threads keeps order, raises what was raised, and takes as many threads as compute."""

from __future__ import annotations

import threading

import pytest

from samiam.threads import n_threads, of_each


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_the_items(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samiam.threads.n_threads", lambda: threads)
    assert of_each(lambda item: item * item, iter(range(50))) == [item * item for item in range(50)]
    assert of_each(str, []) == []


@pytest.mark.parametrize("threads", [1, 3])
def test_what_is_raised_comes_through(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samiam.threads.n_threads", lambda: threads)
    with pytest.raises(ZeroDivisionError):
        of_each(lambda item: 1 // item, [1, 0, 2])


def test_several_are_at_work_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samiam.threads.n_threads", lambda: 2)
    both = threading.Barrier(2)
    assert sorted(of_each(lambda _: both.wait(60), range(2))) == [0, 1]


def test_one_thread_is_the_one_that_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samiam.threads.n_threads", lambda: 1)
    assert of_each(lambda _: threading.current_thread(), range(3)) == 3 * [threading.current_thread()]


def test_there_is_one_at_least() -> None:
    assert n_threads() >= 1
