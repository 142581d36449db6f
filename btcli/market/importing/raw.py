"""A file as it lies there: its format, its columns as named in it, and where its rows are."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from btcli.errors import AccessError, RequestError
from btcli.market.importing.formats import HEAD_BYTES, format_of
from btcli.market.importing.json_rows import read_json
from btcli.market.importing.limits import LIMITS, Limits, require_size
from btcli.market.importing.packed import unpacked
from btcli.market.importing.text_table import read_text

_SAID_ABOVE = re.compile(r"\b(symbol|pair|ticker|interval)[\"']?\s*[:=,;\t]\s*[\"']?([^\s,;|\"']+)", re.IGNORECASE)
_WITH_QUOTE = re.compile(r"USD[TC]?\b|PERP\b", re.IGNORECASE)
MOST_WRAPPINGS = 2  # a zip of a gzip is somebody's; more is nobody's


class RawFile(NamedTuple):
    """The rows of a file; those of text files are still text.

    `names` are the file's own name and, before it, that of a file inside; `says` is what an answer around the rows
    says, `before` the lines above a header. `first_row` is the number of the file's first row, `lines` those of all
    where they do not just follow, `kept` says which of its rows these are (all, when None).
    """

    name: str
    format: str
    frame: pl.DataFrame
    first_row: int
    kept: pl.Series | None = None
    names: tuple[str, ...] = ()
    lines: pl.Series | None = None
    says: Mapping[str, str] = {}
    before: tuple[str, ...] = ()
    has_header: bool = True

    def where(self, index: int) -> str:
        """The name of a row for people: `file.csv:17` by line, `file.parquet row 17` counted from 1."""
        place = index if self.kept is None else int(self.kept[index])
        number = self.first_row + place if self.lines is None else int(self.lines[place])
        return f"{self.name}:{number}" if self.format == "csv" else f"{self.name} row {number}"

    def only(self, mask: pl.Series) -> RawFile:
        """The rows that a mask marks, which keep their numbers."""
        places = mask.arg_true()
        kept = places if self.kept is None else self.kept.gather(places)
        return self._replace(frame=self.frame.filter(mask), kept=kept)


def read_raw(path: Path, known: Collection[str] = (), limits: Limits = LIMITS) -> RawFile:
    """Read a Parquet, text, Feather or JSON file, or the one inside a zip or a gzip, recognised by its content.

    `known` are names of columns that the caller expects. Raises AccessError when it cannot be read at all,
    RequestError when its format is not read or its content goes beyond the limits.
    """
    try:
        raw = _read(path, path.name, known, limits, MOST_WRAPPINGS)
    except (OSError, EOFError) as error:
        said = getattr(error, "strerror", None) or error
        raise AccessError(f"the file cannot be read: {said}", where=path.name) from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        said = next(iter(str(error).splitlines()), "it cannot be read")[:200]
        raise AccessError(f"the file is damaged: {said}", where=path.name, hint="get it again") from error
    if raw.frame.is_empty():
        raise RequestError("the file holds no rows", where=path.name)
    return raw._replace(names=tuple(dict.fromkeys((raw.name, path.name))))


def _read(path: Path, name: str, known: Collection[str], limits: Limits, wrappings: int) -> RawFile:
    with path.open("rb") as file:
        kind = format_of(file.read(HEAD_BYTES), name)
    if kind in ("zip", "gzip"):
        if not wrappings:
            raise RequestError("the file is packed too many times", where=name, hint="unpack it first")
        with unpacked(path, name, kind, limits) as (inside, said):
            return _read(inside, said, known, limits, wrappings - 1)
    if kind == "json":
        frame, says = read_json(path, name, limits)
        return RawFile(name, "json", frame, 1, says=says)
    if kind == "text":
        table = read_text(path, name, limits, known)
        raw = RawFile(name, "csv", table.frame, table.first_row, lines=table.lines, says=_said_above(table.before))
        return raw._replace(before=table.before, has_header=table.has_header)
    return RawFile(name, kind, _read_frame(path, name, kind, limits), 1)


def _said_above(lines: Collection[str]) -> dict[str, str]:
    """What lines above a header say of all rows, as "Symbol: BTCUSDT"; a symbol is one only with its quote."""
    found = {key.lower(): word for line in lines for key, word in _SAID_ABOVE.findall(line)}
    return {key: word for key, word in found.items() if key == "interval" or _WITH_QUOTE.search(word)}


def _read_frame(path: Path, name: str, kind: str, limits: Limits) -> pl.DataFrame:
    """Parquet, or Feather of version 2 as pandas and freqtrade write it: how large it gets is asked first.

    Lists and structures stay empty: one row of them may hold gigabytes, and none is a time or a number.
    """
    scan = pl.scan_parquet(path) if kind == "parquet" else pl.scan_ipc(path)
    schema = scan.collect_schema()
    require_size(0, len(schema), limits, name)
    require_size(int(scan.select(pl.len()).collect().item()), len(schema), limits, name)
    plain = [column for column, dtype in schema.items() if not dtype.is_nested()]
    frame = pl.read_parquet(path, columns=plain) if kind == "parquet" else pl.read_ipc(path, columns=plain)
    nested = (pl.lit(None, dtype=dtype).alias(column) for column, dtype in schema.items() if dtype.is_nested())
    return frame.with_columns(nested).select(schema.names()) if frame.width else frame
