"""The trading rules that a run uses: from the config, else from the packaged snapshot of the venue."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from decimal import Context, Decimal, localcontext

from btcli.config.model import System
from btcli.config.specs.rules import SymbolRules, TierRules
from btcli.config.specs.snapshots import packaged_rules
from btcli.config.venues import VENUES
from btcli.digest import digest_of
from btcli.errors import ConfigError, Problem


@dataclass(frozen=True)
class Tier:
    """A risk tier: values up to `limit_usdt`; rates as fractions; maintenance = value * rate - deduction."""

    limit_usdt: float
    maintenance_rate: float
    initial_rate: float
    max_leverage: float
    deduction_usdt: float


@dataclass(frozen=True)
class InstrumentRules:
    """Everything a run needs to know of one symbol; steps as decimal text, quantities in coins, rates as fractions."""

    symbol: str
    tick_size: str
    qty_step: str
    min_qty: float
    max_qty: float
    max_market_qty: float
    min_notional_usdt: float
    taker_fee_rate: float
    maker_fee_rate: float
    liquidation_fee_rate: float
    close_fee_in_margin: bool
    funding_from_margin: bool
    order_cost_by_mark: bool
    tiers: tuple[Tier, ...]
    source: str
    as_of: str
    listed_ms: int | None = None
    delisted_ms: int | None = None
    funding_cap_rate: float | None = None  # of one settlement; judges data, and leaves results alone

    @property
    def digest(self) -> str:
        """The sha256 of every figure that decides a result; where and when it was read does not count."""
        left_out = ("source", "as_of", "funding_cap_rate")
        figures = {name: value for name, value in asdict(self).items() if value is not None and name not in left_out}
        return digest_of(figures)


EXAMPLE = (  # of rules that are whole; whoever uses them has to put the venue's own figures in
    "{tick_size: 0.0001, qty_step: 0.1, min_qty: 0.1, max_qty: 1000000,"
    " tiers: [{limit_usdt: 100000, maintenance_rate: 0.02, max_leverage: 25}]}"
)


def unruled(system: System) -> tuple[str, ...]:
    """The symbols of the system for which there are no trading rules."""
    packaged = packaged_rules(system.venue)
    return tuple(symbol for symbol in system.symbols if symbol not in system.instruments and symbol not in packaged)


def load_instruments(system: System) -> dict[str, InstrumentRules]:
    """The rules of each symbol of the system, in its order.

    Raises ConfigError naming every symbol that has no rules, and how to write them, and every one whose tiers all
    forbid the account's leverage: each of its entries would be refused.
    """
    with localcontext(Context()):  # user code may have changed how decimals are computed
        return _loaded(system)


def _loaded(system: System) -> dict[str, InstrumentRules]:
    packaged = packaged_rules(system.venue)
    rules = {symbol: system.instruments.get(symbol) or packaged.get(symbol) for symbol in system.symbols}
    unknown = tuple(_unknown(system, symbol, sorted(packaged)) for symbol, found in rules.items() if found is None)
    if unknown:
        raise ConfigError(unknown)
    costs = {symbol: system.costs_of(symbol) for symbol in rules}
    instruments = {
        symbol: instrument_of(system.venue, symbol, found, costs[symbol].taker_fee_rate, costs[symbol].maker_fee_rate)
        for symbol, found in rules.items()
        if found is not None
    }
    if forbidden := tuple(_forbidden(system, found) for found in instruments.values() if _forbids(system, found)):
        raise ConfigError(forbidden)
    return instruments


def _forbids(system: System, rules: InstrumentRules) -> bool:
    return system.account.leverage > rules.tiers[0].max_leverage


def _forbidden(system: System, rules: InstrumentRules) -> Problem:
    highest = rules.tiers[0].max_leverage
    return Problem(
        f"a leverage of {system.account.leverage:g} is more than any position in {rules.symbol} may have",
        system.where("account.leverage"),
        f"its lowest tier allows {highest:g}: set account.leverage to that or less",
    )


def _unknown(system: System, symbol: str, packaged: list[str]) -> Problem:
    return Problem(
        f"no trading rules of {symbol} on {system.venue} (packaged: {', '.join(packaged)})",
        system.where("symbols"),
        f"write the venue's own in the config as instruments: {{{symbol}: {EXAMPLE}}}, or name a snapshot file",
        adds=f"--set {shlex.quote(f'instruments.{symbol}={EXAMPLE}')}",
    )


def instrument_of(
    venue_name: str, symbol: str, rules: SymbolRules, taker_fee_rate: float, maker_fee_rate: float
) -> InstrumentRules:
    """The written rules with what they leave out, the fees given, and how the venue's margin works."""
    venue = VENUES[venue_name]
    return InstrumentRules(
        symbol=symbol,
        tick_size=rules.tick_size,
        qty_step=rules.qty_step,
        min_qty=rules.min_qty,
        max_qty=rules.max_qty,
        max_market_qty=rules.max_market_qty or rules.max_qty,
        min_notional_usdt=rules.min_notional_usdt,
        taker_fee_rate=taker_fee_rate,
        maker_fee_rate=maker_fee_rate,
        liquidation_fee_rate=rules.liquidation_fee_rate or 0.0,
        close_fee_in_margin=venue.close_fee_in_margin,
        funding_from_margin=venue.funding_from_margin,
        order_cost_by_mark=venue.order_cost_by_mark,
        tiers=_tiers(rules.tiers),
        source=rules.source,
        as_of=rules.as_of,
        listed_ms=rules.listed_ms,
        delisted_ms=rules.delisted_ms,
        funding_cap_rate=rules.funding_cap_rate,
    )


def _tiers(written: tuple[TierRules, ...]) -> tuple[Tier, ...]:
    """Tiers with what was left out: initial rate 1 / leverage, deductions that join the tiers without a jump."""
    tiers: list[Tier] = []
    derived, below = Decimal(0), None
    for tier in written:
        if below is not None:
            rise = Decimal(str(tier.maintenance_rate)) - Decimal(str(below.maintenance_rate))
            derived += Decimal(str(below.limit_usdt)) * rise
        if tier.deduction_usdt is not None:
            derived = Decimal(str(tier.deduction_usdt))
        initial_rate = 1.0 / tier.max_leverage if tier.initial_rate is None else tier.initial_rate
        tiers.append(Tier(tier.limit_usdt, tier.maintenance_rate, initial_rate, tier.max_leverage, float(derived)))
        below = tier
    return tuple(tiers)
