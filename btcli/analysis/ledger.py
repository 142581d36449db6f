"""Keeps of each trade the few numbers that metrics need, in columns that stay small."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from btcli.exchange.face.events import Trade


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
        for trade in trades:
            self.net_pnl.append(trade.net_pnl_usdt)
            self.gross_pnl.append(trade.gross_pnl_usdt)
            self.mae.append(trade.mae_usdt)
            self.mfe.append(trade.mfe_usdt)
            self.durations_ms.append(trade.exit_ts - trade.entry_ts)
            self.bars_held.append(trade.bars_held)
            self.is_long.append(trade.side == "long")
            self.exit_reasons[trade.exit_reason] = self.exit_reasons.get(trade.exit_reason, 0) + 1

    def net_pnl_of(self, *, is_long: bool) -> list[float]:
        """The net results of one side, in their order."""
        return [pnl for pnl, side in zip(self.net_pnl, self.is_long, strict=True) if bool(side) == is_long]
