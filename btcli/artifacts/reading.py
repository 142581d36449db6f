"""Reading back the files of a run: what is not as a run writes it is an error with its file, line and field."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

import orjson

from btcli.artifacts.disk import disk
from btcli.artifacts.kinds import Sizing, is_moment
from btcli.artifacts.recorder import EQUITY, TRADES
from btcli.artifacts.text import EQUITY_HEADER
from btcli.errors import AccessError, RequestError
from btcli.exchange.face.events import EQUITY_COLUMNS, Trade
from btcli.symbols import is_symbol

DEEPEST = 64
HINT = "btcli replay --no-run says which files were changed"
_WORD = re.compile(r"[A-Za-z_]{1,64}")
_MOMENTS = frozenset({"ts", "funding_ts", "bar_ts_close", "entry_ts", "exit_ts"})
_WHOLE = ("seq", "order_id", "trade_id", "leg", "part")
_WORDS = ("event", "side", "type", "code", "exit_reason", "capped_by", "direction", "action", "order",
          "time_in_force")  # fmt: skip
_NUMBERS = ("qty", "qty_after", "price", "rate", "t", "have", "need", "reduce_qty", "moved_to", "expires_after_ms",
            "expires_after", "stop_distance", "target_distance", "trail_distance", "trail_activation",
            "break_even_distance")  # fmt: skip
_LEVELS = frozenset({"liquidation_price", "stop_price", "target_price"})
_MAY_LACK_LEVELS = frozenset({"position_opened", "position_changed", "funding_settled", "margin_added", "liquidated"})
_MAY_BE_NONE = frozenset({"symbol", "from_price", "moved_to"})
# What the story of a trade reads of each event; others are free.
_FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: frozenset(fields.split())
        for name, fields in {
            "signal": "direction action",
            "order_submitted": "order_id side type qty reference_price",
            "order_filled": "order_id trade_id side type qty price reference_price fee_usdt",
            "order_rejected": "order_id side qty code have need",
            "order_cancelled": "order_id side type qty code",
            "order_triggered": "order_id side type qty trigger_price",
            "warned": "order_id stop_price liquidation_price moved_to",
            "position_opened": "trade_id side qty entry_price margin_usdt stop_price target_price liquidation_price",
            "position_changed": "trade_id side qty entry_price margin_usdt stop_price target_price liquidation_price",
            "position_closed": "trade_id qty exit_price exit_reason net_pnl_usdt",
            "position_cut": "trade_id qty qty_after mark_price",
            "stop_moved": "trade_id exit_reason from_price stop_price",
            "target_moved": "trade_id from_price target_price",
            "margin_added": "trade_id amount_usdt",
            "funding_settled": "trade_id qty mark_price rate payment_usdt liquidation_price",
            "liquidated": "trade_id qty price mark_price liquidation_price margin_usdt pnl_usdt fee_usdt",
        }.items()
    }
)


def read_object(path: Path) -> dict[str, Any]:
    """A JSON file that holds one object, with finite numbers only; raises AccessError for anything else."""
    with disk(path, "read"):
        content = path.read_bytes()
    value = _parsed(content, str(path))
    if not isinstance(value, dict):
        raise AccessError("is not a JSON object", where=str(path), hint=HINT)
    return value


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    """Every line of an events.jsonl as `read_event` gives it; raises AccessError, naming the line."""
    with disk(path, "read"), path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            yield read_event(line, path, number)


def read_events_of(path: Path, kinds: Collection[str]) -> Iterator[dict[str, Any]]:
    """The lines of an events.jsonl that are of these kinds, as `read_events` gives them; others are not looked at."""
    wanted = tuple(b'"event":"%s"' % kind.encode() for kind in kinds)
    with disk(path, "read"), path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if any(kind in line for kind in wanted):
                event = read_event(line, path, number)
                if event["event"] in kinds:  # a tag may hold the name of an event
                    yield event


def read_event(line: bytes, path: Path, number: int) -> dict[str, Any]:
    """A line of events.jsonl with what its kind of event must have; raises AccessError, naming the line."""
    where = f"{path}:{number}"
    event = _parsed(line, where)
    if not isinstance(event, dict):
        raise _not_written("the line is not a JSON object", where)
    kind = str(event.get("event"))
    for name in ("seq", "ts", "event", "symbol", *_needed(kind, event)):
        if name not in event:
            raise _not_written(f"{kind} has no {name}", where)
    known = event if kind in _FIELDS else {name: event[name] for name in ("seq", "ts", "event", "symbol")}
    for name, value in known.items():
        if not _fits(kind, name, value):
            raise _not_written(f"{name} of {kind} is {str(value)[:40]!r}", where)
    return event


def read_trade(run_dir: Path, number: int) -> dict[str, Any]:
    """A row of trades.csv, moments as ISO text and absent numbers None.

    Raises RequestError when the run has no such trade, AccessError, naming the line, for what no run writes.
    """
    path = run_dir / TRADES
    last = 0
    for line, cells in _rows(path, Trade._fields):
        last = _cell(int, cells[0], "trade_id", f"{path}:{line}")
        if last == number:
            return _trade(cells, f"{path}:{line}")
    known = f"they are 1 to {last}" if last else "it has none"
    raise RequestError(f"the run has no trade {number}", where=str(run_dir), hint=known)


def read_trades(run_dir: Path) -> Iterator[dict[str, Any]]:
    """Every row of trades.csv as `read_trade` gives it; raises AccessError, naming the line."""
    path = run_dir / TRADES
    for line, cells in _rows(path, Trade._fields):
        yield _trade(cells, f"{path}:{line}")


def read_curve_rows(run_dir: Path, first: str, last: str) -> Iterator[tuple[str, dict[str, float]]]:
    """The moments and balances of equity_curve.csv from `first` to `last`, ISO moments, both included.

    Raises AccessError, naming the line.
    """
    path = run_dir / EQUITY
    for line, cells in _rows(path, EQUITY_HEADER.decode().strip().split(",")):
        where = f"{path}:{line}"
        if first <= cells[0] <= last:
            values = zip(EQUITY_COLUMNS, cells[1:], strict=True)
            balances = {name: _cell(_finite, cell, name, where) for name, cell in values}
            yield _cell(_moment, cells[0], "ts", where), balances


def _rows(path: Path, names: tuple[str, ...] | list[str]) -> Iterator[tuple[int, list[str]]]:
    """The number and cells of each line after the header, which must hold just these names."""
    with disk(path, "read"), path.open(encoding="utf-8", errors="replace", newline="") as lines:
        reader = csv.reader(lines)
        try:
            if next(reader, None) != list(names):
                raise _not_written(f"the first line does not name {', '.join(names[:3])} …", f"{path}:1")
            for cells in reader:
                if len(cells) != len(names):
                    raise _not_written(f"{len(cells)} cells instead of {len(names)}", f"{path}:{reader.line_num}")
                yield reader.line_num, cells
        except csv.Error as error:
            raise _not_written(str(error), f"{path}:{reader.line_num}") from None


def _parsed(content: bytes, where: str) -> Any:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise AccessError(f"is not JSON: {error}", where=where, hint=HINT) from None
    odd = _first_odd(value)
    if odd is not None:
        raise AccessError(f"is not JSON that a run writes: {odd}", where=where, hint=HINT)
    return value


def _first_odd(value: Any) -> str | None:
    """Why no run wrote this: a number that is not finite or fits no machine word, or one thing in another too often."""
    waiting = [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        if isinstance(each, float) and not math.isfinite(each):
            return f"the number {each}"
        if isinstance(each, dict | list):
            if depth == DEEPEST:
                return f"nested more than {DEEPEST} times"
            waiting += [(inner, depth + 1) for inner in (each.values() if isinstance(each, dict) else each)]
    return None


def fits_every_event(name: str, values: Iterable[Any]) -> bool:
    """Whether a field of this name may hold each of the values, whatever the kind of event."""
    return all(_fits("", name, value) for value in values)


def never_none(kind: str) -> tuple[str, ...]:
    """The fields that events of this kind must have and that always hold something."""
    return tuple(name for name in sorted(_FIELDS.get(kind, ())) if not _fits(kind, name, None))


def _trade(cells: Sequence[str], where: str) -> dict[str, Any]:
    kinds = get_type_hints(Trade)
    named = zip(Trade._fields, cells, strict=True)
    return {name: _cell(_kind(name, kinds[name]), cell, name, where) for name, cell in named}


def _needed(kind: str, event: Mapping[str, Any]) -> Iterator[str]:
    """The fields that this event must have beyond those of all."""
    yield from sorted(_FIELDS.get(kind, ()))
    if kind == "order_filled" and "exit_reason" in event:
        yield "pnl_usdt"
    if "leg" in event:
        yield "t"


def _fits(kind: str, name: str, value: Any) -> bool:
    """Whether a field of this name may hold the value."""
    if value is None:
        return name in _MAY_BE_NONE or (name in _LEVELS and kind in _MAY_LACK_LEVELS)
    number = _is_number if name.endswith(("_usdt", "_price")) else None
    fits = _FITS.get(name, number)
    return fits is None or fits(value)


def _is_target(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and _is_number(value.get("share"))
        and _is_number(value.get("price", value.get("distance")))
    )


def _is_size(item: tuple[str, Any]) -> bool:
    return item[0] in get_args(Sizing) and _is_number(item[1])


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_FITS: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        **dict.fromkeys(_MOMENTS, lambda value: isinstance(value, str) and is_moment(value)),
        **dict.fromkeys(_WHOLE, _is_whole),
        **dict.fromkeys(_WORDS, lambda value: isinstance(value, str) and _WORD.fullmatch(value) is not None),
        "symbol": lambda value: isinstance(value, str) and is_symbol(value),
        "tag": lambda value: isinstance(value, str),
        **dict.fromkeys(_NUMBERS, _is_number),
        "reference_price": lambda value: _is_number(value) and value > 0,
        "targets": lambda value: isinstance(value, list) and all(map(_is_target, value)),
        "size": lambda value: isinstance(value, dict) and len(value) == 1 and _is_size(*value.items()),
    }
)


def _kind(name: str, hint: Any) -> Callable[[str], Any]:
    """What reads a cell of trades.csv."""
    if name in _MOMENTS:
        return _moment
    readers: dict[Any, Callable[[str], Any]] = {int: int, float: _finite, bool: _flag, str: str}
    read = readers[next((each for each in (*get_args(hint), hint) if each in readers), str)]
    return (lambda cell: read(cell) if cell else None) if type(None) in get_args(hint) else read


def _cell(read: Callable[[str], Any], cell: str, name: str, where: str) -> Any:
    try:
        return read(cell)
    except ValueError:
        raise _not_written(f"{name} is {cell[:40]!r}", where) from None


def _finite(cell: str) -> float:
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError
    return value


def _flag(cell: str) -> bool:
    if cell not in ("true", "false"):
        raise ValueError
    return cell == "true"


def _moment(cell: str) -> str:
    if not is_moment(cell):
        raise ValueError
    return cell


def _not_written(said: str, where: str) -> AccessError:
    return AccessError(f"is not what a run writes: {said}", where=where, hint=HINT)
