"""From a system and the specs of its symbols to the instruments and the terms of an exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from btcli.config.formulas import by_entry_until_ms
from btcli.config.venues import VENUES
from btcli.exchange.book.terms import Terms
from btcli.exchange.face.instrument import Instrument

if TYPE_CHECKING:
    from btcli.config.model import System
    from btcli.config.specs.instruments import InstrumentSpecs


def instrument_for(system: System, specs: InstrumentSpecs) -> Instrument:
    """The symbol's specs with the system's leverage and costs."""
    costs = system.costs_of(specs.symbol)
    return Instrument(
        symbol=specs.symbol,
        tick_size=specs.tick_size,
        qty_step=specs.qty_step,
        min_qty=specs.min_qty,
        max_qty=specs.max_qty,
        max_market_qty=specs.max_market_qty,
        min_notional_usdt=specs.min_notional_usdt,
        taker_fee_rate=costs.taker_fee_rate,
        maker_fee_rate=costs.maker_fee_rate,
        close_fee_rate=costs.taker_fee_rate if specs.close_fee_in_margin else 0.0,
        funding_from_margin=specs.funding_from_margin,
        order_cost_by_mark=specs.order_cost_by_mark,
        funding_at_entry=pays_at_entry(system, specs.symbol),
        leverage=system.account.leverage,
        slippage_bps=costs.slippage_bps,
        stop_slippage_bps=costs.stop_slippage_bps,
        impact_k=costs.impact_k,
        max_participation=costs.max_participation,
        liquidation_fee_rate=specs.liquidation_fee_rate,
        tiers=tuple(
            (tier.limit_usdt, tier.maintenance_rate, tier.initial_rate, tier.max_leverage, tier.deduction_usdt)
            for tier in specs.tiers
        ),
    )


def pays_at_entry(system: System, symbol: str) -> bool:
    """Whether a fill that opens at a settlement's time takes part in it: as the config says, else as on the venue."""
    asked = system.costs_of(symbol).funding_at_entry
    return VENUES[system.venue].funding_at_entry if asked == "venue" else asked == "yes"


def terms_for(system: System, path: str | None = None) -> Terms:
    """The choices that the system file makes where the rulebook leaves one, by the names that they have in both."""
    said = {name: value for section in (system.account, system.fills, system.risk) for name, value in section}
    said |= {
        "path": path or system.fills.path,
        "sizing": system.risk.sizing.mode,
        "sizing_value": system.risk.sizing.value,
        "maintenance_by_entry_until_ms": by_entry_until_ms(system.venue),
    }
    return Terms(**{name: said[name] for name in Terms._fields})
