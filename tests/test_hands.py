"""Threads beside the caller's: what they give, in which order, and that no moment of an interrupt harms them."""

from __future__ import annotations

import threading
from weakref import finalize

import pytest
from interrupted_lines import said

from btcli.hands import Hands, apart, beside

PATIENCE_S = 300


def test_one_hand_does_what_is_begun_in_its_order() -> None:
    """Each answer is that of its own work, and nothing overtakes."""
    done: list[int] = []
    with Hands() as hands:
        coming = [hands.begin(lambda number=number: done.append(number) or -number) for number in range(50)]
        assert [each.result() for each in coming] == [-number for number in range(50)]
    assert done == list(range(50))


def test_as_many_work_at_once_as_there_are_hands() -> None:
    """Three that wait for each other meet, in threads that are none of the caller's."""
    meeting = threading.Barrier(3)
    with Hands(3) as hands:
        coming = [hands.begin(lambda: (meeting.wait(PATIENCE_S), threading.get_ident())[1]) for _ in range(3)]
        assert len({each.result() for each in coming} - {threading.get_ident()}) == 3


def test_what_work_raises_is_raised_where_it_is_asked_for() -> None:
    """As often as it is asked for; what was begun after it is done all the same."""
    with Hands() as hands:
        failing, next_one = hands.begin(lambda: 1 // 0), hands.begin(lambda: 7)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                failing.result()
        assert next_one.result() == 7


@pytest.mark.parametrize(("is_wanted", "done"), [(True, ["first", "second"]), (False, ["first"])])
def test_what_is_not_wanted_is_not_done(is_wanted: bool, done: list[str]) -> None:
    """What was begun is done before the end, unless it is not wanted: then what is under way alone."""
    said_done: list[str] = []
    under_way, goes_on = threading.Event(), threading.Event()

    def first() -> None:
        under_way.set()
        goes_on.wait(PATIENCE_S)
        said_done.append("first")

    def second() -> None:
        said_done.append("second")

    hands = Hands()
    hands.begin(first)
    under_way.wait(PATIENCE_S)
    hands.begin(second)
    if is_wanted:
        threading.Timer(0.05, goes_on.set).start()  # while the end is waited for, or before
    else:
        finalize(second, goes_on.set)  # once nobody holds it any more
    del second
    hands.end(is_wanted=is_wanted)
    assert said_done == done


def test_hands_that_nobody_holds_any_more_end() -> None:
    """Their threads do not wait for ever for what nobody can begin."""
    hands = Hands(2)
    threads = [hands.begin(threading.current_thread).result() for _ in range(2)]
    del hands
    for each in threads:
        each.join(PATIENCE_S)
        assert not each.is_alive()


def test_work_beside_is_done_in_another_thread_only_for_the_main_one() -> None:
    """Another thread is never interrupted, and does it itself."""
    here = threading.get_ident()
    assert beside(threading.get_ident) != here
    with Hands() as hands:
        own, used = hands.begin(lambda: (threading.get_ident(), beside(threading.get_ident))).result()
    assert own == used


def test_work_apart_is_done_in_another_thread_for_whichever() -> None:
    """Where a loop of events runs, none of work that runs one of its own could be done."""
    here = threading.get_ident()
    with Hands() as hands:
        own, used = hands.begin(lambda: (threading.get_ident(), apart(threading.get_ident))).result()
    assert len({here, apart(threading.get_ident)}) == len({own, used}) == 2


@pytest.mark.parametrize(
    "work",
    [
        "with Hands(2) as hands: [each.result() for each in [hands.begin(lambda: 1) for _ in range(3)]]",
        "beside(lambda: 1)",
    ],
)
def test_an_interrupt_at_any_line_is_raised_and_leaves_no_thread(work: str) -> None:
    """Whether their end is waited for or not."""
    code, told = said(
        f"from interrupted_lines import at_every_line\nfrom btcli.hands import Hands, beside\n"
        f"def work():\n    {work}\nat_every_line(lambda: work)"
    )
    assert code == 0, told
    assert int(told.partition(" ")[0]) > 50


def test_the_end_of_the_process_does_not_wait() -> None:
    """A hand whose work never ends holds nobody up who does not wait for it."""
    code = "import threading; from btcli.hands import Hands; Hands().begin(threading.Event().wait); print('over')"
    assert said(code) == (0, "over\n")


def test_an_interrupt_does_not_wait_for_the_end() -> None:
    """Neither of what is asked for nor of what is ended: it is raised while the work goes on."""
    code = """
import os, signal, threading
from queue import SimpleQueue
from btcli.hands import Hands
signal.signal(signal.SIGINT, signal.default_int_handler)
def never():
    asked.get()
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait()
for wait in (lambda hands, coming: coming.result(), lambda hands, coming: hands.end()):
    hands, asked = Hands(), SimpleQueue()
    coming = hands.begin(never)
    try:
        asked.put(None)
        wait(hands, coming)
    except KeyboardInterrupt:
        print("raised")
"""
    assert said(code) == (0, "raised\nraised\n")
