"""A sweep's folder: its plan, a file for every chunk that is done, and the table in the end."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

from btcli.artifacts.disk import disk, draft_of, settle, write_whole
from btcli.artifacts.text import json_bytes, plain
from btcli.digest import as_digested, sha256_of_bytes, sha256_of_file, with_digest
from btcli.errors import AccessError
from btcli.research.plan import Plan, plan_of

PLAN, TABLE, DONE, LOCK, CHUNKS, PACK = "plan.json", "trials.parquet", "done.json", "lock", "chunks", "pack"
BLOCK_BYTES = 1 << 12  # in which a disk counts: the last one of a file is not full
KEY_DIGITS = 24
LOOK_S = 0.1
ARRIVES_S = 20.0  # in which what another machine wrote is seen by this one
Write = Callable[[Path], None]
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
        write_whole(self.path / PLAN, plan.to_bytes())

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
                if named is None or int(named[1]) >= plan.chunks or not file.is_file():
                    damaged.append(file.name)
                elif named[2] == chunk_key(plan, int(named[1]), file.read_bytes()):
                    found[int(named[1])] = file
                else:
                    damaged.append(file.name)
        return found, damaged

    def chunk(self, plan: Plan, index: int, name: str) -> Path:
        """The file that another process says to have made of a chunk; AccessError where it does not arrive here."""
        file = self.path / CHUNKS / name
        until_s = time.monotonic() + ARRIVES_S
        while True:
            with disk(self.path, "read"):
                if file.is_file() and name == _name(index, chunk_key(plan, index, file.read_bytes())):
                    return file
            if time.monotonic() > until_s:
                said = f"a worker has done chunk {index}, and its file is not here"
                hint = "is this the same folder on every machine? --out names one that all of them see"
                raise AccessError(said, where=str(self.path / CHUNKS), hint=hint)
            time.sleep(LOOK_S)

    def keep(self, plan: Plan, index: int, write: Write, *, one_of_many: bool = False) -> Path:
        """Have a chunk written, and name it by its content: all of it is there, or nothing.

        Where it is `one_of_many` processes that write, another may write the same chunk at the same moment.
        """
        folder = self.path / CHUNKS
        with disk(folder):
            folder.mkdir(exist_ok=True)
        draft = folder / draft_of(f"{index:05}", f"{platform.node()}-{os.getpid()}" if one_of_many else "")
        with _drafted(draft, write):
            file = folder / _name(index, chunk_key(plan, index, draft.read_bytes()))
            settle(draft, file)
        return file

    def finish(self, plan: Plan, write: Write, told: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """Have the table of a plan written, and write beside it what it came to with its digest, which is given."""
        draft = self.path / draft_of(TABLE)
        with _drafted(draft, write):
            digest = sha256_of_file(draft)
            settle(draft, self.table)
        said = {"table": TABLE, "table_digest": digest, "plan_digest": plan.digest, **told()}
        write_whole(self.path / DONE, json_bytes(with_digest(plain(said))))
        return said

    def told(self, plan: Plan) -> dict[str, Any] | None:
        """What the table came to; None where it is not there, or is not the one that was written for the plan."""
        file = self.path / DONE
        if not file.is_file() or not self.table.is_file():
            return None
        with disk(self.path, "read"):
            try:
                said = as_digested(json.loads(file.read_bytes()))
            except (ValueError, RecursionError):
                return None
            if said is None or said.get("plan_digest", plan.digest) != plan.digest:  # an older btcli wrote none
                return None
            return said if said["table_digest"] == sha256_of_file(self.table) else None


def chunk_key(plan: Plan, index: int, content: bytes) -> str:
    """What a chunk is called by: the digest of its bytes, its place, and the plan that it is a part of."""
    return sha256_of_bytes(plan.digest.encode(), str(plan.length).encode(), str(index).encode(), content)[:KEY_DIGITS]


def _name(index: int, key: str) -> str:
    return f"{index:05}-{key}.parquet"


@contextmanager
def held(folder: Path, patience_s: float, notice: Callable[[str], None] | None = None) -> Iterator[SweepDir]:
    """The folder for this process alone, made where it is not there, and gone again where it got no plan.

    Afterwards nothing is left in it that was begun and not finished, nor the pack of a sweep that is done. Another
    process is waited for, `patience_s` seconds at most, of which `notice` hears; one that has died holds nothing.
    Raises AccessError when it is held for longer, or when the folder cannot be written.
    """
    until_s = time.monotonic() + patience_s
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = _locked(folder, until_s, notice)
    try:
        with disk(folder):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield SweepDir(folder)
    finally:
        with contextlib.suppress(OSError):
            _tidy(folder)
        os.close(descriptor)


def _tidy(folder: Path) -> None:
    """Take away what nobody will read: drafts, the pack once all is done, and a folder that became no sweep."""
    drafts = f"*{draft_of('')}*"
    for draft in (*folder.glob(drafts), *(folder / CHUNKS).glob(drafts)):
        if draft.is_dir():
            rmtree(draft, ignore_errors=True)
        else:
            draft.unlink(missing_ok=True)
    if (folder / DONE).exists():
        rmtree(folder / PACK, ignore_errors=True)
    if not (folder / PLAN).exists():
        (folder / LOCK).unlink()
        folder.rmdir()


def _locked(folder: Path, until_s: float, notice: Callable[[str], None] | None) -> int:
    """The lock's descriptor, of a file that is still there once it is had."""
    while True:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor, folder, until_s, notice)
            if os.fstat(descriptor).st_nlink:
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        folder.mkdir(parents=True, exist_ok=True)


def _lock(descriptor: int, folder: Path, until_s: float, notice: Callable[[str], None] | None) -> None:
    if os.name != "posix":
        return
    import fcntl  # absent elsewhere

    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until_s:
                raise _in_use(descriptor, folder) from None
            if notice is not None:
                notice("waiting for another process")
            time.sleep(LOOK_S)
        except OSError:
            return  # a file system without locks
        else:
            return


def _in_use(descriptor: int, folder: Path) -> AccessError:
    by = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
    said = f"another process{f' ({by})' if by else ''} is working on this very sweep"
    return AccessError(said, where=str(folder), hint="wait until it is done, or wait longer with --lock-wait")


@contextmanager
def _drafted(draft: Path, write: Write) -> Iterator[None]:
    """What was written into a draft, which nobody finds where it fails."""
    with _gone_if_refused(draft), disk(draft):
        draft.unlink(missing_ok=True)
        write(draft)
        yield


@contextmanager
def _gone_if_refused(draft: Path) -> Iterator[None]:
    """A draft that is not finished would only fill the disk."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
