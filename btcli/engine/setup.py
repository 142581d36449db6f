"""From a system, its instruments and its market data to an exchange that is ready to step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from btcli.engine.timeline import Timeline, mark_prices, prices
from btcli.errors import UnhealthyData
from btcli.exchange.instrument import Instrument
from btcli.exchange.simulated import ExchangeRules, Funding, SimulatedExchange
from btcli.market.loader import SymbolInputs
from btcli.market.series import Floats

if TYPE_CHECKING:
    from btcli.config.instruments import InstrumentRules
    from btcli.config.model import System


PREFLIGHT = "btcli preflight lists them"


def exchange_for(
    system: System, inputs: SymbolInputs, rules: InstrumentRules, line: Timeline, path: str | None = None
) -> SimulatedExchange:
    """An exchange over the steps of `line`, for one symbol; `path` replaces `fills.path`.

    Raises UnhealthyData for prices that no exchange could have had, or mark candles that are missing.
    """
    last = prices(inputs.bars["exec"], line)
    mark = _mark(system, inputs, last, line)
    for name, table in (("last", last), ("mark", last if mark is None else mark)):
        wrong = np.flatnonzero(~(np.isfinite(table[:, :4]) & (table[:, :4] > 0)).all(axis=1))
        if len(wrong):
            raise UnhealthyData(f"{inputs.symbol}: {len(wrong)} {name} prices are not positive numbers", hint=PREFLIGHT)
    return SimulatedExchange(
        symbols=(inputs.symbol,),
        ts_open=line.ts_open,
        step_ms=system.timeframes.exec.ms,
        last=[last],
        mark=None if mark is None else [mark],
        funding=[_funding(inputs, line)],
        instruments=[instrument_for(system, rules)],
        rules=rules_for(system, path),
        initial_equity_usdt=system.account.initial_equity_usdt,
    )


def instrument_for(system: System, rules: InstrumentRules) -> Instrument:
    """The symbol's rules with the system's leverage and costs."""
    costs = system.costs_of(rules.symbol)
    return Instrument(
        symbol=rules.symbol,
        tick_size=rules.tick_size,
        qty_step=rules.qty_step,
        min_qty=rules.min_qty,
        max_qty=rules.max_qty,
        max_market_qty=rules.max_market_qty,
        min_notional_usdt=rules.min_notional_usdt,
        taker_fee_rate=costs.taker_fee_rate,
        maker_fee_rate=costs.maker_fee_rate,
        close_fee_rate=costs.taker_fee_rate if rules.close_fee_in_margin else 0.0,
        funding_from_margin=rules.funding_from_margin,
        leverage=system.account.leverage,
        slippage_bps=costs.slippage_bps,
        stop_slippage_bps=costs.stop_slippage_bps,
        tiers=tuple(
            (tier.limit_usdt, tier.maintenance_rate, tier.initial_rate, tier.max_leverage, tier.deduction_usdt)
            for tier in rules.tiers
        ),
    )


def rules_for(system: System, path: str | None = None) -> ExchangeRules:
    """The choices that the system file makes where the rulebook leaves one."""
    fills, risk = system.fills, system.risk
    return ExchangeRules(
        path=path or fills.path,
        trigger_by=fills.trigger_by,
        limit_rule=fills.limit_rule,
        take_profit_order=fills.take_profit_order,
        on_liquidation=risk.on_liquidation,
        stop_vs_liquidation=risk.stop_vs_liquidation,
        sizing=risk.sizing.mode,
        sizing_value=risk.sizing.value,
        costs_in_risk=risk.costs_in_risk,
        max_notional_usdt=risk.max_notional_usdt,
        stop_equity_usdt=risk.stop_equity_usdt,
        max_drawdown_pct=risk.max_drawdown_pct,
    )


def _mark(system: System, inputs: SymbolInputs, last: Floats, line: Timeline) -> Floats | None:
    if system.fills.mark_source == "last" or inputs.mark is None:
        return None
    mark, missing = mark_prices(inputs.mark, last, line)
    if missing and system.data.gaps == "refuse":
        raise UnhealthyData(f"{inputs.symbol}: {missing} mark candles are missing in the window", hint=PREFLIGHT)
    return mark


def _funding(inputs: SymbolInputs, line: Timeline) -> Funding:
    """Settlements from the first step's open on; before it nothing is held."""
    first = int(np.searchsorted(inputs.funding.ts, line.ts_open[0])) if line.steps else 0
    return inputs.funding.ts[first:], inputs.funding.rate[first:], inputs.mark_at_settlements()[first:]
