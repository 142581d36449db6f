"""`btcli explain`: the story of one trade, put together from what its run has recorded."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from btcli.artifacts.manifest import RunManifest, read_manifest
from btcli.artifacts.recorder import EQUITY, EVENTS, TRADES
from btcli.errors import RequestError
from btcli.workflows.marking import MarkRow, marks_between
from btcli.workflows.sizing import Sizing, sizing_of

Event = dict[str, Any]
OF_AN_ORDER = frozenset({"order_submitted", "order_rejected", "order_cancelled", "order_triggered", "warned"})
OF_POSITIONS = ("stop_price", "liquidation_price")


@dataclass(frozen=True)
class Decision:
    """What the strategy asked for, what was submitted, the account then, and how the size came about."""

    signal: Event
    submitted: Event
    equity_usdt: float
    available_usdt: float
    sizing: Sizing


@dataclass(frozen=True)
class BarRow:
    """The position at a close; distances in percent of the mark, positive while the level lies ahead."""

    ts: str
    mark_price: float
    unrealized_pnl_usdt: float
    stop_price: float | None
    to_stop_pct: float | None
    liquidation_price: float | None
    to_liquidation_pct: float | None


@dataclass(frozen=True)
class TradeStory:
    """One trade: its row of trades.csv, its decisions, everything that happened to it, and its bars."""

    run_dir: Path
    manifest: RunManifest
    trade: Mapping[str, Any]
    decisions: tuple[Decision, ...]
    events: tuple[Event, ...]
    bars: tuple[BarRow, ...]
    bars_from: str

    def to_dict(self) -> dict[str, Any]:
        """For machines; the bars as far as their marks are at hand."""
        return {
            "run_dir": self.run_dir,
            "run_id": self.manifest.run_id,
            "trade": self.trade,
            "decisions": [asdict(decision) for decision in self.decisions],
            "events": list(self.events),
            "bars": [asdict(bar) for bar in self.bars],
            "bars_from": self.bars_from,
        }


def explain_trade(run_dir: Path, number: int, store: Path) -> TradeStory:
    """The story of trade `number` of a complete run.

    Marks come from the equity curve for the run's first symbol, else from its pack, else from the store.
    Raises RequestError when there is no such trade.
    """
    manifest = read_manifest(run_dir)
    trade = _trade(run_dir, number)
    symbol = str(trade["symbol"])
    events = tuple(_own_events(run_dir / EVENTS, number))
    order_ids = {event["order_id"] for event in events if event["event"] == "order_filled"}
    asked = list(_asked(run_dir / EVENTS, symbol, order_ids))
    account = _rows_at(run_dir / EQUITY, {event["ts"] for _, event in asked if event["event"] == "order_submitted"})
    decisions = [
        _decision(manifest, signal, event, account)
        for signal, event in asked
        if event["event"] == "order_submitted" and "exit_reason" not in event
    ]
    own = sorted((*events, *(event for _, event in asked)), key=lambda event: int(event["seq"]))
    marks = marks_between(run_dir, manifest, symbol, (str(trade["entry_ts"]), str(trade["exit_ts"])), store)
    bars = tuple(_bars(marks.rows, events))
    return TradeStory(run_dir, manifest, trade, tuple(decisions), tuple(own), bars, marks.source)


def _trade(run_dir: Path, number: int) -> Mapping[str, Any]:
    with (run_dir / TRADES).open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        if int(row["trade_id"]) == number:
            return {name: _cell(value) for name, value in row.items()}
    known = f"they are 1 to {len(rows)}" if rows else "it has none"
    raise RequestError(f"the run has no trade {number}", where=str(run_dir), hint=known)


def _cell(value: str) -> Any:
    if value in ("true", "false"):
        return value == "true"
    try:
        return float(value) if value else None
    except ValueError:
        return value


def _own_events(path: Path, number: int) -> Iterator[Event]:
    wanted = tuple(b'"trade_id":%d%s' % (number, end) for end in (b",", b"}"))
    with path.open("rb") as lines:
        for line in lines:
            if any(text in line for text in wanted):
                yield orjson.loads(line)


def _asked(path: Path, symbol: str, order_ids: set[int]) -> Iterator[tuple[Event, Event]]:
    """What became of the trade's orders before they filled, each beside the signal that stood before it."""
    wanted = tuple(b'"order_id":%d,' % order_id for order_id in order_ids)
    of_symbol, signal = b'"symbol":"%s"' % symbol.encode(), b"{}"
    with path.open("rb") as lines:
        for line in lines:
            if of_symbol not in line:
                continue
            if b'"event":"signal"' in line:
                signal = line
            elif any(text in line for text in wanted):
                event = orjson.loads(line)
                if event["event"] in OF_AN_ORDER:
                    yield orjson.loads(signal), event


def _rows_at(path: Path, moments: set[str]) -> dict[str, Mapping[str, str]]:
    with path.open(newline="") as lines:
        return {row["ts"]: row for row in csv.DictReader(lines) if row["ts"] in moments}


def _decision(
    manifest: RunManifest, signal: Event, submitted: Event, account: Mapping[str, Mapping[str, str]]
) -> Decision:
    row = account.get(str(submitted["ts"]), {})
    equity, available = (float(row.get(name, "nan")) for name in ("equity_usdt", "available_balance_usdt"))
    return Decision(signal, submitted, equity, available, sizing_of(manifest.inputs.config, signal, submitted, equity))


def _bars(marks: Sequence[MarkRow], events: Sequence[Event]) -> Iterator[BarRow]:
    """Each close with the levels that were in force at it: those of the events up to then."""
    waiting = list(reversed(events))
    side = qty = entry = 0.0
    levels: dict[str, float | None] = dict.fromkeys(OF_POSITIONS)
    for ts, mark in marks:
        while waiting and waiting[-1]["ts"] <= ts:
            event = waiting.pop()
            levels |= {name: event[name] for name in OF_POSITIONS if name in event}
            if event["event"] in ("position_opened", "position_changed"):
                side = 1.0 if event["side"] == "long" else -1.0
                qty, entry = event["qty"], event["entry_price"]
        stop, liquidation = levels["stop_price"], levels["liquidation_price"]
        ahead = [None if level is None else side * (mark - level) / mark * 100.0 for level in (stop, liquidation)]
        yield BarRow(ts, mark, side * qty * (mark - entry) + 0.0, stop, ahead[0], liquidation, ahead[1])
