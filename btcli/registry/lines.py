"""Lines that are added to a file and never changed: each is there as a whole, or was never promised to be."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from btcli.artifacts.disk import disk
from btcli.drafts import sync_folder
from btcli.errors import AccessError

PATIENCE_S, LOOK_S = 30, 0.02
_BLOCK = 1 << 16
_HINT = "check the permissions and the free space, or choose another file with BTCLI_TRIALS"


def add_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add objects, a line each, and wait until the disk has them; other processes wait meanwhile.

    What a killed process left of a line without its end is taken away first: nobody was told that it was there.
    Raises AccessError when the file system refuses, or another process holds the file; nothing of these lines is left.
    """
    content = b"".join(orjson.dumps(line) + b"\n" for line in lines)
    if not content:
        return
    with disk(path, hint=_HINT):
        is_new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            with _alone(descriptor, path):
                _add(descriptor, content)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(path.parent)


def read_lines(path: Path) -> tuple[dict[int, dict[str, Any]], list[int]]:
    """The objects of a file by the numbers of their lines, and the numbers of lines that hold none.

    A last line without its end is not there yet.

    Raises AccessError for a file that cannot be read.
    """
    with disk(path, "read", _HINT):
        if not path.exists():
            return {}, []
        whole = path.read_bytes()
    found: dict[int, dict[str, Any]] = {}
    damaged: list[int] = []
    for number, line in enumerate(whole[: whole.rfind(b"\n") + 1].splitlines(), 1):
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            value = None
        if isinstance(value, dict):
            found[number] = value
        else:
            damaged.append(number)
    return found, damaged


def _add(descriptor: int, content: bytes) -> None:
    whole = _end_of_lines(descriptor)
    os.ftruncate(descriptor, whole)
    os.lseek(descriptor, whole, os.SEEK_SET)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except BaseException:  # also Ctrl-C: a part of the lines would be lines
        os.ftruncate(descriptor, whole)
        raise


def _end_of_lines(descriptor: int) -> int:
    """The place after the last end of a line."""
    place = os.fstat(descriptor).st_size
    while place > 0:
        first = max(0, place - _BLOCK)
        end = os.pread(descriptor, place - first, first).rfind(b"\n")
        if end >= 0:
            return first + end + 1
        place = first
    return 0


@contextmanager
def _alone(descriptor: int, path: Path) -> Iterator[None]:
    """Hold the file against other processes that add to it; where a platform or file system has no locks, hope.

    Another one holds it for as long as the disk takes, unless it was stopped just then: raises AccessError.
    """
    until_s = time.monotonic() + PATIENCE_S
    while not _is_had(descriptor):
        if time.monotonic() > until_s:
            said = f"another process holds it since {PATIENCE_S} s or more"
            raise AccessError(said, where=str(path), hint="let a process that was stopped, as by Ctrl-Z, go on or end")
        time.sleep(LOOK_S)
    yield


def _is_had(descriptor: int) -> bool:
    try:
        import fcntl  # absent elsewhere

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        pass
    return True
