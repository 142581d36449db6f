"""What of metrics.json this version reads again, and of which kind each value must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from btcli.artifacts.kinds import Counts, Moment, Number, Path, Symbol, Word
from btcli.artifacts.shapes import Shape, require_shape


class PathOutcome(Shape):
    """How the run ends with one order of a bar's extremes."""

    status: Word
    final_equity_usdt: Number
    max_drawdown_pct: Number | None
    trades: int


class Withheld(Shape):
    """Why there are no outcomes on the other paths."""

    withheld: str


class SymbolCosts(Shape):
    """What trading one symbol cost."""

    turnover_usdt: Number
    taker_fees_usdt: Number
    maker_fees_usdt: Number
    liquidation_fees_usdt: Number
    spread_usdt: Number
    stop_slippage_usdt: Number
    impact_usdt: Number
    funding_paid_usdt: Number | None
    funding_received_usdt: Number | None


class FirstRefusal(Shape):
    """The two numbers that the first refusal of a code compared."""

    ts: Moment
    have: Number
    need: Number


class Side(Shape):
    """The long or the short trades."""

    trades: int


class Place(Shape):
    """Where the evidence of a finding lies, as far as that can be said."""

    trade_id: int | None = None
    symbol: Symbol | None = None
    day: str | None = None


class Finding(Shape):
    """A doubt of the review: the number found, and what it was held against."""

    code: Word
    severity: Literal["doubt", "warning", "note"]
    message: str
    found: Number
    limit: Number
    unit: str
    where: Place = Place()


class Metrics(Shape):
    """What is shown of metrics.json."""

    status: Word
    final_equity_usdt: Number
    net_profit_usdt: Number
    return_pct: Number | None
    cagr_pct: Number | None = None
    calmar: Number | None = None
    max_drawdown_pct: Number | None
    sharpe: Number | None
    sortino: Number | None
    trades: int
    long: Side
    short: Side
    win_rate_pct: Number | None
    profit_factor: Number | None
    expectancy_usdt: Number | None
    average_duration_hours: Number | None
    exposure_pct: Number | None
    ambiguous_trades: int
    exit_reasons: Counts
    turnover_usdt: Number
    fees_usdt: Number
    maker_fees_usdt: Number = 0.0
    liquidation_fees_usdt: Number = 0.0
    stop_slippage_usdt: Number = 0.0
    funding_paid_usdt: Number | None
    funding_received_usdt: Number | None
    slippage_usdt: Number
    impact_usdt: Number
    costs_by_symbol: dict[Symbol, SymbolCosts] = Field(default_factory=dict)
    max_used_margin_pct: Number | None
    nearest_liquidation_pct: Number | None
    liquidations: int
    entry_attempts: int
    refusals_by_code: Counts
    first_refusals: dict[Word, FirstRefusal] = Field(default_factory=dict)
    cancellations_by_code: Counts = Field(default_factory=dict)
    signals_ignored: int = 0
    buy_and_hold_pct: Annotated[dict[str, Number | None], Field(min_length=1)]
    paths: Annotated[dict[Path, PathOutcome], Field(min_length=1)] | Withheld

    deviations: list[Word] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)  # runs of old have none


class _Since(Shape):
    return_pct: Number | None
    sharpe: Number | None
    exposure_pct: Number | None
    buy_and_hold_pct: dict[Symbol, Number | None]


class Deciding(Shape):
    """What metrics.json tells of decisions, all of it or nothing."""

    decisions: int
    first_decision_ts: Moment | None
    window_before_first_decision_pct: Number | None
    first_decision_by_symbol: dict[Symbol, Moment | None]
    since_first_decision: _Since | None

    @model_validator(mode="after")
    def _has_figures(self) -> Self:
        if self.first_decision_ts is not None and self.since_first_decision is None:
            raise ValueError("a first decision without the figures since then")
        return self


def require_metrics(metrics: Mapping[str, Any], where: str) -> None:
    """Raise AccessError unless the content of metrics.json can be shown."""
    require_shape(Metrics, metrics, where)
    if "decisions" in metrics:
        require_shape(Deciding, metrics, where)
