"""A process that is struck at the n-th thing that it does to files: killed there, or short of room from there on."""

from __future__ import annotations

import errno
import itertools
import mmap
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

How = Literal["killed", "full"]
Stroke = Callable[..., None]
_end, _kill = os._exit, os.kill  # btcli keeps them from user code
TAKES_ROOM = ("create", "os.mkdir", "os.link", "os.symlink", "write", "fsync")
_IN_ARGUMENTS = {  # of audited events: where the path stands, and the folder that it begins at
    "os.rename": (1, 3), "os.remove": (0, 1), "os.rmdir": (0, 1), "os.mkdir": (0, 2), "os.link": (1, 3),
    "os.symlink": (1, 2), "os.truncate": (0, None),
}  # fmt: skip
_MAKES = os.O_CREAT | os.O_TRUNC


class Ended(NamedTuple):
    """How a child ended (below 0: by that signal), what it said, and how much it did to the files."""

    code: int
    out: str
    err: str
    strokes: int


def in_child(work: Callable[[], Any], below: Path | None = None, at: int = 0, how: How = "killed") -> Ended:
    """Have a forked child do the work, struck at the `at`th thing that it does to files below a folder."""
    tally, out, err = mmap.mmap(-1, 8), os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        for name, number, (reading, writing) in (("stdout", 1, out), ("stderr", 2, err)):
            os.dup2(writing, number)
            os.close(reading)
            os.close(writing)
            setattr(sys, name, os.fdopen(number, "w", closefd=False))
        _do(work, below, at, how, tally)
    os.close(out[1])
    os.close(err[1])
    with os.fdopen(out[0]) as said, os.fdopen(err[0]) as complained:
        told = said.read(), complained.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Ended(code, *told, int.from_bytes(tally[:8], "little"))


def at_every_stroke(
    make: Callable[[], tuple[Path, Callable[[], Any]]], look: Callable[[int, Ended], None], how: How = "killed"
) -> int:
    """Strike anew made work below its folder at one thing after the other, and look each time; how many there were."""
    os.fsync = lambda _: None  # takes most of the time, and nobody takes the power away
    for at in itertools.count(1):
        below, work = make()
        ended = in_child(work, below, at, how)
        if ended.strokes < at:
            return at - 1
        look(at, ended)
    raise AssertionError


def _do(work: Callable[[], Any], below: Path | None, at: int, how: How, tally: mmap.mmap) -> None:
    code = 1
    try:
        if below is not None:
            _watch_files(_strokes(below.resolve(), at, how, tally))
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 (as Python ends a process)
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        _end(code)


def _strokes(below: Path, at: int, how: How, tally: mmap.mmap) -> Stroke:
    numbers = itertools.count(1)

    def stroke(what: str, path: Path, first: Callable[[], Any] | None = None) -> None:
        if not path.is_relative_to(below):
            return
        number = next(numbers)
        tally[:8] = number.to_bytes(8, "little")
        if at and number >= at:
            if how == "killed":
                if first is not None:
                    first()
                _kill(os.getpid(), signal.SIGKILL)
            # what Python does not write itself finds no room either; it ignores the signal
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
            if what in TAKES_ROOM:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    return stroke


def _path(path: Any, folder: Any = None) -> Path:
    """What a path, or a descriptor, names; from the folder of that descriptor where it says one."""
    if isinstance(path, int):
        return Path(f"/proc/self/fd/{path}").readlink()
    begins = Path.cwd() if folder in (None, -1) else _path(folder)
    return begins / os.fsdecode(path)


def _watch_files(stroke: Stroke) -> None:
    """Strike after what makes a file, in the midst of what is written, and before everything else."""
    opens, writes = os.open, {"write": os.write, "pwrite": os.pwrite}

    def heard(event: str, given: tuple[Any, ...]) -> None:
        if event in _IN_ARGUMENTS:
            path, folder = _IN_ARGUMENTS[event]
            stroke(event, _path(given[path], None if folder is None else given[folder]))
        elif event == "open" and given[1] is not None and not isinstance(given[0], int) and given[2] & _MAKES:
            made(_path(given[0]), lambda: opens(given[0], given[2], 0o666))

    def made(path: Path, make: Callable[[], Any]) -> None:
        stroke("empty" if path.exists() else "create", path, make)

    def opened(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if flags & _MAKES:
            made(_path(path, dir_fd), lambda: opens(path, flags, mode, dir_fd=dir_fd))
        return opens(path, flags, mode, dir_fd=dir_fd)

    def written(name: str) -> Callable[..., int]:
        def write(descriptor: int, content: Any, *where: int) -> int:
            half = content[: len(content) // 2]
            stroke("write", _path(descriptor), lambda: writes[name](descriptor, half, *where))
            return writes[name](descriptor, content, *where)

        return write

    def synced(descriptor: int) -> None:  # without waiting: no test takes the power away
        stroke("fsync", _path(descriptor))

    os.open, os.write, os.pwrite, os.fsync = opened, written("write"), written("pwrite"), synced  # type: ignore[assignment]
    sys.addaudithook(heard)
