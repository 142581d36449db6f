"""From a system, its instruments and its market data to an exchange that is ready to step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from btcli.config.formulas import by_entry_until_ms
from btcli.config.venues import VENUES
from btcli.engine.timeline import Booleans, Lane, Timeline, mark_prices, prices
from btcli.errors import UnhealthyData
from btcli.exchange.face.calendar import Calendar
from btcli.exchange.face.first_state import Terms
from btcli.exchange.face.instrument import Instrument
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.exchange.face.tape import Funding
from btcli.market.loader import SymbolInputs
from btcli.market.moments import plain
from btcli.market.series import Floats

if TYPE_CHECKING:
    from btcli.config.instruments import InstrumentRules
    from btcli.config.model import System


PREFLIGHT = "btcli preflight lists them"


def exchange_for(
    system: System,
    symbols: Sequence[SymbolInputs],
    rules: Mapping[str, InstrumentRules],
    line: Timeline,
    path: str | None = None,
    calendar: Calendar | None = None,
) -> SimulatedExchange:
    """An exchange over the steps of `line`; `path` replaces `fills.path`, `calendar` says who may decide where.

    Raises UnhealthyData for prices that no exchange could have had, mark candles that are missing, and bars that end
    before those of other symbols without a delisting.
    """
    delisted = [
        _ends(system, rules[inputs.symbol], line, lane) for inputs, lane in zip(symbols, line.lanes, strict=True)
    ]
    last = [prices(inputs.bars["exec"], lane) for inputs, lane in zip(symbols, line.lanes, strict=True)]
    mark, replaced = _marks(system, symbols, last, line)
    for name, tables in (("last", last), ("mark", mark or [])):
        for inputs, table, lane in zip(symbols, tables, line.lanes, strict=False):
            _refuse_nonsense(inputs.symbol, name, table, lane)
    return SimulatedExchange(
        symbols=[inputs.symbol for inputs in symbols],
        ts_open=line.ts_open,
        step_ms=line.ts_close - line.ts_open,
        last=last,
        mark=mark,
        mark_replaced=replaced,
        has_bar=[lane.has_bar for lane in line.lanes],
        delisted=delisted,
        funding=[_funding(inputs, line) for inputs in symbols],
        instruments=[instrument_for(system, rules[inputs.symbol]) for inputs in symbols],
        terms=terms_for(system, path),
        initial_equity_usdt=system.account.initial_equity_usdt,
        calendar=calendar,
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
        order_cost_by_mark=rules.order_cost_by_mark,
        funding_at_entry=pays_at_entry(system, rules.symbol),
        leverage=system.account.leverage,
        slippage_bps=costs.slippage_bps,
        stop_slippage_bps=costs.stop_slippage_bps,
        impact_k=costs.impact_k,
        max_participation=costs.max_participation,
        liquidation_fee_rate=rules.liquidation_fee_rate,
        tiers=tuple(
            (tier.limit_usdt, tier.maintenance_rate, tier.initial_rate, tier.max_leverage, tier.deduction_usdt)
            for tier in rules.tiers
        ),
    )


def pays_at_entry(system: System, symbol: str) -> bool:
    """Whether a fill that opens at a settlement's time takes part in it: as the config says, else as on the venue."""
    asked = system.costs_of(symbol).funding_at_entry
    return VENUES[system.venue].funding_at_entry if asked == "venue" else asked == "yes"


def terms_for(system: System, path: str | None = None) -> Terms:
    """The choices that the system file makes where the rulebook leaves one."""
    fills, risk = system.fills, system.risk
    return Terms(
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
        margin_mode=system.account.margin_mode,
        liquidation=risk.liquidation,
        zero_volume=fills.zero_volume,
        max_open_positions=risk.max_open_positions,
        daily_loss_pct=risk.daily_loss_pct,
        delay_bars=fills.delay_bars,
        maintenance_by_entry_until_ms=by_entry_until_ms(system.venue),
        on_opposite=risk.on_opposite_signal,
        max_bars_in_trade=risk.max_bars_in_trade,
    )


def _marks(
    system: System, symbols: Sequence[SymbolInputs], last: Sequence[Floats], line: Timeline
) -> tuple[list[Floats] | None, list[Booleans] | None]:
    candles = [inputs.mark for inputs in symbols if inputs.mark is not None]
    if system.fills.mark_source == "last" or len(candles) < len(symbols):
        return None, None
    tables, replaced = [], []
    for inputs, marks, table, lane in zip(symbols, candles, last, line.lanes, strict=True):
        mark, missing = mark_prices(marks, table, line.ts_open, lane)
        count = int(np.count_nonzero(missing))
        if count and system.data.gaps == "refuse":
            raise UnhealthyData(f"{inputs.symbol}: {count} mark candles are missing in the window", hint=PREFLIGHT)
        tables.append(mark)
        replaced.append(missing)
    return tables, replaced


def _ends(system: System, rules: InstrumentRules, line: Timeline, lane: Lane) -> bool:
    """Whether a symbol is delisted at its last bar; that has to be a fact, not a hole in the data."""
    there = np.flatnonzero(lane.has_bar)
    if not there.size:
        return False
    last_ms = int(line.ts_close[there[-1]])
    delisted_ms = line.end_ms if rules.delisted_ms is None else rules.delisted_ms
    if delisted_ms < line.end_ms and last_ms >= system.timeframes.exec.floor(delisted_ms):
        return True
    if there[-1] < line.steps - 1:
        raise UnhealthyData(
            f"{rules.symbol}: no bar after {plain(last_ms)}, though other symbols go on and it was not delisted then",
            hint=f"say when: instruments: {{{rules.symbol}: {{delisted: …}}}}; or end the window before",
        )
    return False


def _refuse_nonsense(symbol: str, name: str, table: Floats, lane: Lane) -> None:
    there = table[lane.has_bar, :4]
    wrong = np.count_nonzero(~(np.isfinite(there) & (there > 0)).all(axis=1))
    if wrong:
        raise UnhealthyData(f"{symbol}: {wrong} {name} prices are not positive numbers", hint=PREFLIGHT)


def _funding(inputs: SymbolInputs, line: Timeline) -> Funding:
    """Settlements from the first step's open on; before it nothing is held."""
    first = int(np.searchsorted(inputs.funding.ts, line.ts_open[0])) if line.steps else 0
    return inputs.funding.ts[first:], inputs.funding.rate[first:], inputs.mark_at_settlements()[first:]
