"""What user code must not do to the process it runs in: end it, replace it, or come back from a fork of it.

Compiled code and signals from outside are not covered; whoever waits for this process sees it end without a word.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from _thread import start_new_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import main_thread
from types import FrameType
from typing import Any, NoReturn, TextIO

REPEATED_S = 0.3  # one Ctrl-C may reach a process twice: from the terminal, and passed on by whoever waits for it
DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux
STRAY: list[int] = []  # holds the process id of a fork that user code made, in that fork alone
_ENDINGS = {
    "os": ("_exit", "abort", "execv", "execve", "kill", "killpg"),
    "signal": ("raise_signal", "pthread_kill"),
    "_thread": ("interrupt_main",),
}
_TWINS = {"os": ("posix",), "signal": ("_signal",), "_thread": ()}
_exit = os._exit
_tell_thread: Any = getattr(signal, "pthread_kill", None)
_real: list[tuple[Any, str, Any]] = []
_pressed_s: list[float] = []
_homes: list[str] = []


class WouldEnd(BaseException):
    """User code called what ends the process. No Exception, so that an `except Exception` around it lets it pass."""


def forbid_ending(on_fork: Callable[[], None]) -> None:
    """From now on what ends or replaces this process raises WouldEnd; forks may end, and first do `on_fork`.

    For a process that does nothing but one command. Ctrl-C stays what it is, and is told from a
    KeyboardInterrupt that user code raises.
    """
    protected = {os.getpid(), os.getppid(), 0, -1, -os.getpgrp()}
    for name, calls in _ENDINGS.items():
        for module in (import_module(name), *(import_module(twin) for twin in _TWINS[name])):
            for call in calls:
                if real := getattr(module, call, None):
                    _real.append((module, call, real))
                    setattr(module, call, _forbidden(f"{name}.{call}", real, protected))
    os.register_at_fork(after_in_child=lambda: _in_fork(on_fork))
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _pressed)
        sys.unraisablehook = _press_again


def _forbidden(name: str, real: Callable[..., Any], protected: set[int]) -> Callable[..., Any]:
    names_process = name in ("os.kill", "os.killpg")
    is_numbered = names_process or name == "signal.pthread_kill"  # by the system, in each process otherwise

    def call(*given: Any, **named: Any) -> Any:
        if names_process and (given[1:] == (0,) or (given and given[0] not in _named(name, protected))):
            return real(*given, **named)
        told = ["…" if is_numbered and not place else repr(each) for place, each in enumerate(given)]
        raise WouldEnd(f"{name}({', '.join(told)}) would end btcli")

    return call


def _named(name: str, protected: set[int]) -> set[int]:
    """The processes, or groups of them, that a call may not name."""
    return {-each for each in protected} if name == "os.killpg" else protected


def _in_fork(on_fork: Callable[[], None]) -> None:
    STRAY.append(os.getpid())
    for module, call, real in _real:
        setattr(module, call, real)
    on_fork()


def stay() -> None:
    """A fork of btcli's own is at home in btcli's code."""
    STRAY.clear()


def end_stray() -> NoReturn:
    """End this fork at once: what it holds of open files is its parent's to write."""
    _exit(1)


def end_now() -> NoReturn:
    """End this process, whatever threads and exit functions user code left in it."""
    _exit(0)


def end_with_parent(parent: int) -> None:
    """Let this process be killed when the one that made it ends, however that ends, where the system does so."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None).prctl(DEATH_SIGNAL, int(signal.SIGKILL))
    if os.getppid() != parent:  # it has ended before
        end_stray()


def _pressed(_number: int, _frame: FrameType | None) -> None:
    now_s = time.monotonic()
    if not _pressed_s or now_s - _pressed_s[-1] > REPEATED_S:
        _pressed_s.append(now_s)
        raise KeyboardInterrupt


def _press_again(swallowed: Any) -> None:
    """A Ctrl-C that came where Python can raise nothing, as in a `__del__`, comes again a moment later."""
    if _tell_thread is None or not is_ctrl_c(swallowed.exc_value):
        sys.__unraisablehook__(swallowed)
        return
    _pressed_s.clear()
    start_new_thread(_tell_thread, (main_thread().ident, signal.SIGINT))


def is_ctrl_c(error: BaseException) -> bool:
    """Whether it stands for a real Ctrl-C; without `forbid_ending` any KeyboardInterrupt does."""
    return issubclass(type(error), KeyboardInterrupt) and bool(_pressed_s or not _real)


def came_of_ctrl_c(error: BaseException) -> bool:
    """Whether a real one stands behind it: libraries in C raise errors of their own in its place."""
    behind: list[BaseException] = []
    while error not in behind:
        if is_ctrl_c(error):
            return True
        behind.append(error)
        error = error.__cause__ or error.__context__ or error
    return False


@contextmanager
def visiting() -> Iterator[None]:
    """Where user code may run inside: then the working directory and the standard streams are as they were before.

    A standard descriptor that it closed is filled: the next file to be opened would become it, and be printed into.
    """
    folder, streams = _folder(), {name: getattr(sys, name) for name in ("stdin", "stdout", "stderr")}
    _homes.append(folder or "/")
    try:
        yield
    finally:
        _homes.pop()
        for number, (name, stream) in enumerate(streams.items()):
            _fill(number)
            is_closed = stream is not None and stream.closed
            setattr(sys, name, _opened(number) if is_closed else stream)
        if folder is not None and folder != _folder():
            with suppress(OSError):
                os.chdir(folder)


def home() -> str:
    """The working directory of btcli, wherever user code has gone."""
    return _homes[0] if _homes else _folder() or "/"


def moved_to() -> str | None:
    """The directory that user code went to, where it is another."""
    folder = _folder()
    return None if folder == home() else folder


def _folder() -> str | None:
    """The working directory; None for one that was removed."""
    try:
        return str(Path.cwd())
    except OSError:
        return None


def _opened(number: int) -> TextIO:
    return open(number, "w" if number else "r", errors="backslashreplace", closefd=False)


def _fill(number: int) -> None:
    if _is_open(number):
        return
    nowhere = os.open(os.devnull, os.O_RDWR)  # it may have become the missing one
    if number and _is_open(3 - number):  # stdout and stderr stand in for each other
        os.dup2(3 - number, number)
    elif nowhere != number:
        os.dup2(nowhere, number)
    if nowhere != number:
        os.close(nowhere)
    os.set_inheritable(number, True)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
