"""What is done to a file's rows before its columns are read: dates and times joined, unfinished candles left out."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence

import polars as pl

from btcli.errors import RequestError
from btcli.market.importing.columns import find_column, folded
from btcli.market.importing.raw import RawFile

_TIME_OF_DAY = r"^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?$"
_YES, _NO = ("1", "1.0", "true", "t", "yes", "y"), ("0", "0.0", "false", "f", "no", "n")
_NUMBER_OR_TIME = r"^[-+(<>~$]?[\d.,]+[\d.,:eE+% TtZz/-]*(?: ?(?:am|pm|utc|gmt|ms|[smhdkb%]))?$"
_IDS = ("symbolid", "productid", "assetid", "pairid", "contractid", "coinid")
_MOST_SHOWN = 4


def with_joined_times(raw: RawFile) -> tuple[RawFile, str | None]:
    """A file whose dates and times of day stand in two columns gets them in one, whose name is the second answer."""
    folded = {name.lower().strip("<>"): name for name in raw.frame.columns}
    date, time = folded.get("date"), folded.get("time")
    if date is None or time is None or raw.frame[time].dtype != pl.String or raw.frame[date].dtype != pl.String:
        return raw, None
    times = raw.frame[time].str.strip_chars()
    if not (times.len() and times[0] is not None and pl.Series([times[0]]).str.contains(_TIME_OF_DAY)[0]):
        return raw, None
    name = f"{date} {time}"
    joined = raw.frame.with_columns(pl.concat_str(date, time, separator=" ").alias(name)).drop(date, time)
    return raw._replace(frame=joined), name


def only_finished(raw: RawFile) -> tuple[RawFile, int]:
    """The rows that the file itself calls finished, and how many it does not; all where it says nothing of that."""
    column = find_column("confirm", raw.frame.columns)
    if column is None:
        return raw, 0
    said = raw.frame[column].cast(pl.String, strict=False).str.strip_chars().str.to_lowercase()
    if not said.is_in([*_YES, *_NO]).fill_null(False).all():
        return raw, 0
    finished = said.is_in(list(_YES))
    left = raw.frame.height - int(finished.sum())
    return (raw.only(finished), left) if left else (raw, 0)


def with_rate_of_candles(raw: RawFile, names: Mapping[str, str]) -> Mapping[str, str]:
    """Funding that is written as candles has its rate in `open`, and nothing in the other prices."""
    columns = raw.frame.columns
    others = [find_column(name, columns) for name in ("high", "low", "close")]
    rate = find_column("open", columns)
    if "rate" in names or find_column("rate", columns) or rate is None:
        return names
    empty = all(other and (_numbers(raw.frame[other]).fill_null(0.0) == 0.0).all() for other in others)
    return {**names, "rate": rate} if empty else names


def require_one_kind(raw: RawFile, used: Collection[str], as_named: Sequence[str]) -> None:
    """Raise RequestError for an ignored column of words that differ: its rows may be of several markets."""
    for column in raw.frame.columns:
        values = raw.frame[column]
        if column in used or column in as_named or not (_is_text(values) or values.dtype.is_integer()):
            continue
        words = _words(column, values)
        if len(words) > 1:
            shown = ", ".join(word[:30] for word in words[:_MOST_SHOWN])
            more = f" and {len(words) - _MOST_SHOWN} more" if len(words) > _MOST_SHOWN else ""
            raise RequestError(
                f"its column {column} says {shown}{more}: which rows are meant?",
                where=raw.name,
                hint=f"keep those of one market; or leave the column out of account: --as-named {shlex.quote(column)}",
            )


def _is_text(values: pl.Series) -> bool:
    return isinstance(values.dtype, pl.String | pl.Categorical | pl.Enum)


def _words(column: str, values: pl.Series) -> list[str]:
    """The different words of a column, or numbers of one that counts markets; none of one that holds neither.

    In a column of kinds of contract nothing is a word as well.
    """
    if folded(column) in _IDS:
        return values.cast(pl.String).drop_nulls().unique(maintain_order=True).to_list()
    if not _is_text(values) or (values.dtype == pl.String and _numbers(values).null_count() == values.null_count()):
        return []
    texts = [(text or "").strip() for text in values.cast(pl.String).unique(maintain_order=True).to_list()]
    words = [text for text in texts if text]
    if len(words) < len(texts) and find_column("kind", [column]):
        words.append("nothing")
    return words if _are_words(pl.Series(words[:1000], dtype=pl.String)) else []


def _are_words(values: pl.Series) -> bool:
    """Whether most are neither numbers, nor times, nor yes and no."""
    bare = values.str.strip_chars().str.to_lowercase()
    number_or_time = bare.str.contains(_NUMBER_OR_TIME) | bare.is_in([*_YES, *_NO, "nan", "-"])
    return bool((~number_or_time).sum() * 2 > values.len())


def _numbers(values: pl.Series) -> pl.Series:
    return values.cast(pl.Float64, strict=False)
