"""Turning an exception of the user's code into an error that shows that code alone."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import groupby
from pathlib import Path
from types import TracebackType

import btcli
from btcli.errors import BtcliError, StrategyError
from btcli.pressing import is_ctrl_c
from btcli.strategies.guarding import STRAY, WouldEnd, end_stray, home

OWN = Path(btcli.__file__).resolve().parent
BUILT_IN = OWN / "strategies" / "builtin"
MOST_SHOWN = 40  # different frames in a row, at each end of those that a deep error came through
TIMES_SHOWN = 3  # of a frame that calls itself, as Python shows it
LIBRARIES = "stdlib", "platstdlib", "purelib", "platlib"


@contextmanager
def user_code(doing: str) -> Iterator[None]:
    """Around what may run the user's code: whatever that raises but a real Ctrl-C becomes a StrategyError.

    What btcli itself says of it stays as it is. A fork that comes back out of it ends at once.
    """
    try:
        yield
    except BaseException as error:
        if issubclass(type(error), BtcliError) and not is_of_user(error):
            raise
        raise strategy_error(error, doing) from error
    if STRAY:
        end_stray()


def strategy_error(error: BaseException, doing: str) -> StrategyError:
    """A StrategyError that says what was being done and ends with the traceback of the user's own frames.

    `where` is the innermost of those frames as file:line. Raises the error itself when it is a real Ctrl-C; does
    not return in a fork that user code made.
    """
    if STRAY:
        end_stray()
    if is_ctrl_c(error):
        raise error
    frames = user_frames(error)
    shown = "".join(_shown(frames)).rstrip()
    where = f"{shortest(_file(frames[-1]))}:{frames[-1].tb_lineno}" if frames else ""
    text = f"{doing}: {_said(error)}" + (f"\n{shown}" if shown else "")
    return StrategyError(text.encode(errors="backslashreplace").decode(), where=where)


def is_of_user(error: BaseException) -> bool:
    """Whether it was raised in the user's code, or by what stands in for calls that would end the process."""
    if issubclass(type(error), WouldEnd):
        return True
    frames = user_frames(error)
    return bool(frames) and frames[-1].tb_next is None


def user_frames(error: BaseException) -> list[TracebackType]:
    """The frames of the user's code that an error came through, outermost first.

    What called btcli, or is called by its command line alone, is not the user's code.
    """
    is_inside, is_project = cache(_is_inside), cache(is_project_file)  # a deep error came through a file many times
    frames = _frames(error)
    for frame in frames:
        if is_inside(_file(frame)):
            return [each for each in frames if is_project(_file(each))]
    return []


def _frames(error: BaseException) -> Iterator[TracebackType]:
    trace = _trace(error)
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _file(frame: TracebackType) -> str:
    return frame.tb_frame.f_code.co_filename


def _shown(frames: Sequence[TracebackType]) -> Iterator[str]:
    """Frames as Python shows them; of very many different ones the first and the last."""
    calls = [list(each) for _, each in groupby(frames, _place)]
    left_out = calls[MOST_SHOWN:-MOST_SHOWN]
    for call in calls[:MOST_SHOWN] if left_out else calls:
        yield from _shown_call(call)
    if left_out:
        yield f"  [{sum(map(len, left_out)):,} more frames]\n"
        for call in calls[-MOST_SHOWN:]:
            yield from _shown_call(call)


def _shown_call(same: Sequence[TracebackType]) -> Iterator[str]:
    """One frame, or several at the same place."""
    for frame in same[:TIMES_SHOWN]:
        yield from traceback.format_list(traceback.extract_tb(frame, limit=1))
    more = len(same) - TIMES_SHOWN
    if more > 0:
        yield f"  [Previous line repeated {more} more time{'s' if more > 1 else ''}]\n"


def _place(frame: TracebackType) -> tuple[str, int, str]:
    return _file(frame), frame.tb_lineno, frame.tb_frame.f_code.co_name


def _is_inside(name: str) -> bool:
    path = Path(name).resolve()
    return path.is_relative_to(OWN) and not path.is_relative_to(OWN / "cli")


def _trace(error: BaseException) -> TracebackType | None:
    trace: TracebackType | None = vars(BaseException)["__traceback__"].__get__(error)  # its class may have another
    return trace


def _said(error: BaseException) -> str:
    """What the error says; only what it is where it cannot even say that."""
    try:
        return "".join(traceback.format_exception_only(error)).strip()
    except BaseException:  # noqa: BLE001  it is the user's code that speaks
        return f"{type(error).__name__} that cannot be shown"


@cache
def installed() -> tuple[Path, ...]:
    """The folders of Python's own library and of installed packages; to ask takes a millisecond."""
    return tuple({Path(sysconfig.get_path(name)).resolve() for name in LIBRARIES})


def is_project_file(name: str) -> bool:
    """Whether a source file is the user's or a built-in strategy: not Python's, not an installed package's."""
    if name.startswith("<"):
        return False
    path = Path(name).resolve()
    if path.is_relative_to(OWN):
        return path.is_relative_to(BUILT_IN)
    return "site-packages" not in path.parts and not any(path.is_relative_to(folder) for folder in installed())


def shortest(name: str) -> str:
    """A file's name relative to the working directory where that is shorter."""
    path = Path(name)
    return str(path.relative_to(home())) if path.is_relative_to(home()) else name
