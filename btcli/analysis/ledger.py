"""Keeps of each trade the few numbers that metrics and the review need, in columns that stay small."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book import codes
from btcli.exchange.face.events import Trade
from btcli.exchange.face.telling import EndedTrades
from btcli.market.series import Floats
from btcli.timeframe import utc_text

Kind = Literal["liquidation", "ambiguous"]
Place = dict[str, int | str]  # where to look: `trade_id`, `symbol` and the `day` of its exit


class TradeLedger:
    """Closed trades in the order in which they ended; amounts in USDT, durations in milliseconds."""

    def __init__(self) -> None:
        self.net_pnl = array("d")
        self.gross_pnl = array("d")
        self.mae = array("d")
        self.mfe = array("d")
        self.durations_ms = array("q")
        self.bars_held = array("q")
        self.is_long = array("b")
        self.trade_ids = array("q")
        self.exits_ms = array("q")
        self.symbols = array("q")  # places in `symbol_names`
        self.symbol_names: list[str] = []
        self.exit_reasons: dict[str, int] = {}
        self._firsts: dict[str, int] = {}  # by kind, of the first trade
        self._nearest: tuple[float, int] | None = None  # to its liquidation price, as a fraction of that; the trade

    def __len__(self) -> int:
        return len(self.net_pnl)

    def add(self, trades: Sequence[Trade]) -> None:
        """The next closed trades."""
        if isinstance(trades, EndedTrades):
            self._add_columns(trades)
            return
        for trade in trades:
            side = 1.0 if trade.side == "long" else -1.0
            numbers = (trade.liquidation_price or 0.0, trade.entry_price, side, trade.mae_usdt, trade.qty)
            self._note_nearest(*(np.array([number]) for number in numbers))
            self._note_first("liquidation", np.array([trade.exit_reason == "liquidation"]))
            self._note_first("ambiguous", np.array([trade.ambiguous]))
            self.trade_ids.append(trade.trade_id)
            self.exits_ms.append(trade.exit_ts)
            self.symbols.append(self._symbol(trade.symbol))
            self.net_pnl.append(trade.net_pnl_usdt)
            self.gross_pnl.append(trade.gross_pnl_usdt)
            self.mae.append(trade.mae_usdt)
            self.mfe.append(trade.mfe_usdt)
            self.durations_ms.append(trade.exit_ts - trade.entry_ts)
            self.bars_held.append(trade.bars_held)
            self.is_long.append(trade.side == "long")
            self.exit_reasons[trade.exit_reason] = self.exit_reasons.get(trade.exit_reason, 0) + 1

    def _add_columns(self, trades: EndedTrades) -> None:
        records = trades.records
        self._note_nearest(*(records[name] for name in ("liquidation_price", "entry_price", "side", "mae_usdt", "qty")))
        self._note_first("liquidation", records["exit_reason"] == codes.EXIT_LIQUIDATION)
        self._note_first("ambiguous", records["is_ambiguous"] != 0)
        self.trade_ids.frombytes(records["trade_id"].tobytes())
        self.exits_ms.frombytes(records["exit_ts"].tobytes())
        self.symbols.frombytes(self._places(records["symbol"], trades.symbols).tobytes())
        self.net_pnl.frombytes(trades.net_pnl_usdt.tobytes())
        for column, name in ((self.gross_pnl, "gross_usdt"), (self.mae, "mae_usdt"), (self.mfe, "mfe_usdt")):
            column.frombytes((records[name] + 0.0).tobytes())
        self.durations_ms.frombytes((records["exit_ts"] - records["entry_ts"]).tobytes())
        self.bars_held.frombytes(records["bars_held"].tobytes())
        self.is_long.frombytes((records["side"] == codes.LONG).tobytes())
        for code, count in enumerate(np.bincount(records["exit_reason"]).tolist()):
            if count:
                reason = codes.EXIT_NAMES[code]
                self.exit_reasons[reason] = self.exit_reasons.get(reason, 0) + count

    def net_pnl_of(self, *, is_long: bool) -> list[float]:
        """The net results of one side, in their order."""
        return [pnl for pnl, side in zip(self.net_pnl, self.is_long, strict=True) if bool(side) == is_long]

    def place(self, trade: int) -> Place:
        """Where to look for the trade at this place of the columns."""
        symbol, day = self.symbol_names[self.symbols[trade]], utc_text(self.exits_ms[trade])[:10]
        return {"trade_id": self.trade_ids[trade], "symbol": symbol, "day": day}

    def first(self, kind: Kind) -> Place:
        """Where to look for the first trade of a kind; empty when there is none."""
        return self.place(self._firsts[kind]) if kind in self._firsts else {}

    @property
    def nearest_liquidation(self) -> Place:
        """Where to look for the trade whose worst price lay nearest to its liquidation price; empty without one."""
        return {} if self._nearest is None else self.place(self._nearest[1])

    def open_between(self, start_ms: int, end_ms: int) -> list[int]:
        """The places of the trades that were open at some time of [start_ms, end_ms)."""
        exits, durations = np.array(self.exits_ms, np.int64), np.array(self.durations_ms, np.int64)
        return np.flatnonzero((exits > start_ms) & (exits - durations < end_ms)).tolist()

    def _symbol(self, name: str) -> int:
        if name not in self.symbol_names:
            self.symbol_names.append(name)
        return self.symbol_names.index(name)

    def _places(self, numbers: NDArray[np.int64], names: Sequence[str]) -> NDArray[np.int64]:
        """The places of symbols that are told by other numbers; new ones are added as they come."""
        places = np.zeros(len(names), np.int64)
        for number in dict.fromkeys(numbers.tolist()):
            places[number] = self._symbol(names[number])
        return places[numbers]

    def _note_first(self, kind: Kind, is_of_kind: NDArray[np.bool_]) -> None:
        """Keep the first trade of a kind, of trades about to be added."""
        if kind not in self._firsts and is_of_kind.any():
            self._firsts[kind] = len(self) + int(is_of_kind.argmax())

    def _note_nearest(self, liquidation: Floats, entry: Floats, side: Floats, mae: Floats, qty: Floats) -> None:
        """Keep the trade whose worst price lay nearest to its liquidation price (0: none), of trades about to be added.

        The worst price is the one at which the trade was worth its largest unrealised loss.
        """
        with np.errstate(all="ignore"):
            distances = np.abs((entry - side * mae / qty) / liquidation - 1.0)
        known = np.flatnonzero((liquidation > 0.0) & np.isfinite(distances))
        if not len(known):
            return
        nearest = int(known[distances[known].argmin()])
        if self._nearest is None or distances[nearest] < self._nearest[0]:
            self._nearest = (float(distances[nearest]), len(self) + nearest)
