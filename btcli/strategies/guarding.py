"""What user code must not do to the process it runs in: end it, replace it, or come back from a fork of it.

Compiled code and signals from outside are not covered; whoever waits for this process sees it end without a word.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

from btcli.pressing import hear_ctrl_c, tell_apart

DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux
STRAY: list[int] = []  # holds the process id of a fork that user code made, in that fork alone
_ENDINGS = {
    "os": ("_exit", "abort", "execv", "execve", "kill", "killpg"),
    "signal": ("raise_signal", "pthread_kill"),
    "_thread": ("interrupt_main",),
}
_TWINS = {"os": ("posix",), "signal": ("_signal",), "_thread": ()}
_exit = os._exit
_real: list[tuple[Any, str, Any]] = []
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
    tell_apart()
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        hear_ctrl_c(_is_of_user)


def _is_of_user(frame: FrameType | None) -> bool:
    """Whether the user's code is called somewhere above: it may catch a Ctrl-C, and do with it what it wants."""
    from btcli.strategies.failing import OWN, is_project_file

    is_inside = False
    while frame is not None:
        file = frame.f_code.co_filename
        if is_inside and file.startswith(str(OWN)):
            return True
        is_inside = is_inside or is_project_file(file)
        frame = frame.f_back
    return False


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
