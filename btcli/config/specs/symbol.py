"""A symbol's specs as they are written in a config or a snapshot."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import Field, WithJsonSchema, model_validator

from btcli.config.types import NotNegative, OrNone, Positive, ReadBy, Section, StartMs, refusal

PACKAGED = "packaged"  # in place of rules: those that came with btcli


def _decimal_text(value: Any) -> str:
    """A step as a plain decimal: 0.10, "0.1" and 1e-1 are all "0.1"."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise refusal(f"expected a decimal number, got {value!r}")
    try:
        step = Decimal(str(value))
    except InvalidOperation:
        raise refusal(f"expected a decimal number, got {value!r}") from None
    if not step.is_finite() or step <= 0 or step.normalize().adjusted() < -15 or step > 1_000_000:
        raise refusal(f"must be a decimal above 0, got {value!r}")
    return f"{step.normalize():f}"


Step = Annotated[str, ReadBy(_decimal_text), WithJsonSchema({"type": ["number", "string"]})]
Rate = Annotated[float, Field(gt=0, le=1)]
Instant = OrNone[StartMs]


class TierSpecs(Section):
    """One risk tier: positions up to `limit_usdt` of value."""

    limit_usdt: Positive = Field(description="of a tier: largest position value, USDT")
    maintenance_rate: Rate = Field(description="of a tier: maintenance margin rate, a fraction")
    max_leverage: float = Field(ge=1, description="of a tier: largest leverage")
    initial_rate: OrNone[Rate] = Field(None, description="of a tier: initial margin rate; default 1 / max_leverage")
    deduction_usdt: OrNone[NotNegative] = Field(
        None,
        description="of a tier: taken off value * maintenance_rate; default joins the tier to the one below",
    )


class SymbolSpecs(Section):
    """What a venue says about one symbol. Fees are not here: they belong to `costs`."""

    tick_size: Step = Field(description="step of prices, USDT, a decimal")
    qty_step: Step = Field(description="step of quantities, coins, a decimal")
    min_qty: Positive = Field(description="smallest order, coins")
    max_qty: Positive = Field(description="largest limit order, coins")
    max_market_qty: OrNone[Positive] = Field(None, description="largest market order, coins; default max_qty")
    min_notional_usdt: NotNegative = Field(0.0, description="smallest order value, USDT")
    liquidation_fee_rate: OrNone[Annotated[float, Field(ge=0, lt=1)]] = Field(
        None, description="clearance fee of a liquidation, fraction of its value, where the venue takes one"
    )
    funding_cap_rate: OrNone[Rate] = Field(
        None,
        exclude_if=lambda rate: rate is None,
        description="largest funding rate of one settlement: beyond it data is refused; 0.03 where it is unknown",
    )
    tiers: tuple[TierSpecs, ...] = Field(min_length=1, strict=False, description="risk tiers, smallest first")
    listed_ms: Instant = Field(
        None,
        alias="listed",
        exclude_if=lambda ms: ms is None,
        description="the UTC instant when trading began (a date is its 00:00): no candle is asked for before it",
    )
    delisted_ms: Instant = Field(
        None,
        alias="delisted",
        exclude_if=lambda ms: ms is None,
        description="the UTC instant when trading ended: a position still held is closed at the last mark",
    )
    source: str = Field("", description="where the figures come from")
    as_of: str = Field("", description="of which day they are")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        step = Decimal(self.qty_step)
        for key in ("min_qty", "max_qty", "max_market_qty"):
            value = getattr(self, key)
            if value is not None and Decimal(str(value)) % step:
                raise refusal(f"{value:g} is not a multiple of qty_step {self.qty_step}", key=key)
            if value is not None and value < self.min_qty:
                raise refusal(f"{value:g} is below min_qty {self.min_qty:g}", key=key)
        for below, tier in pairwise(self.tiers):
            if tier.limit_usdt <= below.limit_usdt:
                raise refusal(f"limits must rise, {tier.limit_usdt:g} follows {below.limit_usdt:g}", key="tiers")
            if tier.maintenance_rate < below.maintenance_rate or tier.max_leverage > below.max_leverage:
                raise refusal(f"the tier up to {tier.limit_usdt:g} asks for less than the one below", key="tiers")
        if self.listed_ms is not None and self.delisted_ms is not None and self.delisted_ms <= self.listed_ms:
            raise refusal("is not after listed", key="delisted")
        return self
