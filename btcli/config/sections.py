"""The blocks of system.yml, each with its keys, their limits and their defaults."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_serializer, model_validator

from btcli.config.findings import REQUIRED, listed
from btcli.config.rules import Rules
from btcli.config.types import (
    Bps,
    Count,
    Duration,
    FeatureName,
    FeeRate,
    InOrder,
    NotNegative,
    OrNone,
    ParamValue,
    Percent,
    Positive,
    RoleName,
    Section,
    Symbol,
    Text,
    TimeframeLabel,
    refusal,
)
from btcli.timeframe import duration_ms

SizingMode = Literal["qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct"]
AtEntry = Literal["venue", "yes", "no"]
Settlements = Literal["settled", "none"]
RULES = "rules"  # what a strategy of rules goes by
WAYS = "a built-in name, package.module:Class, or path/file.py:Class"
SIZING_MODES: tuple[SizingMode, ...] = ("qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct")


class Account(Section):
    initial_equity_usdt: Positive = Field(10_000.0, description="cash at the start")
    leverage: float = Field(1.0, ge=1, le=200, description="of every position; the venue's tiers limit it further")
    margin_mode: Literal["isolated", "cross"] = Field("isolated", description="what stands behind a position")


class SymbolCosts(Section):
    """Costs that differ for one symbol; what is left out is as for all."""

    taker_fee_rate: OrNone[FeeRate] = Field(None, description="fraction of the value traded")
    maker_fee_rate: OrNone[FeeRate] = Field(None, description="fraction of the value traded")
    slippage_bps: OrNone[Bps] = Field(None, description="basis points")
    stop_slippage_bps: OrNone[Bps] = Field(None, description="basis points")
    impact_k: OrNone[NotNegative] = Field(None, description="factor of the square-root impact")
    max_participation: OrNone[Positive] = Field(None, le=1, description="largest share of a bar's volume")
    funding_at_entry: OrNone[AtEntry] = Field(None, description="whether an entry at a settlement's time takes part")

    @model_serializer(mode="wrap")
    def _only_given(self, handler: Any) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value is not None}


class Costs(Section):
    """What trading costs; the two fee rates default to the venue's."""

    taker_fee_rate: FeeRate = Field(description="fraction of the value traded; default the venue's")
    maker_fee_rate: FeeRate = Field(description="fraction of the value traded; default the venue's")
    slippage_bps: Bps = Field(2.0, description="of market, market-type target and forced fills, basis points")
    stop_slippage_bps: Bps = Field(5.0, description="of stops, basis points")
    impact_k: NotNegative = Field(
        0.0, description="factor of a square-root impact, k * sigma * sqrt(qty / volume); 0 is none"
    )
    max_participation: OrNone[Positive] = Field(None, le=1, description="largest share of a bar's volume")
    funding: Settlements = Field(
        "settled",
        description="none: nothing is asked for or settled, and every figure says that funding is left out",
    )
    funding_at_entry: AtEntry = Field(
        "venue", description="whether an entry at a settlement's time takes part in it; venue: on binance alone"
    )
    per_symbol: InOrder[Symbol, SymbolCosts] = Field(
        default_factory=dict, description="costs that differ for one symbol"
    )


class Execution(Section):
    """How orders meet prices inside a bar."""

    path: Literal["pessimistic", "adaptive", "optimistic"] = Field(
        "pessimistic", description="which extreme of a bar is assumed to come first"
    )
    limit_rule: Literal["trade_through", "touch"] = Field("trade_through", description="when a limit order fills")
    trigger_by: Literal["last", "mark"] = Field("last", description="the series that triggers stops and targets")
    mark_source: Literal["mark", "last"] = Field("mark", description="mark candles, or the last price as mark")
    take_profit_order: Literal["market", "limit"] = Field("market", description="how a target is filled")
    zero_volume: Literal["fill", "cancel"] = Field("fill", description="market orders on a bar without volume")
    delay_bars: int = Field(0, ge=0, description="exec bars between a decision and its arrival, beyond the next open")


class Sizing(Section):
    """How large an entry is: exactly one of the modes, with its value."""

    qty: OrNone[Positive] = Field(None, description="coins")
    notional_usdt: OrNone[Positive] = Field(None, description="value, USDT")
    notional_pct: OrNone[Positive] = Field(None, description="value, percent of equity")
    margin_pct: OrNone[Percent] = Field(None, description="margin, percent of equity")
    risk_pct: OrNone[Percent] = Field(None, description="loss at the stop, percent of equity")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [mode for mode in SIZING_MODES if getattr(self, mode) is not None]
        if len(given) != 1:
            raise refusal(f"needs exactly one of {listed(SIZING_MODES)}, got {' and '.join(given) or 'none'}")
        return self

    @property
    def mode(self) -> SizingMode:
        """The one key that is given."""
        return next(mode for mode in SIZING_MODES if getattr(self, mode) is not None)

    @property
    def value(self) -> float:
        """Its value: coins, USDT or percent, as the mode's name says."""
        value: float = getattr(self, self.mode)
        return value

    @model_serializer(mode="plain")
    def _as_written(self) -> dict[str, float]:
        return {self.mode: self.value}


class Risk(Section):
    """The size of entries, and what ends a run."""

    sizing: Sizing = Field(
        description="how large an entry is: coins, USDT, or percent of equity as value, margin or loss at the stop"
    )
    costs_in_risk: bool = Field(True, description="risk_pct counts fees and slippage into the loss")
    max_notional_usdt: OrNone[Positive] = Field(None, description="largest value of an entry")
    stop_equity_usdt: NotNegative = Field(0.0, description="the run ends at this equity")
    max_drawdown_pct: OrNone[Percent] = Field(None, description="the run ends at this drawdown from the peak")
    daily_loss_pct: OrNone[Percent] = Field(
        None, description="no entries for the rest of a UTC day that lost this much"
    )
    max_open_positions: OrNone[Count] = Field(None, description="over all symbols")
    max_bars_in_trade: OrNone[Count] = Field(None, description="in ltf bars; an older position is closed")
    on_liquidation: Literal["stop", "continue"] = Field("stop", description="what a liquidation does to the run")
    liquidation: Literal["full", "ladder"] = Field(
        "ladder", description="tier by tier, or at once; with cross margin always full"
    )
    on_opposite_signal: Literal["ignore", "close", "reverse"] = Field(
        "ignore", description="what a signal for the other side does while in a position"
    )
    stop_vs_liquidation: Literal["warn", "reject", "adjust"] = Field(
        "warn", description="a stop that lies beyond the liquidation price"
    )


class Sourcing(Section):
    """Which stored series feed a run."""

    derive_from: OrNone[TimeframeLabel] = Field(
        None, description="read this timeframe alone and derive every role from it"
    )
    gaps: Literal["refuse", "allow_confirmed"] = Field("refuse", description="holes that the venue itself confirms")
    funding_mark: OrNone[TimeframeLabel] = Field(None, description="mark candles for funding; none: those of exec")


class Warmup(Section):
    """What has to happen before the first decision."""

    tolerance: float = Field(1e-4, gt=0, lt=1, description="how much the start of a recursive feature may matter")
    missing: Literal["refuse", "start_late"] = Field(
        "refuse", description="when the history before the window is too short"
    )
    bars: InOrder[RoleName, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="bars before the window per role, instead of the computed ones"
    )


class Signals(Section):
    """Numbers that were made elsewhere, each row known from a moment on."""

    file: Text = Field(description="Parquet, Feather or CSV, its path counted from the system file")
    available_at: Text = Field(description="the column that says when a row became known, UTC where it names no zone")
    columns: OrNone[tuple[FeatureName, ...]] = Field(
        None, min_length=1, strict=False, description="the columns of numbers; none: all others"
    )
    symbol: OrNone[Text] = Field(
        None, description="the column that says whose row it is; none: `symbol` where there is one, else for all"
    )
    unit: OrNone[Literal["s", "ms", "us", "ns"]] = Field(
        None, description="of times that are numbers, since 1970; none: told from the numbers"
    )
    max_age: OrNone[Duration] = Field(None, description="after which a row is unknown, as 20m, 4h or 2d")

    @property
    def max_age_ms(self) -> int | None:
        """The greatest age of a row that is still known; None where there is none."""
        return None if self.max_age is None else duration_ms(self.max_age)


class PythonFeature(Section):
    """A feature that a function of the user's computes."""

    python: Text = Field(description="path/file.py:function or package.module:function")
    bars: int = Field(ge=0, le=100_000, description="the closed bars before one that its value needs")
    args: InOrder[str, ParamValue] = Field(
        default_factory=dict, exclude_if=lambda given: not given, description="what the function is called with"
    )

    def __str__(self) -> str:
        given = "".join(f", {name}={value!r}" for name, value in self.args.items())
        return f"{self.python.rpartition(':')[2]}(bars{given}) of {self.python.rpartition(':')[0]}"


TEXT, FUNCTION = "[text]", "[function]"  # what a feature is written as; no part of its key


def _way(value: Any) -> str:
    return FUNCTION if isinstance(value, (dict, PythonFeature)) else TEXT


WrittenFeature = Annotated[Annotated[Text, Tag(TEXT)] | Annotated[PythonFeature, Tag(FUNCTION)], Discriminator(_way)]


class Output(Section):
    """What is written."""

    events: Literal["normal", "full"] = Field("normal", description="full adds a line per step")
    equity: Literal["ltf", "exec"] = Field("ltf", description="the rows of the equity curve")
    parquet: bool = Field(False, description="trades, equity curve and events also as Parquet files")


class SymbolStrategy(Section):
    """Who decides for one symbol: another strategy with its parameters, or the same with some of its own."""

    rules: OrNone[Rules] = Field(None, description="as strategy.rules; default those, where there are any")
    use: OrNone[Text] = Field(None, description="as strategy.use; default that one")
    params: InOrder[str, ParamValue] = Field(
        default_factory=dict, description="without a use or rules of its own added to strategy.params"
    )

    @field_validator("use")
    @classmethod
    def _not_both(cls, use: str | None, known: ValidationInfo) -> str | None:
        return _without_rules(use, known)

    @model_serializer(mode="wrap")
    def _only_given(self, handler: Any) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value}


def _without_rules(use: str | None, known: ValidationInfo) -> str | None:
    if use is not None and known.data.get("rules", ...) is not None:
        raise refusal("excludes rules", hint="take one of use and rules out")
    return use


class Strategy(Section):
    """Who decides: code by its name, or rules."""

    rules: OrNone[Rules] = Field(
        None,
        exclude_if=lambda rules: rules is None,
        description="conditions instead of `use`; what stands beside long and short is for both (docs/rules.md)",
    )
    use: OrNone[Text] = Field(None, exclude_if=lambda use: use is None, description=WAYS)
    params: InOrder[str, ParamValue] = Field(
        default_factory=dict, description="the parameters of the code or of the rules"
    )
    per_symbol: InOrder[Symbol, SymbolStrategy] = Field(
        default_factory=dict,
        exclude_if=lambda own: not own,
        description="another strategy for a symbol, or without `use` and `rules` other parameters",
    )

    @field_validator("use")
    @classmethod
    def _either_or(cls, use: str | None, known: ValidationInfo) -> str | None:
        rules = known.data.get("rules", ...)
        if use is None and rules is None:
            raise refusal(REQUIRED, hint=f"{WAYS}; or rules")
        return _without_rules(use, known)

    @property
    def name(self) -> str:
        """What it goes by: as `use` has it, or "rules"."""
        return RULES if self.use is None else self.use
