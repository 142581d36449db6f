"""Text with a separator as a frame of text: where its header is, and the line of every row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from btcli.errors import AccessError, RequestError
from btcli.market.importing.columns import COLUMNS_OF_ARCHIVE, UNNAMED, names_prices
from btcli.market.importing.limits import Limits, require_size

SEPARATORS = (",", ";", "\t", "|")
_HEAD_LINES = 100
_LONGEST_LINE = 1 << 20
_TIME_OF_DAY = re.compile(r"\s*\d{1,2}:\d{2}(:\d{2})?\s*")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BOM = codecs.BOM_UTF8


class TextTable(NamedTuple):
    """Rows as text; `first_row` is the line of the first one, `lines` those of all where they do not just follow.

    `before` are the lines above the header, which may say something of the rows.
    """

    frame: pl.DataFrame
    first_row: int
    lines: pl.Series | None
    before: tuple[str, ...]
    has_header: bool


class _Layout(NamedTuple):
    separator: str
    names: tuple[str, ...]
    skipped: int  # lines before the first row
    header: tuple[str, ...] | None
    before: tuple[str, ...]


def read_text(path: Path, name: str, limits: Limits, known: Collection[str] = ()) -> TextTable:
    """Read a table with or without a header; `known` are names of columns that the caller expects in the header.

    Lines without any character and those that begin with # are no rows. Raises RequestError, with the line, for
    what is no table, is no text in UTF-8 or UTF-16, and for rows of another width than the header.
    """
    text = _in_utf8(path, name)
    layout = _layout(_head_lines(text if text is not None else path, name), known, name)
    require_size(0, len(layout.names), limits, name)
    source = text if text is not None else path
    frame = _quick(source, layout)
    if frame is not None and _is_regular(frame, source, layout):
        lines = None
    else:
        frame, lines = _careful(source, layout, name)
    return TextTable(frame, layout.skipped + 1, lines, layout.before, layout.header is not None)


def _in_utf8(path: Path, name: str) -> bytes | None:
    """The text where it is not UTF-8 with lines that end as everywhere, None where the file itself will do."""
    with path.open("rb") as file:
        head = file.read(_LONGEST_LINE)
    if head.startswith(_UTF16):
        try:
            return path.read_bytes().decode("utf-16").encode()
        except UnicodeError as error:
            raise RequestError("the file is no text in UTF-16", where=name, hint="save it as UTF-8") from error
    if b"\r" in head and b"\n" not in head:
        return path.read_bytes().replace(b"\r", b"\n")
    return None


def _head_lines(source: Path | bytes, name: str) -> list[str]:
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        lines = [file.readline(_LONGEST_LINE) for _ in range(_HEAD_LINES)]
    texts = [_decoded(line.removeprefix(_BOM), f"{name}:{n}") for n, line in enumerate(lines, start=1) if line]
    if any("\x00" in text for text in texts):
        raise RequestError("the file is no text: it holds zero bytes", where=name, hint="save it as CSV in UTF-8")
    return texts


def _layout(lines: Sequence[str], known: Collection[str], name: str) -> _Layout:
    """The header is the first line that names prices or the expected columns; without one, rows of numbers speak."""
    tables = [n for n, line in enumerate(lines) if any(mark in line for mark in SEPARATORS)]
    if not tables:
        raise RequestError("the file is no table: its first lines hold no separator", where=name)
    for n in tables:
        bare = lines[n].lstrip("# ") if lines[n].startswith("#") else lines[n]
        separator = _separator(bare)
        fields = _fields(bare, separator)
        if names_prices(fields) or (known and set(known) <= set(fields)):
            return _Layout(separator, _unique(fields), n + 1, tuple(fields), tuple(lines[:n]))
    rows = [n for n in tables if not lines[n].startswith("#")]
    if not rows:
        raise RequestError("the file is no table: its first lines hold no rows", where=name)
    first = next((n for n in rows if sum(map(_is_number, _fields(lines[n], _separator(lines[n])))) >= 4), rows[0])
    above = [n for n in rows if n < first]
    if above and len(_fields(lines[above[-1]], _separator(lines[first]))) == len(
        _fields(lines[first], _separator(lines[first]))
    ):
        first = above[-1]  # a header whose names say nothing of prices
    fields = _fields(lines[first], _separator(lines[first]))
    if not any(map(_is_number, fields)):
        return _Layout(_separator(lines[first]), _unique(fields), first + 1, tuple(fields), tuple(lines[:first]))
    return _Layout(_separator(lines[first]), _names_of_archive(fields, name), first, None, tuple(lines[:first]))


def _names_of_archive(fields: Sequence[str], name: str) -> tuple[str, ...]:
    """Names for rows without a header: those of the candle archives, the time in one column or in two."""
    names: tuple[str, ...] = COLUMNS_OF_ARCHIVE
    if len(fields) > 1 and _TIME_OF_DAY.fullmatch(fields[1]):
        names = ("date", "time", *COLUMNS_OF_ARCHIVE[1:6])
    elif len(fields) > 6 and not _is_later(fields[6], fields[0]):
        names = COLUMNS_OF_ARCHIVE[:6]
    if len(fields) < len(COLUMNS_OF_ARCHIVE[:5]) + (names[0] == "date"):
        raise RequestError("the file has no header and is no candle archive", where=name, hint="add a header")
    width = len(fields)
    return (*names[:width], *(f"column_{n}" for n in range(len(names) + 1, width + 1)))


def _quick(source: Path | bytes, layout: _Layout) -> pl.DataFrame | None:
    """As the reader of polars takes it, None when that stumbles."""
    try:
        return _csv(source, layout, layout.skipped)
    except pl.exceptions.PolarsError:
        return None


def _csv(source: Path | bytes, layout: _Layout, skipped: int) -> pl.DataFrame:
    # skip_rows would read quotes in a preface as such; lines are lines
    return pl.read_csv(
        source,
        separator=layout.separator,
        has_header=False,
        skip_lines=skipped,
        schema=dict.fromkeys(layout.names, pl.String),
    )


def _is_regular(frame: pl.DataFrame, source: Path | bytes, layout: _Layout) -> bool:
    """Whether rows and lines are the same, and no line is a comment or too short."""
    if frame.is_empty() or frame.to_series(frame.width - 1).null_count() or frame.to_series(0).null_count():
        return False
    if frame.to_series(0).str.starts_with("#").any() or frame.to_series(0).is_in([layout.names[0]]).any():
        return False
    return frame.height == _line_count(source) - layout.skipped


def _line_count(source: Path | bytes) -> int:
    count, last = 0, b"\n"
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        while chunk := file.read(_LONGEST_LINE):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")


def _careful(source: Path | bytes, layout: _Layout, name: str) -> tuple[pl.DataFrame, pl.Series]:
    """Line by line: what is no row is left out, what cannot be one is named."""
    kept, numbers = [], []
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            line = raw.strip(b"\r\n")
            if number <= layout.skipped or not line.strip() or line.startswith(b"#"):
                continue
            _require_row(line, layout, f"{name}:{number}")
            kept.append(line)
            numbers.append(number)
    if not kept:
        raise RequestError("the file holds no rows", where=name)
    try:
        frame = _csv(b"\n".join(kept), layout, 0)
    except pl.exceptions.PolarsError as error:
        said = str(error).splitlines()[0]
        raise AccessError(f"the file is damaged: {said}", where=name, hint="get it again") from error
    if frame.height != len(kept):
        raise RequestError("a quoted value runs over several lines", where=name, hint="save it without such values")
    return frame, pl.Series("line", numbers, dtype=pl.Int64)


def _require_row(line: bytes, layout: _Layout, where: str) -> None:
    text = _decoded(line, where)
    if b'"' not in line:
        width = line.count(layout.separator.encode()) + 1
        fields = None
    else:
        fields = _fields(text, layout.separator)
        width = len(fields)
    if layout.header is not None and (
        text.startswith(layout.header[0] or layout.separator)
        and tuple(fields or _fields(text, layout.separator)) == layout.header
    ):
        hint = "take this line out: files that were joined each bring theirs"
        raise RequestError("the header stands here again", where=where, hint=hint)
    if width != len(layout.names):
        whose = "the header" if layout.header is not None else "the first row"
        said = f"the row has {width} fields, {whose} {len(layout.names)}"
        raise RequestError(said, where=where, hint="mend the file; no value is guessed")


def _decoded(line: bytes, where: str) -> str:
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise RequestError("the line is no text in UTF-8", where=where, hint="save the file as UTF-8") from error


def _separator(line: str) -> str:
    return max(SEPARATORS, key=line.count)


def _fields(line: str, separator: str) -> list[str]:
    try:
        [fields] = csv.reader([line], delimiter=separator)
    except (csv.Error, ValueError):
        fields = line.split(separator)
    return [field.strip() for field in fields]


def _unique(fields: Sequence[str]) -> tuple[str, ...]:
    """Names for all columns, each once: the empty one says so, a repeated one gets its number."""
    seen: dict[str, int] = {}
    names = []
    for field in fields:
        name = field or UNNAMED
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(names)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_later(text: str, than: str) -> bool:
    return _is_number(text) and (not _is_number(than) or float(than) <= float(text) < float(than) * 1.01)
