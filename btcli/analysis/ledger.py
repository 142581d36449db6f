"""Keeps of each trade the few numbers that metrics need, in columns that stay small."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

from btcli.exchange.book import codes
from btcli.exchange.face.events import Trade
from btcli.exchange.face.telling import EndedTrades


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
        self.exit_reasons: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.net_pnl)

    def add(self, trades: Sequence[Trade]) -> None:
        """The next closed trades."""
        if isinstance(trades, EndedTrades):
            self._add_columns(trades)
            return
        for trade in trades:
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
