"""`btcli explain`: the story of one trade, put together from what its run has recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from btcli.artifacts.config_shape import require_config
from btcli.artifacts.disk import disk
from btcli.artifacts.manifest import MANIFEST, RunManifest, read_manifest
from btcli.artifacts.reading import HINT, read_event, read_trade
from btcli.artifacts.recorder import EVENTS
from btcli.errors import AccessError
from btcli.frozen import frozen
from btcli.market.store.where import Stores
from btcli.story.fill_cost import FillCosts, fill_costs
from btcli.story.held import BarRow, bars_of
from btcli.story.marks import CurveRow, marks_between, read_curve
from btcli.story.size import Sizing, sizing_of

Event = dict[str, Any]
OF_AN_ORDER = frozenset({"order_submitted", "order_rejected", "order_cancelled", "order_triggered", "warned"})
OPENS = frozenset({"position_opened", "position_changed"})


@frozen
class Decision:
    """What the strategy asked for, what was submitted, the account then, and how an entry's size came about.

    `signal` is empty where the run itself decided, such as for a position that grew too old.
    """

    signal: Event
    submitted: Event
    equity_usdt: float | None
    available_usdt: float | None
    sizing: Sizing | None


@frozen
class TradeStory:
    """One trade: its row of trades.csv, its decisions, everything that happened to it, its costs, and its bars."""

    run_dir: Path
    manifest: RunManifest
    trade: Mapping[str, Any]
    decisions: tuple[Decision, ...]
    events: tuple[Event, ...]
    fills: tuple[FillCosts, ...]
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
            "fills": [asdict(fill) for fill in self.fills],
            "bars": [asdict(bar) for bar in self.bars],
            "bars_from": self.bars_from,
        }


def explain_trade(run_dir: Path, number: int, stores: Stores) -> TradeStory:
    """The story of trade `number` of a complete run.

    Marks come from the equity curve for the run's first symbol, else from its pack, else from the store.
    Raises RequestError when there is no such trade, AccessError, with its place, for what no run has written.
    """
    manifest = read_manifest(run_dir)
    config = manifest.inputs.config
    require_config(config, str(run_dir / MANIFEST))
    trade = read_trade(run_dir, number)
    symbol = str(trade["symbol"])
    events = tuple(_own_events(run_dir / EVENTS, number))
    order_ids = {event["order_id"] for event in events if event["event"] == "order_filled"}
    asked = list(_asked(run_dir / EVENTS, symbol, order_ids))
    if not events:
        raise AccessError(f"has no event of trade {number}", where=str(run_dir / EVENTS), hint=HINT)
    own = sorted((*events, *(event for _, event in asked)), key=lambda event: int(event["seq"]))
    curve = read_curve(run_dir, own[0]["ts"], own[-1]["ts"])
    marks = marks_between(run_dir, manifest, symbol, (str(trade["entry_ts"]), str(trade["exit_ts"])), curve, stores)
    rows = {row.ts: row for row in curve}
    together = rows if config["account"]["margin_mode"] == "cross" else {}
    return TradeStory(
        run_dir=run_dir,
        manifest=manifest,
        trade=trade,
        decisions=tuple(
            _decision(config, signal, event, rows.get(event["ts"]))
            for signal, event in asked
            if event["event"] == "order_submitted"
        ),
        events=tuple(own),
        fills=tuple(_fills(config, events, curve)),
        bars=tuple(bars_of(marks.rows, events, together)),
        bars_from=marks.source,
    )


def _own_events(path: Path, number: int) -> Iterator[Event]:
    wanted = tuple(b'"trade_id":%d%s' % (number, end) for end in (b",", b"}"))
    with disk(path, "read"), path.open("rb") as lines:
        for place, line in enumerate(lines, 1):
            if any(text in line for text in wanted):
                yield read_event(line, path, place)


def _asked(path: Path, symbol: str, order_ids: set[int]) -> Iterator[tuple[Event, Event]]:
    """What became of the trade's orders before they filled, each beside the signal of that moment, if there was one."""
    wanted = tuple(b'"order_id":%d,' % order_id for order_id in order_ids)
    of_symbol, signal = b'"symbol":"%s"' % symbol.encode(), (b"", 0)
    with disk(path, "read"), path.open("rb") as lines:
        for place, line in enumerate(lines, 1):
            if of_symbol not in line:
                continue
            if b'"event":"signal"' in line:
                signal = line, place
            elif any(text in line for text in wanted):
                event = read_event(line, path, place)
                said = read_event(signal[0], path, signal[1]) if signal[1] else {}
                if event["event"] in OF_AN_ORDER:
                    yield (said if said.get("ts") == event["ts"] else {}), event


def _decision(config: Mapping[str, Any], signal: Event, submitted: Event, row: CurveRow | None) -> Decision:
    """An order that has an exit reason only ever reduces, and has no sizing."""
    if row is None:
        return Decision(signal, submitted, None, None, None)
    equity, available = row.equity_usdt, row.available_usdt
    is_sized = "exit_reason" not in submitted
    sizing = sizing_of(config, signal, submitted, equity, available) if is_sized else None
    return Decision(signal, submitted, equity, available, sizing)


def _fills(config: Mapping[str, Any], events: Sequence[Event], curve: Sequence[CurveRow]) -> Iterator[FillCosts]:
    """The costs of each fill; one without an exit reason that is followed by a position opened or added to."""
    for event, after in pairwise((*events, {"event": ""})):
        if event["event"] == "order_filled":
            opens = "exit_reason" not in event and after["event"] in OPENS
            yield fill_costs(config, event, opens, curve)
