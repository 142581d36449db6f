"""What of a run's recorded values this version reads again, and of which kind each must be.

A run folder may be damaged, of another version or of another maker: what is read of it is checked here, once, so
that whoever shows or explains a run may rely on it. Names that nobody reads again are free.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from btcli.errors import AccessError
from btcli.symbols import is_symbol


def _symbol(text: str) -> str:
    """A symbol of any alphabet; raises ValueError for anything else."""
    if not is_symbol(text):
        raise ValueError(f"{text!r} is no symbol")
    return text


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
Number = float
Word = Annotated[str, Field(pattern=r"^[A-Za-z_]{1,64}$")]
Symbol = Annotated[str, AfterValidator(_symbol)]
Label = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}[mhdw]$")]
Counts = dict[Word, int]
Path = Literal["pessimistic", "adaptive", "optimistic"]
Sizing = Literal["qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct"]


def is_moment(text: str) -> bool:
    """Whether the text is a moment as a run writes it: 2024-01-31T00:00:00.000Z."""
    try:
        return _MOMENT.fullmatch(text) is not None and datetime.fromisoformat(text).year > 1
    except ValueError:
        return False


def _moment(text: str) -> str:
    if not is_moment(text):
        raise ValueError("should be as 2024-01-31T00:00:00.000Z")
    return text


Moment = Annotated[str, AfterValidator(_moment)]
Shaped = TypeVar("Shaped", bound=BaseModel)


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False, defer_build=True)


class PathOutcome(_Shape):
    """How the run ends with one order of a bar's extremes."""

    status: Word
    final_equity_usdt: Number
    max_drawdown_pct: Number | None
    trades: int


class Withheld(_Shape):
    """Why there are no outcomes on the other paths."""

    withheld: str


class SymbolCosts(_Shape):
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


class FirstRefusal(_Shape):
    """The two numbers that the first refusal of a code compared."""

    ts: Moment
    have: Number
    need: Number


class Side(_Shape):
    """The long or the short trades."""

    trades: int


class Place(_Shape):
    """Where the evidence of a finding lies, as far as that can be said."""

    trade_id: int | None = None
    symbol: Symbol | None = None
    day: str | None = None


class Finding(_Shape):
    """A doubt of the review: the number found, and what it was held against."""

    code: Word
    severity: Literal["doubt", "warning", "note"]
    message: str
    found: Number
    limit: Number
    unit: str
    where: Place = Place()


class Metrics(_Shape):
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
    costs_by_symbol: dict[Symbol, SymbolCosts] = {}
    max_used_margin_pct: Number | None
    nearest_liquidation_pct: Number | None
    liquidations: int
    entry_attempts: int
    refusals_by_code: Counts
    first_refusals: dict[Word, FirstRefusal] = {}
    cancellations_by_code: Counts = {}
    signals_ignored: int = 0
    buy_and_hold_pct: Annotated[dict[str, Number | None], Field(min_length=1)]
    paths: Annotated[dict[Path, PathOutcome], Field(min_length=1)] | Withheld

    deviations: list[Word] = []
    findings: list[Finding] = []  # runs of old have none


class _Since(_Shape):
    return_pct: Number | None
    sharpe: Number | None
    exposure_pct: Number | None
    buy_and_hold_pct: dict[Symbol, Number | None]


class Deciding(_Shape):
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


class _Timeframes(_Shape):
    exec: Label
    ltf: Label
    mtf: Label
    htf: Label


class _Account(_Shape):
    leverage: Annotated[Number, Field(gt=0)]
    margin_mode: str


class _OwnCosts(_Shape):
    taker_fee_rate: Number | None = None
    maker_fee_rate: Number | None = None
    slippage_bps: Number | None = None
    stop_slippage_bps: Number | None = None
    impact_k: Number | None = None


class _Costs(_Shape):
    taker_fee_rate: Number
    maker_fee_rate: Number
    slippage_bps: Number
    stop_slippage_bps: Number
    impact_k: Number
    funding: str = "settled"
    per_symbol: dict[Symbol, _OwnCosts]


class _Fills(_Shape):
    path: Path
    mark_source: str


class _Risk(_Shape):
    sizing: Annotated[dict[Sizing, Number], Field(min_length=1, max_length=1)]
    costs_in_risk: bool
    max_notional_usdt: Number | None = None


class _Sourcing(_Shape):
    derive_from: Label | None = None


class _OwnStrategy(_Shape):
    rules: dict[str, Any] = {}
    use: str = ""
    params: dict[str, Any] = {}


class _Strategy(_OwnStrategy):
    per_symbol: dict[Symbol, _OwnStrategy] = {}


class Config(_Shape):
    """What is read again of the config in a manifest's inputs."""

    venue: Literal["bybit", "binance", "sample"]
    env: Literal["live", "demo"]
    symbols: Annotated[list[Symbol], Field(min_length=1)]
    timeframes: _Timeframes
    account: _Account
    costs: _Costs
    fills: _Fills
    risk: _Risk
    data: _Sourcing
    strategy: _Strategy


class _SpecsUsed(_Shape):
    model_config = ConfigDict(strict=False)

    origin: str
    venue: str
    file: str
    as_of: str
    age_days: int | None
    days_beyond_window: int | None
    symbols: list[Symbol]


class Environment(_Shape):
    """What is read again of a manifest's environment."""

    platform: str = ""
    project: str = "."
    versions: dict[str, str | None] = {}
    instruments: list[_SpecsUsed] = []


def require_shape(shape: type[Shaped], value: Any, where: str, at: str = "") -> Shaped:
    """The value as `shape`; raises AccessError with the first five places that are not as it says."""
    try:
        return shape.model_validate(value)
    except ValidationError as refusal:
        found = [f"{at}{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in refusal.errors()[:5]]
        raise AccessError(
            f"is not what this version of btcli writes: {'; '.join(found)}",
            where=where,
            hint="btcli replay --no-run says which files were changed",
        ) from None


def _as_recorded(environment: dict[str, Any]) -> dict[str, Any]:
    Environment.model_validate(environment)
    return environment


CheckedEnvironment = Annotated[dict[str, Any], AfterValidator(_as_recorded)]


def require_metrics(metrics: Mapping[str, Any], where: str) -> None:
    """Raise AccessError unless the content of metrics.json can be shown."""
    require_shape(Metrics, metrics, where)
    if "decisions" in metrics:
        require_shape(Deciding, metrics, where)


class Truths(_Shape):
    """At how many closes a condition was what."""

    text: str
    true: int
    false: int
    unknown: int


class CountedPart(Truths):
    """A condition inside another one."""

    depth: int


class CountedGate(_Shape):
    """What a gate held back."""

    gate: Word
    key: str
    held_back: int


class CountedRule(Truths):
    """One rule of a symbol; what came of it is there where it is an entry or an exit."""

    rule: Annotated[str, Field(pattern=r"^(long|short)\.[a-z_.0-9]+$")]
    key: str
    fired: int = 0
    held_back: int = 0
    gates: list[CountedGate] = []
    refused: Counts = {}
    filled: int = 0
    parts: list[CountedPart]


class CountedSymbol(_Shape):
    """The rules of one symbol, and how many closes there were."""

    closes: int
    ready: int
    asked: int
    rules: list[CountedRule]


class CountedRules(_Shape):
    """What is shown of rules.json."""

    symbols: dict[Symbol, CountedSymbol]


def require_rules(rules: Mapping[str, Any], where: str) -> None:
    """Raise AccessError unless the content of rules.json can be shown."""
    require_shape(CountedRules, rules, where)


def require_config(config: Mapping[str, Any], where: str) -> None:
    """Raise AccessError unless the config of a manifest is one that can be read again."""
    require_shape(Config, config, where, "inputs.config.")
