"""What trading cost on each symbol, part by part, summed from the events of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book import codes
from btcli.exchange.face.events import Event, Trade
from btcli.exchange.face.telling import Told
from btcli.exchange.formulas.costs import spread_of
from btcli.market.series import Floats, Millis

Booleans = NDArray[np.bool_]


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


class Paid(NamedTuple):
    """Fills and takeovers as columns, in their order; prices and amounts in USDT, quantities in coins."""

    symbol: Sequence[str | None]
    is_takeover: Booleans
    is_buy: Booleans
    is_maker: Booleans
    is_stop: Booleans
    qty: Floats
    price: Floats
    reference_price: Floats
    impact_usdt: Floats
    fee_usdt: Floats


class CostFold:
    """A sink that sums the costs of each symbol."""

    def __init__(self) -> None:
        self._by_symbol: defaultdict[str | None, SymbolCosts] = defaultdict(SymbolCosts)

    def events(self, events: Sequence[Event]) -> None:
        if isinstance(events, Told):
            self._add(_paid_in_records(events))
            self._settle(*_settled_in_records(events))
        else:
            self._add(_paid([each for each in events if each.name in ("order_filled", "liquidated")]))
            settled = [each for each in events if each.name == "funding_settled"]
            payments = np.array([each.fields["payment_usdt"] for each in settled], np.float64)
            self._settle([each.symbol for each in settled], payments)

    def trades(self, trades: Sequence[Trade]) -> None:
        """Trades say nothing that their fills have not said."""

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        """Nor do balances."""

    def by_symbol(self, symbols: Sequence[str]) -> dict[str, dict[str, float]]:
        """The sums of these symbols, also of those that never traded."""
        return {symbol: asdict(self._by_symbol[symbol]) for symbol in symbols}

    def _add(self, paid: Paid) -> None:
        for symbol, rows in _rows_by_symbol(paid.symbol):
            _add_paid(self._by_symbol[symbol], Paid._make((paid.symbol, *(column[rows] for column in paid[1:]))))

    def _settle(self, symbols: Sequence[str | None], payments_usdt: Floats) -> None:
        for symbol, rows in _rows_by_symbol(symbols):
            _add_funding(self._by_symbol[symbol], payments_usdt[rows])


def _rows_by_symbol(symbols: Sequence[str | None]) -> Iterator[tuple[str | None, NDArray[np.int64]]]:
    """Each symbol with its rows, in the order in which they first come."""
    names = np.array(symbols, dtype=object)
    for symbol in dict.fromkeys(symbols):
        yield symbol, np.flatnonzero(names == symbol)


def _paid(events: Sequence[Event]) -> Paid:
    fields = [each.fields for each in events]
    numbers = [
        (
            each["qty"],
            each["price"],
            each.get("reference_price", each["price"]),
            each.get("impact_usdt", 0.0),
            each["fee_usdt"],
        )
        for each in fields
    ]
    truths = [
        (event.name == "liquidated", event.fields.get("side") == "buy", "maker" in event.fields,
         event.fields.get("type") == "stop_market")
        for event in events
    ]  # fmt: skip
    return Paid(
        [each.symbol for each in events],
        *np.array(truths, np.bool_).reshape(-1, 4).T,
        *np.array(numbers, np.float64).reshape(-1, 5).T,
    )


def _paid_in_records(told: Told) -> Paid:
    records = told.records[told.where(codes.ORDER_FILLED, codes.LIQUIDATED)]
    is_takeover = records["kind"] == codes.LIQUIDATED
    return Paid(
        [told.symbols[symbol] for symbol in records["symbol"].tolist()],
        is_takeover,
        records["side"] > 0,
        records["flags"] & codes.FLAG_MAKER != 0,
        records["order_type"] == codes.STOP_MARKET,
        records["qty"],
        records["price"],
        records["reference_price"],
        records["impact_usdt"],
        records["fee_usdt"],
    )


def _settled_in_records(told: Told) -> tuple[list[str | None], Floats]:
    """Whose settlements there were, and what was paid at them."""
    records = told.records[told.where(codes.FUNDING_SETTLED)]
    return [told.symbols[symbol] for symbol in records["symbol"].tolist()], records["funding_usdt"]


def _add_paid(costs: SymbolCosts, paid: Paid) -> None:
    """Add what was paid on one symbol, from the first to the last."""
    with np.errstate(all="ignore"):  # beyond all doubles it is infinite, as where values are added one by one
        _add_columns(costs, paid)


def _add_columns(costs: SymbolCosts, paid: Paid) -> None:
    side = np.where(paid.is_buy, 1.0, -1.0)
    slipped = spread_of(side, paid.qty, paid.price, paid.reference_price, paid.impact_usdt)
    fills = ~paid.is_takeover
    for name, amounts, rows in (
        ("turnover_usdt", paid.qty * paid.price, None),
        ("impact_usdt", paid.impact_usdt, fills),
        ("maker_fees_usdt", paid.fee_usdt, fills & paid.is_maker),
        ("taker_fees_usdt", paid.fee_usdt, fills & ~paid.is_maker),
        ("liquidation_fees_usdt", paid.fee_usdt, paid.is_takeover),
        ("stop_slippage_usdt", slipped, fills & paid.is_stop),
        ("spread_usdt", slipped, fills & ~paid.is_stop),
    ):
        setattr(costs, name, _running(getattr(costs, name), amounts if rows is None else amounts[rows]))


def _running(start: float, amounts: Floats) -> float:
    """The sum of both, added one after the other."""
    with np.errstate(over="ignore"):  # what is beyond numbers is infinite, as it is one by one
        return float(np.add.accumulate(np.append(start, amounts))[-1])


def _add_funding(costs: SymbolCosts, payments_usdt: Floats) -> None:
    """Add the settlements of one symbol, from the first to the last."""
    is_paid = payments_usdt > 0.0
    costs.funding_paid_usdt = _running(costs.funding_paid_usdt, payments_usdt[is_paid])
    costs.funding_received_usdt = _running(costs.funding_received_usdt, -payments_usdt[~is_paid])
