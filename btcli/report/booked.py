"""What a page draws of a run's events: fees and funding as they were booked, and the levels of each trade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from btcli.artifacts.reading import read_events_of
from btcli.artifacts.recorder import EVENTS
from btcli.report.content import LEVEL_KINDS, Levels, Paid

PAYS = frozenset({"order_filled", "funding_settled", "liquidated"})
ENDS = frozenset({"position_closed", "liquidated"})
TOLD = PAYS | ENDS | {"position_opened", "position_changed", "stop_moved", "target_moved"}
Event = Mapping[str, Any]


class Booked(NamedTuple):
    """Both, from one reading of the events."""

    paid: Paid
    levels: Levels


def booked_of(run_dir: Path) -> Booked:
    """Raises AccessError, naming the line, for an event that no run writes."""
    events = list(read_events_of(run_dir / EVENTS, TOLD))
    return Booked(paid_by(events), levels_of(events))


def paid_by(events: Iterable[Event]) -> Paid:
    """Each fee and each settlement: a row an event."""
    rows = [
        (_ms(event), event.get("fee_usdt", 0.0), event.get("payment_usdt", 0.0))
        for event in events
        if event["event"] in PAYS
    ]
    return Paid(*np.array(rows, np.float64).reshape(-1, 3).T.copy())


def levels_of(events: Iterable[Event]) -> Levels:
    """From each event that sets a level of a trade to the next that sets another, or to the trade's end."""
    rows: list[tuple[float, ...]] = []
    open_levels: dict[int, dict[str, tuple[float, float]]] = {}
    for event in events:
        if "trade_id" not in event:
            continue
        ts_ms, trade = _ms(event), event["trade_id"]
        standing = open_levels.setdefault(trade, {})
        for kind, name in enumerate(LEVEL_KINDS):
            ends = event["event"] in ENDS
            price = None if ends else event.get(name, standing.get(name, (0.0, None))[1])
            if name in standing and standing[name][1] != price:
                start_ms, before = standing.pop(name)
                rows.append((trade, kind, start_ms, ts_ms, before))
            if price is not None and name not in standing:
                standing[name] = (ts_ms, price)
    rows.sort(key=lambda row: (row[0], row[1], row[2]))
    return Levels(*np.array(rows, np.float64).reshape(-1, 5).T.copy())


def _ms(event: Event) -> float:
    return float(round(datetime.fromisoformat(event["ts"]).timestamp() * 1000))
