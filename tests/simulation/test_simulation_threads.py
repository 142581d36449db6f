"""Work in several threads: its order, its failures, and its end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from threading import get_ident

import pytest

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
import os, signal, sys, time
signal.alarm(120)  # whatever becomes of the test
{before}
from btcli.simulation.threads import in_threads
def start(stops):
    def work(number):
        os.write(1, b"%d\\n" % number)
        while not stops():
            time.sleep(0.01)
        from btcli.simulation.threads import Stopped
        raise Stopped
    return work
try:
    in_threads(start, 10, 2)
except KeyboardInterrupt:
    import threading
    print("ended", threading.active_count(), flush=True)
    sys.exit(130)
"""


@pytest.mark.parametrize("before", ["", "import polars"])
def test_an_interrupt_ends_the_threads_and_is_raised(before: str) -> None:
    """A process that is interrupted while two threads work says so, with none of them left; also beside polars."""
    child = subprocess.Popen([sys.executable, "-c", ENDLESS.format(before=before)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    begun = {child.stdout.readline(), child.stdout.readline()}
    time.sleep(0.3)  # until the main thread has started both, and waits
    child.send_signal(signal.SIGINT)
    said, _ = child.communicate(timeout=20)
    assert (begun, said, child.returncode) == ({"0\n", "1\n"}, "ended 1\n", 130)
