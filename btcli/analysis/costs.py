"""What trading cost on each symbol, part by part, summed from the events of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from btcli.exchange.face.events import Event, Trade
from btcli.market.series import Floats, Millis


@dataclass(slots=True)
class SymbolCosts:
    """Sums of one symbol, USDT.

    Fees are apart by who made the price, those of takeovers stand alone. Spread and stop slippage are what fills
    lost against the price before slippage, rounding to the tick included, impact not; the second is that of
    stops, as entries and exits.
    """

    turnover_usdt: float = 0.0
    taker_fees_usdt: float = 0.0
    maker_fees_usdt: float = 0.0
    liquidation_fees_usdt: float = 0.0
    spread_usdt: float = 0.0
    stop_slippage_usdt: float = 0.0
    impact_usdt: float = 0.0
    funding_paid_usdt: float = 0.0
    funding_received_usdt: float = 0.0


class CostFold:
    """A sink that sums the costs of each symbol."""

    def __init__(self) -> None:
        self._by_symbol: defaultdict[str | None, SymbolCosts] = defaultdict(SymbolCosts)

    def events(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.name == "order_filled":
                _add_fill(self._by_symbol[event.symbol], event.fields)
            elif event.name == "funding_settled":
                _add_funding(self._by_symbol[event.symbol], event.fields["payment_usdt"])
            elif event.name == "liquidated":
                costs, fields = self._by_symbol[event.symbol], event.fields
                costs.liquidation_fees_usdt += fields["fee_usdt"]
                costs.turnover_usdt += fields["qty"] * fields["price"]

    def trades(self, trades: Sequence[Trade]) -> None:
        """Trades say nothing that their fills have not said."""

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        """Nor do balances."""

    def by_symbol(self, symbols: Sequence[str]) -> dict[str, dict[str, float]]:
        """The sums of these symbols, also of those that never traded."""
        return {symbol: asdict(self._by_symbol[symbol]) for symbol in symbols}


def _add_fill(costs: SymbolCosts, fields: dict[str, Any]) -> None:
    qty, price, impact = fields["qty"], fields["price"], fields.get("impact_usdt", 0.0)
    slipped = (price - fields["reference_price"]) * (qty if fields["side"] == "buy" else -qty)
    costs.turnover_usdt += qty * price
    costs.impact_usdt += impact
    if "maker" in fields:
        costs.maker_fees_usdt += fields["fee_usdt"]
    else:
        costs.taker_fees_usdt += fields["fee_usdt"]
    if fields["type"] == "stop_market":
        costs.stop_slippage_usdt += slipped - impact
    else:
        costs.spread_usdt += slipped - impact


def _add_funding(costs: SymbolCosts, payment_usdt: float) -> None:
    if payment_usdt > 0.0:
        costs.funding_paid_usdt += payment_usdt
    else:
        costs.funding_received_usdt -= payment_usdt
