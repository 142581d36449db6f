"""How long the candles of a file are: by the steps between them, their closes, and what the file says itself."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

import polars as pl

from btcli.errors import RequestError
from btcli.market.importing.claims import Evidence
from btcli.market.importing.columns import find_column
from btcli.market.importing.filenames import NameSays
from btcli.market.importing.raw import RawFile
from btcli.timeframe import UNIT_MS, Timeframe

ENOUGH_STEPS = 3
BY_NAME = "its name"
_WORDS = re.compile(r"(?:PT?)?(\d{1,4})?[ _-]?(MINUTES?|MINS?|HOURS?|HRS?|DAYS?|WEEKS?|[MHDW])?", re.IGNORECASE)


def said_lengths(raw: RawFile, name: NameSays) -> list[Evidence]:
    """Timeframes that the file says itself: an answer's `interval`, a column of one, and its name."""
    found = []
    if "interval" in raw.says and (label := _label(raw.says["interval"])):
        found.append(Evidence(label, f"interval {raw.says['interval']}"))
    column = find_column("interval", raw.frame.columns)
    if column is not None:
        values = raw.frame[column].cast(pl.String, strict=False).unique(maintain_order=True).drop_nulls().to_list()
        labels = [_label(value) for value in values]
        if len(set(labels)) > 1 and None not in labels:
            said = f"its column {column} says {', '.join(values[:4])}: which rows are meant?"
            raise RequestError(said, where=raw.name, hint="keep those of one length")
        if len(set(labels)) == 1 and labels[0]:
            found.append(Evidence(labels[0], f"its column {column}"))
    return found + [Evidence(length.label, BY_NAME) for length in name.lengths]


def timeframe_of(
    raw: RawFile,
    ts: pl.Series,
    asked: Timeframe | None,
    found: Sequence[Evidence] = (),
    as_named: Sequence[str] = (),
) -> Timeframe:
    """The timeframe of ascending times: the commonest step between them, which must be the one asked for and said.

    Too few rows show no step: then what was asked for, or what the file says beside its name, decides. Raises
    RequestError when these differ, or when nothing tells.
    """
    steps = ts.diff(null_behavior="drop")
    step = int(steps.mode().min()) if steps.len() else 0  # type: ignore[arg-type]
    label = next((f"{step // ms}{unit}" for unit, ms in reversed(UNIT_MS.items()) if step and step % ms == 0), None)
    shows = steps.len() >= ENOUGH_STEPS
    if asked is not None and shows and step != asked.ms:
        told = f"the file's rows are {label or f'{step} ms'} apart, not {asked}"
        raise RequestError(told, where=raw.name, hint="check --timeframe")
    if asked is None and not shows and (sure := [each for each in found if each.because != BY_NAME]):
        label = sure[0].value
    if asked is None and label is None:
        told = "the file does not show how long its candles are"
        raise RequestError(told, where=raw.name, hint="say it with --timeframe")
    timeframe = asked or _length(raw, str(label))
    _require_said(raw, timeframe, [each for each in found if shows or each.because != BY_NAME], as_named)
    return timeframe


def _length(raw: RawFile, label: str) -> Timeframe:
    """The timeframe of a step; raises RequestError for one that candles do not have."""
    try:
        return Timeframe.parse(label)
    except RequestError as error:
        said = f"its rows are {label} apart: {error.problems[0].message}"
        raise RequestError(said, where=raw.name, hint=error.problems[0].hint) from None


def _require_said(raw: RawFile, timeframe: Timeframe, found: Sequence[Evidence], as_named: Sequence[str]) -> None:
    labels = [each.value for each in found]
    if not labels or timeframe.label in labels or set(labels) & set(as_named):
        return
    hint = f"check --timeframe; if it is meant all the same: --as-named {shlex.quote(found[0].value)}"
    said = f"its rows are candles of {timeframe}, and {found[0].because} says {found[0].value}"
    raise RequestError(said, where=raw.name, hint=hint)


def _label(text: str) -> str | None:
    """The one label of a length in the words of a venue: 1m, 60, 1MIN, 1HOUR, PT1H, D; None for other words."""
    found = _WORDS.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]) or text.strip() in ("1M", "M"):
        return None
    try:
        return Timeframe.parse(f"{found[1] or 1}{(found[2] or 'm')[0].lower()}").label
    except RequestError:
        return None
