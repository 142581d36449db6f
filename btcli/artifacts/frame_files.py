"""Frames as files that other tools read: all of them whole, or none."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO

import polars as pl

from btcli.drafts import own_draft, remove_left_behind, sync_folder
from btcli.errors import AccessError, RequestError
from btcli.interrupts import interrupts_held

FORMATS = (".parquet", ".csv")
_MOMENTS = "%Y-%m-%dT%H:%M:%S%.3fZ"
_GROUP_ROWS = 1 << 16  # fixed, as the compression is: the same frame gives the same bytes on any number of threads
_OS_ERROR = re.compile(r" \(os error \d+\)$")  # as polars says it


def write_frames(frames: Mapping[Path, Callable[[], pl.DataFrame]], *, overwrite: bool = False) -> dict[Path, int]:
    """Write each frame, made when its turn comes, into its file, .parquet or .csv; the rows of each.

    Either every file is there in the end, whole, or nothing has changed. Raises RequestError for a file that is there
    already, unless it may be overwritten, AccessError when folder or disk refuse.
    """
    for file in frames:
        _require_place(file, overwrite=overwrite)
    rows: dict[Path, int] = {}
    try:
        for file, make in frames.items():
            frame = make()
            with _disk(file), own_draft(file).open("wb") as out:
                _write(frame, out, file)
            rows[file] = frame.height
        with interrupts_held():  # else some are there, and drafts beside them
            _place_all(frames, overwrite=overwrite)
            _remove_drafts(frames)
    finally:
        _remove_drafts(frames)
    return rows


def _place_all(files: Iterable[Path], *, overwrite: bool) -> None:
    with ExitStack() as undone:
        for file in files:
            with _disk(file):
                _place(own_draft(file), file, undone, overwrite=overwrite)
        undone.pop_all()


def _remove_drafts(files: Iterable[Path]) -> None:
    for file in files:
        with suppress(OSError):
            own_draft(file).unlink(missing_ok=True)
        remove_left_behind(file)


def _require_place(file: Path, *, overwrite: bool) -> None:
    if file.is_dir():
        raise RequestError(f"{file} is a folder", hint="name a file in it")
    if file.exists() and not file.is_file():
        raise RequestError(f"{file} is no file that can be replaced", hint="give another name")
    if os.path.lexists(file) and not overwrite:
        raise _there_already(file)


def _there_already(file: Path) -> RequestError:
    return RequestError(f"{file} is there already", hint="give --overwrite, or another name")


def _write(frame: pl.DataFrame, out: IO[bytes], file: Path) -> None:
    """The frame's bytes on the disk, in the format that the file's ending names."""
    _WRITERS[file.suffix](frame, out)
    out.flush()
    os.fsync(out.fileno())


def _write_parquet(frame: pl.DataFrame, out: IO[bytes]) -> None:
    """By way of memory: where the disk is full, polars hides the reason behind an error of the format."""
    content = BytesIO()
    frame.rechunk().write_parquet(content, compression="zstd", compression_level=3, row_group_size=_GROUP_ROWS)
    out.write(content.getbuffer())


def _write_csv(frame: pl.DataFrame, out: IO[bytes]) -> None:
    frame.write_csv(out, datetime_format=_MOMENTS)


_WRITERS: Mapping[str, Callable[[pl.DataFrame, IO[bytes]], None]] = {".parquet": _write_parquet, ".csv": _write_csv}


@contextmanager
def _disk(file: Path) -> Iterator[None]:
    """Turn what the file system refuses into an AccessError that names the file, not its draft."""
    try:
        yield
    except OSError as refusal:
        said = _OS_ERROR.sub("", refusal.strerror or str(refusal))
        hint = "check the permissions and the free space, or choose another place"
        raise AccessError(f"cannot write: {said}", where=str(file), hint=hint) from refusal


def _place(draft: Path, file: Path, undone: ExitStack, *, overwrite: bool) -> None:
    """Give a finished draft its name; where it may not overwrite, a file that has come meanwhile is left alone."""
    if overwrite:
        draft.replace(file)
    else:
        try:
            os.link(draft, file)
        except FileExistsError:
            raise _there_already(file) from None
        except OSError:  # a file system without links
            if os.path.lexists(file):
                raise _there_already(file) from None
            draft.replace(file)
        undone.callback(file.unlink, missing_ok=True)
    sync_folder(file.parent)
