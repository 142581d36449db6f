"""The folder in which object code waits for the next process: the user's own, closed to everybody else.

Beside each object lies its sha256. That guards against accidents (a full disk, a torn write), not against a person:
whoever may write into the folder may run code as its owner anyway.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from btcli.exchange.machine.unused import note_use, remove_unused

SUFFIX = ".sha256"
PRIVATE = 0o700
OPENED = os.O_NOFOLLOW | os.O_CLOEXEC


def places(environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where the folder may lie, best first."""
    cache = environment.get("XDG_CACHE_HOME", "")
    home = Path(cache) if Path(cache).is_absolute() else Path(os.path.expanduser("~"), ".cache")  # noqa: PTH111
    shared = Path(tempfile.gettempdir()) / f"btcli-{os.getuid()}-objects"
    return tuple(folder for folder in (home / "btcli" / "objects", shared) if folder.is_absolute())


def stored(folder: Path, name: str, *, notes_use: bool = True) -> bytes | None:
    """The object of that name, as it was stored; None when there is none, or anything about it is not as it was.

    It `notes_use` unless the reader is to leave no trace.
    """
    with suppress(OSError), _opened(folder) as place:
        code, digest = (_content(place, each, notes_use=notes_use) for each in (name, name + SUFFIX))
        if hashlib.sha256(code).hexdigest().encode() == digest:
            return code
    return None


def store(folder: Path, name: str, code: bytes) -> None:
    """Store an object whole or not at all, and remove those that nobody uses; raises OSError where it cannot be."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    with _opened(folder) as place:
        _replace(place, name, code)
        _replace(place, name + SUFFIX, hashlib.sha256(code).hexdigest().encode())
        with suppress(OSError):
            remove_unused(place, time.time())


def can_store(folder: Path) -> bool:
    """Whether objects can be stored there."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        with _opened(folder) as place:
            return os.access(".", os.W_OK, dir_fd=place)
    except OSError:
        return False


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """A handle of the folder, which it keeps naming; raises PermissionError for one that is not the user's alone."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | OPENED)
    try:
        _refuse_shared(os.fstat(place), 0o077)
        yield place
    finally:
        os.close(place)


def _refuse_shared(found: os.stat_result, others: int) -> None:
    if found.st_uid != os.geteuid() or found.st_mode & others:
        raise PermissionError(f"not of user {os.geteuid()} alone: mode {stat.S_IMODE(found.st_mode):o}")


def _content(place: int, name: str, *, notes_use: bool) -> bytes:
    with open(os.open(name, os.O_RDONLY | os.O_NONBLOCK | OPENED, dir_fd=place), "rb") as file:  # noqa: PTH123
        found = os.fstat(file.fileno())
        _refuse_shared(found, 0o022)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{name} is no file")
        if notes_use:
            note_use(file.fileno(), found, time.time())
        return file.read()


def _replace(place: int, name: str, content: bytes) -> None:
    """Write a file under another name first, so that nobody ever reads half of it."""
    temporary = f"{name}.{os.getpid()}.tmp"
    with suppress(FileNotFoundError):  # of a process that ended here with this very number
        os.unlink(temporary, dir_fd=place)
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | OPENED, 0o600, dir_fd=place), "wb") as file:  # noqa: PTH123
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, name, src_dir_fd=place, dst_dir_fd=place)
