"""The specs that a run uses: from the config, else from the packaged snapshot of the venue."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from decimal import Context, Decimal, localcontext

from btcli.config.model import System
from btcli.config.specs.snapshots import packaged_specs
from btcli.config.specs.symbol import SymbolSpecs, TierSpecs
from btcli.config.venues import VENUES
from btcli.digest import digest_of
from btcli.errors import ConfigError, Problem
from btcli.frozen import frozen


@frozen
class Tier:
    """A risk tier: values up to `limit_usdt`; rates as fractions; maintenance = value * rate - deduction."""

    limit_usdt: float
    maintenance_rate: float
    initial_rate: float
    max_leverage: float
    deduction_usdt: float


@frozen
class InstrumentSpecs:
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


EXAMPLE = (  # of specs that are whole; whoever uses them has to put the venue's own figures in
    "{tick_size: 0.0001, qty_step: 0.1, min_qty: 0.1, max_qty: 1000000,"
    " tiers: [{limit_usdt: 100000, maintenance_rate: 0.02, max_leverage: 25}]}"
)


def without_specs(system: System) -> tuple[str, ...]:
    """The symbols of the system for which there are no specs."""
    packaged = packaged_specs(system.venue)
    return tuple(symbol for symbol in system.symbols if symbol not in system.instruments and symbol not in packaged)


def load_instruments(system: System) -> dict[str, InstrumentSpecs]:
    """The specs of each symbol of the system, in its order.

    Raises ConfigError naming every symbol that has no specs, and how to write them, and every one whose tiers all
    forbid the account's leverage: each of its entries would be refused.
    """
    with localcontext(Context()):  # user code may have changed how decimals are computed
        return _loaded(system)


def _loaded(system: System) -> dict[str, InstrumentSpecs]:
    packaged = packaged_specs(system.venue)
    specs = {symbol: system.instruments.get(symbol) or packaged.get(symbol) for symbol in system.symbols}
    unknown = tuple(_unknown(system, symbol, sorted(packaged)) for symbol, found in specs.items() if found is None)
    if unknown:
        raise ConfigError(unknown)
    costs = {symbol: system.costs_of(symbol) for symbol in specs}
    instruments = {
        symbol: instrument_of(system.venue, symbol, found, costs[symbol].taker_fee_rate, costs[symbol].maker_fee_rate)
        for symbol, found in specs.items()
        if found is not None
    }
    if forbidden := tuple(_forbidden(system, found) for found in instruments.values() if _forbids(system, found)):
        raise ConfigError(forbidden)
    return instruments


def _forbids(system: System, specs: InstrumentSpecs) -> bool:
    return system.account.leverage > specs.tiers[0].max_leverage


def _forbidden(system: System, specs: InstrumentSpecs) -> Problem:
    highest = specs.tiers[0].max_leverage
    return Problem(
        f"a leverage of {system.account.leverage:g} is more than any position in {specs.symbol} may have",
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
    venue_name: str, symbol: str, specs: SymbolSpecs, taker_fee_rate: float, maker_fee_rate: float
) -> InstrumentSpecs:
    """The written specs with what they leave out, the fees given, and how the venue's margin works."""
    venue = VENUES[venue_name]
    return InstrumentSpecs(
        symbol=symbol,
        tick_size=specs.tick_size,
        qty_step=specs.qty_step,
        min_qty=specs.min_qty,
        max_qty=specs.max_qty,
        max_market_qty=specs.max_market_qty or specs.max_qty,
        min_notional_usdt=specs.min_notional_usdt,
        taker_fee_rate=taker_fee_rate,
        maker_fee_rate=maker_fee_rate,
        liquidation_fee_rate=specs.liquidation_fee_rate or 0.0,
        close_fee_in_margin=venue.close_fee_in_margin,
        funding_from_margin=venue.funding_from_margin,
        order_cost_by_mark=venue.order_cost_by_mark,
        tiers=_tiers(specs.tiers),
        source=specs.source,
        as_of=specs.as_of,
        listed_ms=specs.listed_ms,
        delisted_ms=specs.delisted_ms,
        funding_cap_rate=specs.funding_cap_rate,
    )


def _tiers(written: tuple[TierSpecs, ...]) -> tuple[Tier, ...]:
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
