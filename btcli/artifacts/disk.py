"""Writing that either happened or did not, and one clear error when the file system refuses."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from btcli.drafts import sync_folder
from btcli.errors import AccessError

HINT = "check the permissions and the free space, or choose another folder with --out"
ANOTHER_KIND = {errno.EISDIR, errno.ENOTDIR, errno.EEXIST}  # a file where a folder has to be, or the other way round
MOVE = "something of another kind lies there: move it away"


@contextmanager
def disk(place: Path, doing: str = "write", hint: str = HINT) -> Iterator[None]:
    """Turn whatever the file system refuses inside the block into one AccessError."""
    try:
        yield
    except OSError as refusal:
        raise AccessError(
            f"cannot {doing}: {refusal.strerror or refusal}",
            where=str(refusal.filename2 or refusal.filename or place),  # of a draft the name that it was to have
            hint=MOVE if hint is HINT and refusal.errno in ANOTHER_KIND else hint,
        ) from refusal


def write_whole(path: Path, content: bytes, writer: str = "", hint: str = HINT) -> None:
    """Write a file so that a reader, or a restart after a crash, finds the old bytes or all the new ones.

    A link that lies where the draft will be is removed, not followed. Several who write the same file at once each
    have a name of their own, `writer`. Where it cannot be written nothing is left of it.
    """
    beside = path.with_name(draft_of(path.name, writer))
    with disk(path, hint=hint):
        beside.unlink(missing_ok=True)
        try:
            with beside.open("xb") as file:
                file.write(content)
            settle(beside, path)
        except BaseException:  # Ctrl-C, too: it would only fill the disk
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise


def settle(draft: Path, path: Path) -> None:
    """Give a draft that is whole its name, so that both survive a crash. Raises OSError."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def draft_of(name: str, writer: str = "") -> str:
    """What a file is called until all of it is written."""
    return f"{name}.{writer}.new" if writer else f"{name}.new"


def sync_files(folder: Path) -> None:
    """Make every file below a folder survive a crash, so that a sealed run is never a torn one."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def claim_folder(folder: Path) -> int | None:
    """Hold a folder against other processes of this program until the descriptor is closed.

    None where the platform has no such locks. Raises AccessError when another process holds it.
    """
    if os.name != "posix":
        return None
    import fcntl  # absent elsewhere

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as refusal:
        os.close(descriptor)
        if not isinstance(refusal, BlockingIOError):
            return None  # a file system without locks
        raise AccessError(
            "another process is writing this very run", where=str(folder), hint="wait until it is done"
        ) from None
    return descriptor
