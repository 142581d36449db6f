"""How the size of an entry came about: the exchange's formulas again, on what the run has recorded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from btcli.exchange.book.codes import RISK_PCT, SIZING_NAMES
from btcli.exchange.book.given import is_given
from btcli.exchange.book.records import Record
from btcli.exchange.formulas import sizing
from btcli.exchange.formulas.brackets import nearest_stop
from btcli.frozen import frozen
from btcli.story.formula_inputs import entry_of, instrument_of, terms_of


@frozen
class Sizing:
    """The mode and its value, the numbers that it needs, what it wanted, and what became of that.

    `risk_usdt` and `loss_per_coin_usdt` exist for risk_pct alone; `qty` is on the step and after the caps.
    `cap_value` is the number behind `capped_by`: USDT of MAX_NOTIONAL and AVAILABLE, else coins.
    """

    mode: str
    value: float
    equity_usdt: float
    reference_price: float
    stop_price: float | None
    risk_usdt: float | None
    loss_per_coin_usdt: float | None
    costs_per_coin_usdt: float | None
    wanted_qty: float
    capped_by: str | None
    cap_value: float | None
    qty: float


def sizing_of(
    config: Mapping[str, Any],
    signal: Mapping[str, Any],
    submitted: Mapping[str, Any],
    equity_usdt: float,
    available_usdt: float,
) -> Sizing:
    """The sizing of a submitted entry; `signal` and `submitted` are its events, the balances those of its close."""
    terms, order = terms_of(config), entry_of(signal, submitted)
    inst = instrument_of(config, str(submitted["symbol"]))
    price = submitted["reference_price"]
    mode, value = sizing.sizing_of(order, terms)
    stop, is_at_risk = nearest_stop(order, price), mode == RISK_PCT
    wanted = sizing.wanted_qty(equity_usdt, price, stop, order, terms, inst)
    if not is_given(stop) and is_at_risk:  # no signal was recorded that says where it was
        stop = wanted = math.nan
    capped_by, qty = submitted.get("capped_by"), submitted["qty"]
    caps = {"MAX_NOTIONAL": config["risk"].get("max_notional_usdt"), "AVAILABLE": available_usdt}
    return Sizing(
        mode=SIZING_NAMES[mode],
        value=float(value),
        equity_usdt=equity_usdt,
        reference_price=price,
        stop_price=float(stop) if math.isfinite(stop) else None,
        risk_usdt=float(sizing.share_of(equity_usdt, value)) if is_at_risk else None,
        loss_per_coin_usdt=float(sizing.risk_per_coin(price, stop, terms, inst)) if is_at_risk else None,
        costs_per_coin_usdt=_costs_per_coin(price, stop, terms, inst) if is_at_risk else None,
        wanted_qty=float(wanted),
        capped_by=capped_by,
        cap_value=caps.get(capped_by, qty) if capped_by else None,
        qty=qty,
    )


def _costs_per_coin(price: float, stop: float, terms: Record, inst: Record) -> float:
    """Fees and slippage of entering at `price` and being stopped at `stop`; 0 when the config leaves them out."""
    if not terms["costs_in_risk"]:
        return 0.0
    return float(sizing.costs_of_entering(price, inst) + sizing.costs_of_being_stopped(stop, inst))
