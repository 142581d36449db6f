"""A symbol as the kernel wants them: decimals as integers, tiers as one table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.records import INSTRUMENT, MAX_TIERS, Record, Records

TIER_WIDTH = 5
_SAME_NAME = (
    "min_qty",
    "max_qty",
    "max_market_qty",
    "min_notional_usdt",
    "leverage",
    "taker_fee_rate",
    "maker_fee_rate",
    "close_fee_rate",
    "funding_from_margin",
    "impact_k",
    "liquidation_fee_rate",
    "order_cost_by_mark",
    "funding_at_entry",
)


class Instrument(NamedTuple):
    """What an order of one symbol must obey, and what it costs. Prices and amounts in USDT, rates as fractions.

    `tiers` holds rows (limit_usdt, maintenance_rate, initial_rate, max_leverage, deduction_usdt) ascending by
    limit; a deduction that the venue does not print is None and follows D_n = D_(n-1) + limit_(n-1) * (m_n - m_(n-1)).
    `order_cost_by_mark`: an order costs its initial margin and the loss it opens with, and no fee is reserved.
    `funding_at_entry`: a fill that opens at the very time of a settlement takes part in it.
    """

    symbol: str
    tick_size: str
    qty_step: str
    min_qty: float
    max_qty: float
    max_market_qty: float
    min_notional_usdt: float
    taker_fee_rate: float
    maker_fee_rate: float
    close_fee_rate: float
    funding_from_margin: bool
    leverage: float
    slippage_bps: float
    stop_slippage_bps: float
    tiers: Sequence[Sequence[float | None]]
    impact_k: float = 0.0
    max_participation: float | None = None
    liquidation_fee_rate: float = 0.0
    order_cost_by_mark: bool = False
    funding_at_entry: bool = False


class OrderCosts(NamedTuple):
    """What orders of one symbol cost, of all that an instrument is; rates as fractions."""

    leverage: float
    taker_fee_rate: float
    close_fee_rate: float
    slippage_bps: float
    stop_slippage_bps: float
    order_cost_by_mark: bool


def decimal_parts(text: str) -> tuple[int, float]:
    """A positive decimal as (k, den) with value k / den and den a power of ten.

    Raises ValueError for anything else.
    """
    value = Decimal(text)
    if not value.is_finite() or value <= 0:
        raise ValueError(f"{text!r} is not a positive decimal")
    _, digits, exponent = value.as_tuple()  # no arithmetic: its precision is the process's, and anyone may change it
    text, places = "".join(map(str, digits)), max(0, -int(exponent))
    spare = min(places, len(text) - len(text.rstrip("0")))
    return int(text) // 10**spare * 10 ** max(0, int(exponent)), 10.0 ** (places - spare)


def tier_table(tiers: Sequence[Sequence[float | None]]) -> NDArray[np.float64]:
    """The tiers as a float64 array [n, 5], with the deductions that were not printed filled in."""
    table = np.zeros((len(tiers), TIER_WIDTH))
    for n, (limit, maintenance, initial, leverage, deduction) in enumerate(tiers):
        printed = deduction is not None
        last = table[n - 1]
        derived = last[4] + last[0] * (maintenance - last[1]) if n else 0.0
        table[n] = (limit, maintenance, initial, leverage, deduction if printed else derived)
    return table


def instrument_records(instruments: Sequence[Instrument]) -> Records:
    """One record a symbol.

    Raises ValueError for a number that is not finite and for more tiers than a record holds.
    """
    records = np.zeros(len(instruments), INSTRUMENT)
    for record, inst in zip(records, instruments, strict=True):
        record["tick_k"], record["tick_den"] = decimal_parts(inst.tick_size)
        record["step_k"], record["step_den"] = decimal_parts(inst.qty_step)
        for name in _SAME_NAME:
            record[name] = getattr(inst, name)
        record["slippage"] = inst.slippage_bps / 1e4
        record["stop_slippage"] = inst.stop_slippage_bps / 1e4
        record["max_participation"] = inst.max_participation or 0.0
        if not all(np.isfinite(record[name]).all() for name in INSTRUMENT.names or ()):
            raise ValueError(f"{inst.symbol}: every number of an instrument is finite")
        _write_tiers(record, inst)
    return records


def costs_record(costs: OrderCosts) -> Record:
    """A record for what reads no more of an instrument than what its orders cost; it has no grid and no tiers."""
    record = np.zeros(1, INSTRUMENT)[0]
    for name in ("leverage", "taker_fee_rate", "close_fee_rate", "order_cost_by_mark"):
        record[name] = getattr(costs, name)
    record["slippage"] = costs.slippage_bps / 1e4
    record["stop_slippage"] = costs.stop_slippage_bps / 1e4
    return record


def _write_tiers(record: Record, inst: Instrument) -> None:
    table = tier_table(inst.tiers)
    if not 0 < len(table) <= MAX_TIERS:
        raise ValueError(f"{inst.symbol}: an instrument has 1 to {MAX_TIERS} tiers, got {len(table)}")
    record["tiers"][: len(table)] = table
    record["tiers"][len(table) :] = table[-1]  # a held position beyond the last limit stays in the last tier
    record["tiers"][len(table) :, 0] = np.inf
    record["risk_limit_usdt"] = table[-1, 0]
