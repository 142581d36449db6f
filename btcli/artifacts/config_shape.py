"""What of the config in a manifest's inputs this version reads again, and of which kind each value must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from btcli.artifacts.kinds import Label, Number, Path, Sizing, Symbol
from btcli.artifacts.shapes import Shape, require_shape


class _Timeframes(Shape):
    exec: Label
    ltf: Label
    mtf: Label
    htf: Label


class _Account(Shape):
    leverage: Annotated[Number, Field(gt=0)]
    margin_mode: str


class _OwnCosts(Shape):
    taker_fee_rate: Number | None = None
    maker_fee_rate: Number | None = None
    slippage_bps: Number | None = None
    stop_slippage_bps: Number | None = None
    impact_k: Number | None = None


class _Costs(Shape):
    taker_fee_rate: Number
    maker_fee_rate: Number
    slippage_bps: Number
    stop_slippage_bps: Number
    impact_k: Number
    funding: str = "settled"
    per_symbol: dict[Symbol, _OwnCosts]


class _Fills(Shape):
    path: Path
    mark_source: str


class _Risk(Shape):
    sizing: Annotated[dict[Sizing, Number], Field(min_length=1, max_length=1)]
    costs_in_risk: bool
    max_notional_usdt: Number | None = None


class _Sourcing(Shape):
    derive_from: Label | None = None


class _OwnStrategy(Shape):
    rules: dict[str, Any] = Field(default_factory=dict)
    use: str = ""
    params: dict[str, Any] = Field(default_factory=dict)


class _Strategy(_OwnStrategy):
    per_symbol: dict[Symbol, _OwnStrategy] = Field(default_factory=dict)


class Config(Shape):
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


def require_config(config: Mapping[str, Any], where: str) -> None:
    """Raise AccessError unless the config of a manifest is one that can be read again."""
    require_shape(Config, config, where, "inputs.config.")
