"""A sweep's folder: its plan, a file for every chunk that is done, and the table in the end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from btcli.artifacts.disk import disk, draft_of, write_whole
from btcli.artifacts.text import json_bytes
from btcli.digest import sha256_of_bytes, sha256_of_file
from btcli.errors import AccessError
from btcli.research.plan import Plan, plan_of

PLAN, TABLE, DONE, LOCK, CHUNKS = "plan.json", "trials.parquet", "done.json", "lock", "chunks"
KEY_DIGITS = 24
LOOK_S = 0.1
_CHUNK = re.compile(r"(\d{5})-([0-9a-f]{24})\.parquet")


class SweepDir:
    """The folder of one sweep."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def table(self) -> Path:
        """Where its table lies once it is done."""
        return self.path / TABLE

    def plan(self) -> Plan | None:
        """Its plan; None where none was written. Raises AccessError for one that cannot be read."""
        file = self.path / PLAN
        if not file.is_file():
            return None
        with disk(file, "read"):
            return plan_of(file.read_bytes(), str(file))

    def write_plan(self, plan: Plan) -> None:
        """Write the plan, which makes it a sweep."""
        _write(self.path / PLAN, plan.to_bytes())

    def done(self, plan: Plan) -> tuple[dict[int, Path], list[str]]:
        """The chunks that are there and whole, by their index, and the names of files that are not what they say.

        Nothing of these is used; they are overwritten by nobody.
        """
        found: dict[int, Path] = {}
        damaged: list[str] = []
        with disk(self.path, "read"):
            files = sorted((self.path / CHUNKS).glob("*.parquet"))
            for file in files:
                named = _CHUNK.fullmatch(file.name)
                if named is None or int(named[1]) >= plan.chunks:
                    damaged.append(file.name)
                elif named[2] == chunk_key(plan, int(named[1]), file.read_bytes()):
                    found[int(named[1])] = file
                else:
                    damaged.append(file.name)
        return found, damaged

    def keep(self, plan: Plan, index: int, content: bytes) -> Path:
        """Write a chunk under the name of its content: all of it is there, or nothing."""
        folder = self.path / CHUNKS
        with disk(folder):
            folder.mkdir(exist_ok=True)
        file = folder / f"{index:05}-{chunk_key(plan, index, content)}.parquet"
        _write(file, content)
        return file

    def finish(self, content: bytes, told: Mapping[str, Any]) -> dict[str, Any]:
        """Write the table, and beside it what it came to with its digest, which is given."""
        _write(self.table, content)
        said = {"table": TABLE, "table_digest": hashlib.sha256(content).hexdigest(), **told}
        _write(self.path / DONE, json_bytes(said))
        return said

    def touch(self) -> None:
        """Make it the latest: it was asked for again."""
        with disk(self.path / DONE):
            os.utime(self.path / DONE)

    def told(self) -> dict[str, Any] | None:
        """What the table came to; None where it is not there, or is not the one that was written."""
        file = self.path / DONE
        if not file.is_file() or not self.table.is_file():
            return None
        with disk(self.path, "read"):
            try:
                said: dict[str, Any] = json.loads(file.read_bytes())
            except ValueError:
                return None
            return said if said.get("table_digest") == sha256_of_file(self.table) else None


def chunk_key(plan: Plan, index: int, content: bytes) -> str:
    """What a chunk is called by: the digest of its bytes, its place, and the plan that it is a part of."""
    return sha256_of_bytes(plan.digest.encode(), str(plan.length).encode(), str(index).encode(), content)[:KEY_DIGITS]


@contextmanager
def held(folder: Path, patience_s: float) -> Iterator[SweepDir]:
    """The folder for this process alone, made where it is not there, and gone again where it got no plan.

    Another process is waited for, `patience_s` seconds at most; one that has died holds nothing. Raises AccessError
    when it is held for longer, or when the folder cannot be written.
    """
    until_s = time.monotonic() + patience_s
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = _locked(folder, until_s)
    try:
        with disk(folder):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield SweepDir(folder)
    finally:
        if not (folder / PLAN).exists():
            with contextlib.suppress(OSError):
                (folder / LOCK).unlink()
                folder.rmdir()
        os.close(descriptor)


def _locked(folder: Path, until_s: float) -> int:
    """The lock's descriptor, of a file that is still there once it is had."""
    while True:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor, folder, until_s)
            if os.fstat(descriptor).st_nlink:
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        folder.mkdir(parents=True, exist_ok=True)


def _lock(descriptor: int, folder: Path, until_s: float) -> None:
    if os.name != "posix":
        return
    import fcntl  # absent elsewhere

    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until_s:
                raise _in_use(descriptor, folder) from None
            time.sleep(LOOK_S)
        except OSError:
            return  # a file system without locks
        else:
            return


def _in_use(descriptor: int, folder: Path) -> AccessError:
    by = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
    said = f"another process{f' ({by})' if by else ''} is working on this very sweep"
    return AccessError(said, where=str(folder), hint="wait until it is done, or wait longer with --lock-wait")


def _write(file: Path, content: bytes) -> None:
    """Write a whole file, or leave nothing of it: a draft would only fill the disk."""
    try:
        write_whole(file, content)
    except BaseException:
        with contextlib.suppress(OSError):
            file.with_name(draft_of(file.name)).unlink(missing_ok=True)
        raise
