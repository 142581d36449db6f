"""Opening a store file: making it, waiting for whoever holds it, and saying clearly what is wrong."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from btcli.drafts import sync_folder
from btcli.errors import StoreError, StoreLocked
from btcli.market.store.checking import require_store
from btcli.market.store.connecting import Database, connect
from btcli.market.store.drafts import draft_of, remove_draft, settle
from btcli.market.store.layout import create_tables
from btcli.market.store.library import duckdb
from btcli.market.store.supported import require_supported_duckdb
from btcli.market.store.where import Store

POLL_S = 0.05
_FULL = ("No space left on device", "File too large", "Disk quota exceeded")
_HOLDER = re.compile(r"\(PID (\d+)\)")


def store_exists(path: Path) -> bool:
    """Whether there is a store file; raises StoreError when that cannot even be asked."""
    try:
        if path.parent.exists() and not path.parent.is_dir():
            raise StoreError("cannot be: its folder is a file", where=str(path), hint="name a folder with --data")
        return path.exists()
    except OSError as error:
        raise store_error(path, error) from error


@contextmanager
def opened(store: Store, *, read_only: bool) -> Iterator[Database]:
    """An existing store, closed again whatever happens.

    Raises StoreLocked when another process does not let go in time, StoreError for
    a file that is no store, is damaged, or may not be touched, and for a DuckDB that does not do.
    """
    require_supported_duckdb()
    path, database = store.path, _connect_or_wait(store, read_only)
    try:
        require_store(database, path)
        yield database
    except duckdb.Error as error:
        raise store_error(path, error) from error
    finally:
        database.close()


def create_store(path: Path) -> None:
    """Make an empty store; it appears complete or not at all, and an existing one stays as it is."""
    require_supported_duckdb()
    _require_no_log(path)
    draft = draft_of(path, "new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_draft(draft)
        with connect(draft) as database:
            create_tables(database)
            database.tell("CHECKPOINT")  # closing would keep silent about a disk that is full
        settle(draft)
        with connect(draft, read_only=True) as database:
            require_store(database, draft)
        _publish(draft, path)
    except (OSError, duckdb.Error, StoreError) as error:
        if not store_exists(path):  # else another process was faster, and has swept this draft away
            raise store_error(path, error) from error
    finally:
        remove_draft(draft)


def _require_no_log(path: Path) -> None:
    """DuckDB would write the rows of a log that lost its store into the new one, and say nothing."""
    log = path.with_name(f"{path.name}.wal")
    if log.exists() and not path.exists():
        raise StoreError(
            "this log has lost its store, and a new one would take in its rows",
            where=str(log),
            hint=f"put the store back beside it, or remove the log: rm {shlex.quote(str(log))}",
        )


def _publish(draft: Path, path: Path) -> None:
    """Give the draft its name unless another process was faster, whose store is as good."""
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        if not path.exists():
            draft.replace(path)
    sync_folder(path.parent)


def _connect_or_wait(store: Store, read_only: bool) -> Database:
    path, give_up = store.path, time.monotonic() + store.patience_s
    while True:
        try:
            return connect(path, read_only=read_only)
        except duckdb.Error as error:
            if not _is_lock(error):
                raise store_error(path, error) from error
            if time.monotonic() >= give_up:
                raise _locked(store, error) from error
        time.sleep(POLL_S)


def _is_lock(error: duckdb.Error) -> bool:
    said = str(error)
    return "Could not set lock" in said or "being used by another process" in said


def _locked(store: Store, error: duckdb.Error) -> StoreLocked:
    found = _HOLDER.search(str(error))
    holder = f"the process with PID {found[1]}" if found else "another process"
    return StoreLocked(
        f"the store is held by {holder}; waited {store.patience_s:g} s",
        where=str(store.path),
        hint="let it finish, or wait longer with --lock-wait",
    )


def store_error(path: Path, error: Exception) -> StoreError:
    """One sentence for the reader instead of the database's paragraph."""
    said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error).splitlines()[0]
    if any(word in said for word in _FULL):
        message, hint = "the disk is full", "make room and run the same command again; what was stored before is kept"
    elif "Permission denied" in said or "Read-only file system" in said:
        message, hint = "the store may not be read or written", "check the folder's rights, or name one with --data"
    elif "not a valid DuckDB database file" in said:
        message, hint = "this is no store, or a damaged one", "move it away and import again"
    else:
        message, hint = f"the store cannot be used: {said}", "check the folder, or name another with --data"
    return StoreError(message, where=str(path), hint=hint)
