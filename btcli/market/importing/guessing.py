"""What a file says of itself beside its rows: whose it is, and how long its candles are."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from btcli.errors import RequestError
from btcli.market.importing.columns import find_column
from btcli.market.importing.raw import RawFile
from btcli.symbols import read_symbol
from btcli.timeframe import UNIT_MS, Timeframe

_NAME = re.compile(r"([A-Z0-9]{1,20}(?:USDT|USDC|USD|PERP))(?=[-_. ])")
_PAIR_NAME = re.compile(r"([A-Z0-9]{1,20})_(USDT|USDC)(?:_(?:USDT|USDC))?(?=[-_. ])")  # BTC_USDT_USDT-5m-futures
ENOUGH_STEPS = 3


def of_one_symbol(raw: RawFile, symbol: str | None) -> tuple[RawFile, str]:
    """The rows of one symbol and its name: by the file's symbol column, else by the file's own name.

    Raises RequestError when the file holds several, another one, or does not say.
    """
    column = find_column("symbol", raw.frame.columns)
    if column is None:
        return raw, symbol or _from_name(raw)
    names = _spelled(raw, raw.frame[column].cast(pl.String))
    there = names.unique().drop_nulls().sort().to_list()
    if symbol is None and len(there) != 1:
        raise RequestError(f"the file holds {_listed(there)}", where=raw.name, hint="say which with --symbol")
    symbol = symbol or str(there[0])
    if symbol not in there:
        raise RequestError(f"the file holds {_listed(there)}, and no {symbol}", where=raw.name, hint="check --symbol")
    if len(there) == 1 and not names.null_count():
        return raw, symbol
    kept = (names == symbol).fill_null(False)
    return raw._replace(frame=raw.frame.filter(kept), kept=kept.arg_true()), symbol


def _spelled(raw: RawFile, names: pl.Series) -> pl.Series:
    """The symbols of a column in their one spelling; a contract that is no perpetual keeps a name of its own."""
    spelled = {}
    for text in names.unique().drop_nulls().to_list():
        try:
            named = read_symbol(text)
        except RequestError as error:
            raise RequestError(error.problems[0].message, where=raw.name, hint=error.problems[0].hint) from None
        spelled[text] = f"{text} ({named.kind})" if named.kind in ("dated", "inverse") else named.symbol
    return names.replace_strict(spelled, default=None, return_dtype=pl.String)


def timeframe_of(raw: RawFile, ts_open: pl.Series, asked: Timeframe | None) -> Timeframe:
    """The timeframe of ascending candle opens: the commonest step between them, which must be the one asked for.

    Raises RequestError when the two differ, or when there are too few rows to tell and none was asked for.
    """
    steps = ts_open.diff(null_behavior="drop")
    found = int(steps.mode().min()) if steps.len() else 0  # type: ignore[arg-type]
    if asked is not None and (steps.len() < ENOUGH_STEPS or found == asked.ms):
        return asked
    label = next((f"{found // ms}{unit}" for unit, ms in reversed(UNIT_MS.items()) if found and found % ms == 0), None)
    if asked is not None:
        raise RequestError(
            f"the file's rows are {label or f'{found} ms'} apart, not {asked}", where=raw.name, hint="check --timeframe"
        )
    if label is None:
        raise RequestError(
            "the file does not show how long its candles are", where=raw.name, hint="say it with --timeframe"
        )
    return Timeframe.parse(label)


def _from_name(raw: RawFile) -> str:
    if found := _NAME.match(raw.name):
        return found[1]
    if found := _PAIR_NAME.match(raw.name):
        return found[1] + found[2]
    raise RequestError("the file does not say whose it is", where=raw.name, hint="say it with --symbol")


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "no symbol at all"


def looks_like_funding(columns: Sequence[str]) -> bool:
    """Whether a file with these columns holds funding rates and no candles."""
    return find_column("rate", columns) is not None and not any(find_column(name, columns) for name in ("open", "high"))
