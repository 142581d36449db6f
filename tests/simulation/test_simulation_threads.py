"""Work in several threads: its order, its failures, and its end."""

from __future__ import annotations

import time
from threading import get_ident

import pytest
from interrupted_lines import said

from btcli.simulation.threads import Stopped, Stops, Work, in_threads


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
def test_results_come_in_the_order_asked(threads: int) -> None:
    """Whoever is done first, each result stands at its own number."""

    def start(stops: Stops) -> Work[int]:
        def work(number: int) -> int:
            time.sleep(0.001 * (7 - number % 7))
            return number * number

        return work

    assert in_threads(start, 20, threads) == [number * number for number in range(20)]


def test_each_thread_has_work_of_its_own() -> None:
    """The work is made once in each thread, and never called from another one."""
    made = []

    def start(stops: Stops) -> Work[bool]:
        own = get_ident()
        made.append(own)
        return lambda number: time.sleep(0.001) is None and get_ident() == own

    assert all(in_threads(start, 30, 3))
    assert len(made) == len(set(made)) == 3


def test_nothing_to_do_gives_nothing() -> None:
    """No number, no result, and nothing is started."""
    assert in_threads(lambda stops: pytest.fail("started"), 0, 2) == []


def test_a_failure_ends_all_and_is_raised() -> None:
    """What one thread raises stops the others, which would go on for ever, and reaches the caller."""

    def start(stops: Stops) -> Work[int]:
        def work(number: int) -> int:
            if number == 3:
                raise ZeroDivisionError("the third")
            while number > 3 and not stops():
                time.sleep(0.001)
            if number > 3:
                raise Stopped
            return number

        return work

    with pytest.raises(ZeroDivisionError, match="the third"):
        in_threads(start, 50, 2)


ENDLESS = """
import os, sys, signal, threading, time
{before}
from interrupted_lines import at_every_line
from btcli.simulation.threads import Stopped, in_threads
signal.signal(signal.SIGINT, signal.default_int_handler)
def start(stops):
    def work(number):
        while not stops():
            time.sleep(0.001)
        raise Stopped
    return work
"""


def ended(work: str, before: str = "") -> tuple[int, str]:
    """How a process ended that does this work with endless threads at hand, and what it said."""
    return said(ENDLESS.format(before=before) + work)


@pytest.mark.parametrize("before", ["", "import polars"])
def test_an_interrupt_ends_the_threads_and_is_raised(before: str) -> None:
    """A process that is interrupted once two threads work says so, with none of them left; also beside polars."""
    work = """
begun = threading.Barrier(3)
def begin(stops):
    begun.wait()
    return start(stops)
def press():
    begun.wait()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press).start()
try:
    in_threads(begin, 10, 2)
except KeyboardInterrupt:
    print("ended", threading.active_count(), flush=True)
    sys.exit(130)
"""
    assert ended(work, before) == (130, "ended 1\n")


def test_an_interrupt_at_any_line_is_raised_and_leaves_no_thread() -> None:
    """Whichever line of Python it comes at: while threads are started, work, are waited for, or have ended."""
    work = """
def finite(stops):
    return lambda number: number
at_every_line(lambda: lambda: in_threads(finite, 20, 2))
at_every_line(lambda: lambda: in_threads(start, 10, 2), most=600)
"""
    code, told = ended(work)
    lines = [int(line.partition(" ")[0]) for line in told.splitlines()]
    assert (code, [count > 50 for count in lines]) == (0, [True, True]), told


def test_a_second_interrupt_leaves_threads_that_never_ask() -> None:
    """Work that looks at nothing keeps the first one waiting; the second is raised, and the process ends."""
    work = """
pressed = threading.Semaphore(0)
def answer(number, frame):
    pressed.release()
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, answer)
def deaf(stops):
    def work(number):
        os.kill(os.getpid(), signal.SIGINT)
        pressed.acquire()
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait()
    return work
try:
    in_threads(deaf, 1, 2)
except KeyboardInterrupt as second:
    print("raised", type(second.__context__).__name__, threading.active_count(), flush=True)
    sys.exit(130)
"""
    assert ended(work) == (130, "raised KeyboardInterrupt 2\n")


def test_what_answers_a_signal_and_raises_nothing_stops_nothing() -> None:
    """It is called while the work goes on, which comes to its end; it answers the signal afterwards, too."""
    work = """
pressed = threading.Semaphore(0)
def answer(number, frame):
    pressed.release()
signal.signal(signal.SIGTERM, answer)
def asks(stops):
    def work(number):
        os.kill(os.getpid(), signal.SIGTERM)
        pressed.acquire()
        return number
    return work
print(in_threads(asks, 3, 1), signal.getsignal(signal.SIGTERM) is answer)
"""
    assert ended(work) == (0, "[0, 1, 2] True\n")


def test_an_ignored_interrupt_stays_ignored() -> None:
    """As in a job that a shell runs in the background."""
    work = """
signal.signal(signal.SIGINT, signal.SIG_IGN)
def asks(stops):
    return lambda number: os.kill(os.getpid(), signal.SIGINT)
print(in_threads(asks, 3, 1), signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
"""
    assert ended(work) == (0, "[None, None, None] True\n")


def test_what_is_asked_for_outside_the_main_thread_touches_no_signal() -> None:
    """There nothing can be interrupted; whoever answers signals goes on doing so."""
    work = """
seen = []
def looks(stops):
    return lambda number: signal.getsignal(signal.SIGINT) is signal.default_int_handler
asker = threading.Thread(target=lambda: seen.extend(in_threads(looks, 2, 2)))
asker.start()
asker.join()
print(seen)
"""
    assert ended(work) == (0, "[True, True]\n")


def test_ctrl_c_is_told_from_an_interrupt_that_the_work_raises() -> None:
    """In a process that does one command a real one is known as such also where threads were waited for."""
    work = """
from btcli.pressing import is_ctrl_c
from btcli.strategies.guarding import forbid_ending
kill = os.kill
forbid_ending(lambda: None)
def raises(stops):
    def work(number):
        raise KeyboardInterrupt
    return work
def asks(stops):
    kill(os.getpid(), signal.SIGINT)
    return start(stops)
for begin in (raises, asks):
    try:
        in_threads(begin, 3, 2)
    except KeyboardInterrupt as error:
        print(is_ctrl_c(error))
"""
    assert ended(work) == (0, "False\nTrue\n")
