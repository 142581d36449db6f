"""Ctrl-C that a library loses comes again, and counts once."""

from __future__ import annotations

import pytest
from interrupted_lines import said

BEGIN = """
import os, signal, sqlite3, sys, time
from btcli.pressing import answered, came_of_ctrl_c, hear_ctrl_c, is_ctrl_c, let_go, tell_apart

def press(*_):
    os.kill(os.getpid(), signal.SIGINT)

class Last:
    def __del__(self):
        press()

def swallow():  # as sqlite does with what its listeners raise
    database = sqlite3.connect(":memory:")
    database.set_trace_callback(press)
    database.execute("SELECT 1")

def tell(work):  # what came of it, in a minute at most
    try:
        work()
        time.sleep(60 if work in (swallow, thrice, Last) else 0.5)
    except KeyboardInterrupt:
        let_go()
        print("raised")
    else:
        print("quiet")

def thrice():
    swallow(), swallow(), swallow()

def nothing():
    pass

hear_ctrl_c()
"""


@pytest.mark.parametrize("loses", ["swallow", "thrice", "Last"])
def test_what_is_lost_comes_again(loses: str) -> None:
    """Once it is given up by code in C, several times in a row, too, or where Python can raise nothing."""
    assert said(f"{BEGIN}tell({loses})\ntell(nothing)\n") == (0, "raised\nquiet\n")


def test_what_is_caught_in_code_that_may_is_not_lost() -> None:
    """A strategy may do with it what it wants; the next one is another."""
    code = """
def strategy():
    try:
        press()
    except KeyboardInterrupt:
        print("caught")
hear_ctrl_c(lambda frame: "strategy" in (frame.f_code.co_name, frame.f_back.f_code.co_name))
tell(strategy)
tell(strategy)
"""
    assert said(BEGIN + code) == (0, "caught\nquiet\n" * 2)


def test_what_was_answered_does_not_come_again() -> None:
    """Whoever answers for the command has it: the error may go then, and a second one is not heard."""
    code = """
try:
    press()
except KeyboardInterrupt:
    let_go()
tell(nothing)
answered()
tell(press)
"""
    assert said(BEGIN + code) == (0, "quiet\nquiet\n")


def test_an_error_that_stands_for_it_is_told() -> None:
    """An error that was raised because of it, and no other."""
    code = """
def error():
    try:
        try:
            press()
        except KeyboardInterrupt as first:
            raise ValueError from first
    except ValueError:
        return sys.exc_info()[1]
error = error()
let_go()
print(came_of_ctrl_c(error), came_of_ctrl_c(ValueError()), is_ctrl_c(KeyboardInterrupt()))
hear_ctrl_c()
tell_apart()
print(is_ctrl_c(KeyboardInterrupt()))
"""
    assert said(BEGIN + code) == (0, "True False True\nFalse\n")
