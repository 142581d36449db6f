"""Conditions on trades, as `side=long, net_pnl_usdt<0`: read by a grammar of one line, and never run as code.

A condition is a column, an operator and a value; all of them must hold. Columns are those of the frame of trades, and
weekday, hour and month of the entry (UTC). A value in quotes may hold a comma; `none` without quotes is an empty cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from btcli.analysis.groups import WEEKDAYS, key_of
from btcli.config.findings import did_you_mean, listed
from btcli.config.types import moment_ms
from btcli.errors import RequestError
from btcli.exchange.book.codes import EXIT_NAMES

if TYPE_CHECKING:
    import polars as pl

OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
WHERE = "--where"
_TERM = re.compile(
    r"\s*(?P<column>[^\s<>!=,]+)\s*(?P<operator>[<>!=]=?)\s*"
    r"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^,\"']*?))\s*"
    r"(?:$|,|\s(?i:and)\s(?=\s*[^\s<>!=,]+\s*[<>!=]))"
)
_MAY_LACK = frozenset({"tag", "stop_price", "target_price", "liquidation_price"})
_UNORDERED = frozenset({"symbol", "side", "exit_reason", "tag", "ambiguous"})
_WORDS: Mapping[str, Sequence[str]] = MappingProxyType(
    {"side": ("long", "short"), "exit_reason": EXIT_NAMES[1:], "weekday": WEEKDAYS}
)
_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "=": lambda column, value: column.eq_missing(value),
        "!=": lambda column, value: column.ne_missing(value),
        "<": lambda column, value: column < value,
        "<=": lambda column, value: column <= value,
        ">": lambda column, value: column > value,
        ">=": lambda column, value: column >= value,
    }
)


class Condition(NamedTuple):
    """What a column must be; the value is of the column's type, a weekday its number, None an empty cell."""

    column: str
    operator: str
    value: Any


def columns_of(trades: pl.DataFrame) -> tuple[str, ...]:
    """The columns that conditions may name."""
    return (*trades.columns, "weekday", "hour", "month")


def read_conditions(texts: Sequence[str], trades: pl.DataFrame) -> tuple[Condition, ...]:
    """The conditions in these texts; raises RequestError for what is none, with the columns and operators there are.

    A symbol and a tag must be one of the trades', so that a slip of the pen is no empty answer.
    """
    return tuple(condition for text in texts for condition in _conditions(text, trades))


def holding(conditions: Sequence[Condition], trades: pl.DataFrame) -> pl.DataFrame:
    """The trades for which all conditions hold, in their order."""
    for column, operator, value in conditions:
        trades = trades.filter(_COMPARED[operator](key_of(column), value))
    return trades


def _conditions(text: str, trades: pl.DataFrame) -> list[Condition]:
    found: list[Condition] = []
    place = 0
    while place < len(text) or not found:
        term = _TERM.match(text, place)
        if term is None or (term.end() == len(text) and term[0].endswith(",")):
            raise _refused(f"{text[place:].strip() or text!r} is no condition", trades)
        found.append(_condition(term, trades))
        place = term.end()
    return found


def _condition(term: re.Match[str], trades: pl.DataFrame) -> Condition:
    column, operator = term["column"], term["operator"].replace("==", "=")
    if column not in columns_of(trades):
        guess = did_you_mean(column, columns_of(trades))
        raise _refused(f"there is no column {column!r}", trades, guess)
    if operator not in OPERATORS:
        raise _refused(f"{term['operator']!r} is no operator", trades)
    quoted = term["double"] if term["double"] is not None else term["single"]
    value = _value(column, term["bare"], quoted, trades)
    if operator not in ("=", "!=") and (column in _UNORDERED or value is None):
        raise _refused(f"{column} {operator} has no meaning: only = and != have", trades)
    return Condition(column, operator, value)


def _value(column: str, bare: str | None, quoted: str | None, trades: pl.DataFrame) -> Any:
    if bare == "none" and column in _MAY_LACK:
        return None
    if bare == "":
        raise _refused(f"{column} is compared with nothing", trades)
    text = bare if quoted is None else quoted
    assert text is not None
    try:
        return _reader(column, trades)(text)
    except ValueError as error:
        said = str(error) if str(error).startswith("is ") else "is no value of it"
        raise RequestError(f"{column}: {text!r} {said}", where=WHERE, hint=_hint(column, trades)) from None


def _reader(column: str, trades: pl.DataFrame) -> Callable[[str], Any]:
    import polars as pl

    if column == "month":
        return _month
    if column == "hour":
        return _hour
    if column in ("symbol", "side", "exit_reason", "tag", "weekday"):
        return lambda text: _word(column, text, trades)
    kind = trades.schema[column]
    if isinstance(kind, pl.Datetime):
        return lambda text: datetime.fromtimestamp(moment_ms(text, is_end=False) / 1000, UTC)
    readers: Mapping[Any, Callable[[str], Any]] = {pl.Int64(): _whole, pl.Float64(): _number, pl.Boolean(): _truth}
    return readers[kind]


def _known(column: str, trades: pl.DataFrame) -> list[str]:
    if column in _WORDS:
        return list(_WORDS[column])
    return trades[column].unique().drop_nulls().sort().to_list()


def _word(column: str, text: str, trades: pl.DataFrame) -> str | int:
    known = _known(column, trades)
    if text not in known:
        raise ValueError("is none of them")
    return WEEKDAYS.index(text) + 1 if column == "weekday" else text


def _whole(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
        raise ValueError
    return int(text)


def _hour(text: str) -> int:
    if not 0 <= (hour := _whole(text)) <= 23:
        raise ValueError
    return hour


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or not text.isascii() or "_" in text:
        raise ValueError
    return value


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def _month(text: str) -> str:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text, re.ASCII):
        raise ValueError
    return text


def _hint(column: str, trades: pl.DataFrame) -> str:
    """What values the column has."""
    import polars as pl

    if column in ("symbol", "side", "exit_reason", "tag", "weekday"):
        known = _known(column, trades)
        return f"one of {', '.join(known[:20])}" if known else "the run has none"
    wanted = {"month": "a month as 2024-01", "hour": "a whole number from 0 to 23"}
    if column in wanted:
        return wanted[column]
    kind = trades.schema[column]
    if isinstance(kind, pl.Datetime):
        return "a day or a moment (UTC), as 2024-01-31 or 2024-01-31T12:00"
    return {pl.Int64(): "a whole number", pl.Float64(): "a number", pl.Boolean(): "true or false"}[kind]


def _refused(said: str, trades: pl.DataFrame, guess: str = "") -> RequestError:
    there = f"columns: {', '.join(columns_of(trades))}; operators: {listed(OPERATORS)}; as in --where 'side=long'"
    return RequestError(said, where=WHERE, hint=f"{guess} {there}".strip())
