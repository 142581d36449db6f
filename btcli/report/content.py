"""What a page is made of: frozen values, read by whoever asks for the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from btcli.frozen import frozen
from btcli.market.series import Bars, Floats, Role

if TYPE_CHECKING:
    import polars as pl


class Line(NamedTuple):
    """A feature of one role: `value` float64[n] is known from `ts_ms` (the close of its bar, ms UTC) to the next.

    NaN where it is not ready; `expression` as it is written in the system, "" where it is not known.
    """

    role: Role
    timeframe: str
    name: str
    expression: str
    ts_ms: Floats
    value: Floats


class Levels(NamedTuple):
    """Stretches of a trade's stop, target and liquidation price: columns of equal length, in the order of trades.

    `kind` is an index into LEVEL_KINDS; each price holds over [start_ms, end_ms], ms UTC.
    """

    trade_id: Floats
    kind: Floats
    start_ms: Floats
    end_ms: Floats
    price: Floats


LEVEL_KINDS = ("stop_price", "target_price", "liquidation_price")


class Paid(NamedTuple):
    """Fees and funding as they were booked, float64[n] each: ms UTC ascending, USDT; funding paid is positive."""

    ts_ms: Floats
    fees_usdt: Floats
    funding_usdt: Floats


class Setting(NamedTuple):
    """A key of system.yml by its dotted name that was chosen, or that has another value than its default."""

    key: str
    value: Any
    default: Any
    has_default: bool


def _none() -> Floats:
    return np.empty(0)


NO_LEVELS = Levels(_none(), _none(), _none(), _none(), _none())
NOTHING_PAID = Paid(_none(), _none(), _none())


@frozen
class RunContent:
    """One run on a page.

    `trades` and `equity` have the columns of trades.csv (and `tag`) and equity_curve.csv, typed, moments as
    Datetime("ms", "UTC"). `candles` are the exec bars of each symbol, the warm-up left out, `features` the lines of
    each. `funnel` is what became of the run's wishes, as `btcli explain --json` says it. `findings` stand in
    metrics.json; None for a run that was recorded without a review. `left_out` are sentences on what the page lacks,
    and why.
    """

    name: str  # "system / window"
    run_id: str
    manifest: Mapping[str, Any]
    metrics: Mapping[str, Any]
    trades: pl.DataFrame
    equity: pl.DataFrame
    funnel: Mapping[str, Any]
    findings: tuple[Mapping[str, Any], ...] | None = None
    paid: Paid = NOTHING_PAID
    levels: Levels = NO_LEVELS
    timeframes: Mapping[str, str] = field(default_factory=dict)  # of the roles
    candles: Mapping[str, Bars] = field(default_factory=dict)
    features: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
