"""Ctrl-C in a process that does one command: it counts once, and it comes again where its KeyboardInterrupt is lost.

Libraries in C that call Python may let go of what that raised, or raise an error of their own in its place; and what
is raised in a `__del__` Python itself only tells.
"""

from __future__ import annotations

import signal
import sys
from _thread import get_ident, start_new_thread
from collections.abc import Callable
from math import inf
from time import monotonic
from types import FrameType
from typing import Any
from weakref import ref

REPEATED_S = 0.3  # one Ctrl-C may reach a process twice: from the terminal, and passed on by whoever waits for it

MARK = "raised"

Keeps = Callable[[FrameType], bool]

_BEFORE = [vars(BaseException)[name] for name in ("__cause__", "__context__")]
_tell_thread: Any = getattr(signal, "pthread_kill", None)
_pressed_s: list[float] = []  # by a clock that only goes forward; -inf: it comes again
_raised: list[ref[_Raised]] = []
_keeps: list[Keeps] = []
_main: list[int] = []
_is_told_apart: list[bool] = []
_is_over: list[bool] = []


class _Raised:
    """Goes when the KeyboardInterrupt does that holds it."""


def hear_ctrl_c(keeps: Keeps = lambda _: False) -> None:
    """From now on Ctrl-C raises a KeyboardInterrupt in the calling thread, the main one, until it is answered.

    One that is lost comes again, unless it was raised below frames that `keeps` says may do with it what they want.
    """
    for each in (_pressed_s, _raised, _is_over):
        each.clear()
    _keeps[:], _main[:] = [keeps], [get_ident()]
    sys.unraisablehook = _tell_or_come_again
    signal.signal(signal.SIGINT, pressed)


def tell_apart() -> None:
    """From now on a KeyboardInterrupt that code raised is none, also where Ctrl-C itself is not heard."""
    _is_told_apart[:] = [True]


def pressed(_number: int, frame: FrameType | None) -> None:
    """What answers the signal."""
    now_s = monotonic()
    if _is_over or (_pressed_s and now_s - _pressed_s[-1] <= REPEATED_S):
        return
    _pressed_s.append(now_s)
    is_kept = any(keeps(frame or sys._getframe()) for keeps in _keeps)
    raise KeyboardInterrupt if is_kept else _marked(KeyboardInterrupt())  # no name: its own trace would keep it


def let_go() -> None:
    """The command has its answer: a KeyboardInterrupt that goes from now on was not lost."""
    _raised.clear()


def answered() -> None:
    """It was answered by who answers for the command: from now on it is not heard any more."""
    _is_over.append(True)


def is_ctrl_c(error: BaseException) -> bool:
    """Whether it stands for a real Ctrl-C; where these are not told apart any KeyboardInterrupt does."""
    return issubclass(type(error), KeyboardInterrupt) and bool(_pressed_s or not _is_told_apart)


def comes_again() -> bool:
    """Whether a Ctrl-C was lost and has not come again yet: what is raised meanwhile is what stands in its place."""
    return bool(_pressed_s) and _pressed_s[-1] == -inf


def came_of_ctrl_c(error: BaseException) -> bool:
    """Whether a real one stands behind it: libraries in C raise errors of their own in its place."""
    behind: set[int] = set()
    while id(error) not in behind:
        if is_ctrl_c(error):
            return True
        behind.add(id(error))
        before = (each.__get__(error) for each in _BEFORE)  # the error's class may have others
        error = next((each for each in before if each is not None), error)
    return False


def _marked(error: KeyboardInterrupt) -> KeyboardInterrupt:
    vars(error)[MARK] = mark = _Raised()
    _raised.append(ref(mark, _come_again))
    return error


def _come_again(_: object) -> None:
    """A moment later: where an error goes nothing can be raised."""
    if _tell_thread is not None and not sys.is_finalizing():
        _pressed_s.append(-inf)
        start_new_thread(_tell_thread, (*_main, signal.SIGINT))


def _tell_or_come_again(swallowed: Any) -> None:
    """What Python cannot raise, it tells; a Ctrl-C comes again, one with a mark by itself."""
    if _tell_thread is None or not is_ctrl_c(swallowed.exc_value):
        sys.__unraisablehook__(swallowed)
    elif MARK not in vars(swallowed.exc_value):
        _come_again(None)
