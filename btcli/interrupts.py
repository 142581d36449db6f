"""Ctrl-C, and whatever other signal Python code answers, while threads are waited for: answered when it is looked for.

Python raises KeyboardInterrupt between any two steps of the main thread, also inside `threading` and
`concurrent.futures`: what these hold then stays locked for ever, and threads hang that nobody told to end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import get_ident, main_thread
from types import FrameType
from typing import Any

# How long to wait at once: polars lets signals restart what they interrupt, so that a wait without an end would not
# hear of one.
LOOK_S = 0.05

_signal: Any = import_module("_signal")  # `signal` makes an enumeration of every number, for 100 times the time

Look = Callable[[], None]


@contextmanager
def interrupts_held() -> Iterator[Look]:
    """Within the block no signal raises anything but in the calls of what is handed over, and at the block's end.

    There it is answered by whoever answered it before; other threads than the main one are never interrupted. Inside
    another such block only the outer one's calls, and its end, raise.
    """
    if get_ident() != main_thread().ident:
        yield _nothing
        return
    found = ((number, _signal.getsignal(number)) for number in range(1, _signal.NSIG))
    answers: dict[int, Any] = {number: answer for number, answer in found if callable(answer)}
    came: list[int] = []
    is_over: list[bool] = []

    def note(number: int, frame: FrameType | None) -> None:
        if is_over:  # where an answer that was put back has ended the putting back of others
            answers[number](number, frame)
        elif number not in came:
            came.append(number)

    def look() -> None:
        while came:
            number = came.pop(0)
            answers[number](number, None)

    try:
        for number in answers:
            _signal.signal(number, note)
        yield look
    finally:
        try:
            _put_back(answers, note)
        finally:
            is_over.append(True)
            look()


def _put_back(answers: dict[int, Any], instead: object) -> None:
    for number, answer in answers.items():
        if _signal.getsignal(number) is instead:
            _signal.signal(number, answer)


def _nothing() -> None:
    """Nobody is interrupted."""
