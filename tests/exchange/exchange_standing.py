"""How positions and the account stand, reckoned from what an exchange tells: events, trades, rows, candles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exchange_scenarios import Scenario

from btcli.exchange.face.simulated import SimulatedExchange

DAY_MS = 86_400_000
UNKNOWN = float("nan")
# What can be reckoned to the last bit; margins of a position are told by the account alone where it has one symbol.
RECKONED = (
    "position.side",
    "position.qty",
    "position.entry_price",
    "position.bars",
    "position.move_pct",
    "position.stop_price",
    "account.equity_usdt",
    "account.available_usdt",
    "account.drawdown_pct",
    "account.day_pnl_pct",
    "account.losses_in_a_row",
    "account.open_positions",
)


class Reckoner:
    """Keeps count while an exchange runs; `drain` hands on what it took from it."""

    def __init__(self, exchange: SimulatedExchange, scenario: Scenario) -> None:
        self._exchange, self._scenario = exchange, scenario
        self._names = [instrument.symbol for instrument in scenario.instruments]
        self._bars = dict.fromkeys(self._names, 0)
        self._held: set[str] = set()
        self._losses = 0
        self._peak = self._equity = self._day_start = scenario.cash
        self._day = -1
        self.events: list[Any] = []
        self.trades: list[Any] = []
        self.rows: list[tuple[int, list[float]]] = []

    def take(self) -> None:
        """Take in what was told since the last call, in the order in which it happened."""
        events, trades = self._exchange.drain_events(), self._exchange.drain_trades()
        times, rows = self._exchange.drain_equity()
        for event in events:
            self._hear(event)
        for trade in trades:
            self._losses = self._losses + 1 if trade.net_pnl_usdt < 0 else 0
        for ts, row in zip(times.tolist(), rows.tolist(), strict=True):
            day = (ts - 1) // DAY_MS
            if day != self._day:
                self._day_start, self._day = self._equity, day
            self._equity = row[0]
            self._peak = max(self._peak, row[0])
        self.events += events
        self.trades += trades
        self.rows += list(zip(times.tolist(), rows.tolist(), strict=True))

    def _hear(self, event: Any) -> None:
        if event.name == "position_opened":
            self._held.add(event.symbol)
            self._bars[event.symbol] = 0
        elif event.name in ("position_closed", "liquidated"):
            self._held.discard(event.symbol)

    def close(self, index: int) -> None:
        """A close of ltf of a symbol, before anything is decided there."""
        self._bars[self._names[index]] += 1

    def at(self, index: int, step: int) -> dict[str, float]:
        """By name of RECKONED how it stands at the close of a step; what was told until then has been taken."""
        state, name = self._exchange.state(index), self._names[index]
        held = {
            "position.side": state["side"],
            "position.qty": state["qty"],
            "position.entry_price": state["entry_price"],
            "position.bars": self._bars[name],
            "position.move_pct": self._move(index, step, state),
            "position.stop_price": state["stop_price"] or UNKNOWN,
        }
        return {
            **{key: float(value) if state["has_position"] else UNKNOWN for key, value in held.items()},
            "account.equity_usdt": state["equity_usdt"],
            "account.available_usdt": state["available_balance_usdt"],
            "account.drawdown_pct": (self._peak - self._equity) / self._peak * 100,
            "account.day_pnl_pct": (self._equity - self._day_start) / self._day_start * 100,
            "account.losses_in_a_row": float(self._losses),
            "account.open_positions": float(len(self._held)),
        }

    def _move(self, index: int, step: int, state: Any) -> float:
        entry, close = state["entry_price"], self._last(self._scenario.last[index], index, step)
        return state["side"] * (close - entry) / entry * 100 if state["has_position"] else UNKNOWN

    def _last(self, bars: Sequence[Sequence[float]], index: int, step: int) -> float:
        has_bar = self._scenario.has_bar
        while has_bar is not None and not has_bar[index][step]:
            step -= 1
        return bars[step][3]
