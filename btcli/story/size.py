"""How the size of an entry came about, worked out again from the config and the account (rulebook section 7)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
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
    ((mode, value),) = (signal.get("size") or config["risk"]["sizing"]).items()
    price, side = submitted["reference_price"], 1.0 if submitted["side"] == "buy" else -1.0
    stop = submitted.get("stop_price")
    distance = signal.get("stop_distance")
    if distance is None and stop is None:
        distance = signal.get("trail_distance")
    stop = stop if distance is None else price - side * distance
    base = equity_usdt * value / 100.0
    risk, loss, costs = None, None, None
    if mode == "risk_pct":
        at = math.nan if stop is None else stop
        costs = costs_per_coin(config, str(submitted["symbol"]), price, at)
        risk, loss = base, abs(price - at) + costs
    leverage = config["account"]["leverage"]
    wanted = {
        "qty": lambda: value,
        "notional_usdt": lambda: value / price,
        "notional_pct": lambda: base / price,
        "margin_pct": lambda: base * leverage / price,
        "risk_pct": lambda: base / (loss or math.nan),
    }[mode]()
    capped_by, qty = submitted.get("capped_by"), submitted["qty"]
    caps = {"MAX_NOTIONAL": config["risk"].get("max_notional_usdt"), "AVAILABLE": available_usdt}
    cap = caps.get(capped_by, qty) if capped_by else None
    return Sizing(mode, value, equity_usdt, price, stop, risk, loss, costs, wanted, capped_by, cap, qty)


def costs_per_coin(config: Mapping[str, Any], symbol: str, price: float, stop: float) -> float:
    """Fees and slippage of entering at `price` and being stopped at `stop`; 0 when the config leaves them out."""
    if not config["risk"]["costs_in_risk"]:
        return 0.0
    costs = costs_of(config, symbol)
    fee = costs["taker_fee_rate"]
    entry = price * (fee + costs["slippage_bps"] / 1e4)
    return float(entry + stop * (fee + costs["stop_slippage_bps"] / 1e4))


def costs_of(config: Mapping[str, Any], symbol: str) -> Mapping[str, Any]:
    """The costs of a symbol in a resolved config: its own before those of all."""
    own: Mapping[str, Any] = config["costs"] | config["costs"].get("per_symbol", {}).get(symbol, {})
    return own
