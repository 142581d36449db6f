"""One sentence for each thing that can happen to a trade."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from btcli.cli.shown.figures import ABSENT, money, percent
from btcli.timeframe import duration_text

if TYPE_CHECKING:
    from btcli.story.fill_cost import FillCosts, Gate
    from btcli.story.held import BarRow
    from btcli.story.size import Sizing

Event = Mapping[str, Any]
FLAGS = {
    "after_gap": "first bar after a hole in the data",
    "zero_volume": "a bar without volume",
    "bankruptcy_capped": "no worse than the bankruptcy price",
    "mark_fallback": "no mark of its own: that of the bar",
    "opened_at_settlement": "for what opened at that moment",
    "ambiguous": "the bar leaves the order of events open",
}
CAPS = {
    "MAX_NOTIONAL": "by risk.max_notional_usdt {}",
    "AVAILABLE": "by the {} USDT available",
    "MAX_QTY": "by the venue's largest order",
    "MAX_MARKET_QTY": "by the venue's largest market order",
    "PARTICIPATION": "by costs.max_participation",
}
SIZES = {
    "qty": "{value:.10g} coins",
    "notional_usdt": "{value:,.10g} USDT at {price:.10g}",
    "notional_pct": "{value:.10g} % of {equity} USDT equity at {price:.10g}",
    "margin_pct": "{value:.10g} % of {equity} USDT equity as margin, at {price:.10g}",
    "risk_pct": (
        "{value:.10g} % of {equity} USDT equity = {risk} at risk, over {apart:.6g} to the stop + {costs:.6g} costs"
    ),
}


def sized(sizing: Sizing) -> str:
    """The numbers of a size, and what capped it."""
    costs = sizing.costs_per_coin_usdt or 0.0
    said = SIZES[sizing.mode].format(
        value=sizing.value,
        price=sizing.reference_price,
        equity=money(sizing.equity_usdt),
        risk=money(sizing.risk_usdt),
        apart=(sizing.loss_per_coin_usdt or 0.0) - costs,
        costs=costs,
    )
    if sizing.capped_by is None:
        return f"{said} = {sizing.wanted_qty:.6g} coins, on the step {sizing.qty:.10g}; nothing capped it"
    cap = CAPS.get(sizing.capped_by, "").format(money(sizing.cap_value))
    return f"{said} = {sizing.wanted_qty:.6g} coins, capped to {sizing.qty:.10g} {cap} ({sizing.capped_by})"


def wished(signal: Event, order: Event) -> str:
    """What a strategy asked for; where it said nothing, why the run itself sent the order."""
    if not signal:
        is_old = order.get("exit_reason") == "timeout"
        return "close, for risk.max_bars_in_trade has passed" if is_old else "by the run itself"
    parts = [_deed(signal), *_order_wished(signal)]
    parts += [f"{name} {_plain(signal[key])}" for key, name in _LEVELS.items() if key in signal]
    parts += map(_target_wished, signal.get("targets", ()))
    parts += [name for key, name in _SWITCHES.items() if signal.get(key)]
    tag = f" ({signal['tag']})" if "tag" in signal else ""
    return ", ".join(parts) + tag


def _target_wished(target: Event) -> str:
    """One of several targets, or a part of the exits, with what it makes of the stop of the rest."""
    share = f"{target['share'] * 100:.6g} %"
    if "price" in target or "distance" in target:
        place = f"at {_plain(target['price'])}" if "price" in target else f"{_plain(target['distance'])} from the fill"
        said = f"target {place} for {share}"
    else:
        said = f"{share} to leave on a condition"
    then = [f"{name} {_plain(target[key])}" for key, name in _THEN.items() if key in target]
    return f"{said}, then {' '.join(then)}" if then else said


_THEN = {
    "stop_price": "stop",
    "stop_distance": "stop from the entry",
    "trail_distance": "stop trailing at",
    "trail_activation": "once the price reaches",
}
_LEVELS = {
    "stop_price": "stop",
    "stop_distance": "stop from the fill",
    "target_price": "target",
    "target_distance": "target from the fill",
    "trail_distance": "stop trailing at",
    "trail_activation": "once the price reaches",
    "break_even_distance": "stop to the entry after a gain of",
    "add_margin_usdt": "margin to add, USDT",
}
_SWITCHES = {"post_only": "post only", "cancel": "resting orders cancelled first", "reduce_only": "reduce only"}


def _deed(signal: Event) -> str:
    if signal["action"] in ("enter", "add", "reverse"):
        return f"{signal['action']} {signal['direction']}"
    if "reduce_qty" not in signal:
        return str(signal["action"])
    of_exits = f", part {signal['part']} of the exits" if "part" in signal else ""
    return f"reduce by {_plain(signal['reduce_qty'])} coins{of_exits}"


def _order_wished(signal: Event) -> Iterator[str]:
    order = signal.get("order", "market")
    if "trigger_price" in signal:
        order += f" triggered at {_plain(signal['trigger_price'])}"
    if "price" in signal:
        order += f"{', limit' if 'trigger_price' in signal else ' at'} {_plain(signal['price'])}"
    yield order
    if "time_in_force" in signal:
        yield str(signal["time_in_force"])
    if "expires_after_ms" in signal:
        ms = signal["expires_after_ms"]
        yield f"for {duration_text(ms)}" if ms > 0 else "for no time"
    elif "expires_after" in signal:  # of a run before there was a time
        yield f"for {signal['expires_after']} exec bars"
    if "size" in signal:
        ((mode, value),) = signal["size"].items()
        yield f"size {mode} {_plain(value)}"


def submitted(event: Event, available_usdt: float | None) -> str:
    """The order as it was sent, with what was available for an entry."""
    parts = [f"order {event['order_id']}", _order(event)]
    if "trigger_price" in event:
        parts.append(f"trigger {event['trigger_price']:.10g}")
    if "limit_price" in event:
        parts.append(f"limit {event['limit_price']:.10g}")
    if len(parts) == 2:
        parts.append(f"last close {event['reference_price']:.10g}")
    if "exit_reason" not in event and available_usdt is not None:
        parts.append(f"{money(available_usdt)} USDT available")
    return ", ".join(parts)


def gated(gate: Gate, is_maker: bool) -> str:
    """What the gate compared; a resting order met it when it arrived."""
    when = " when it arrived" if is_maker else ""
    need = f"passed{when}, order cost {money(gate.order_cost_usdt)} USDT"
    if gate.available_usdt is None:
        return need
    more = ", and more was freed since" if gate.order_cost_usdt > gate.available_usdt else ""
    return f"{need} of {money(gate.available_usdt)} available at the last close{more}"


def filled(event: Event, costs: FillCosts) -> str:
    """A fill with the parts of its cost."""
    why = f" ({event['exit_reason']})" if "exit_reason" in event else ""
    parts = [f"{'maker' if costs.is_maker else 'taker'} fee {money(costs.fee_usdt)}"]
    if not costs.is_maker:
        parts += [f"spread {money(costs.spread_usdt)}", f"impact {money(costs.impact_usdt)}"]
    slipped = f" ({event['reference_price']:.10g} before slippage)" if costs.spread_usdt or costs.impact_usdt else ""
    gained = f"; profit {money(event['pnl_usdt'], sign=True)}" if "exit_reason" in event else ""
    cap = event.get("capped_by")
    capped = f"; capped {CAPS.get(cap, '').format('')} ({cap})" if cap else ""
    said = f"filled{why}: {_order(event)} at {event['price']:.10g}{slipped}; {', '.join(parts)} USDT{gained}{capped}"
    return said.replace("  ", " ") + _where(event) + _flags(event)


def closed_at(bar: BarRow) -> str:
    """The position at a close."""
    parts = [f"close {bar.mark_price:.10g}: {money(bar.unrealized_pnl_usdt, sign=True)}"]
    if bar.stop_price is not None:
        parts.append(f"stop {percent(bar.to_stop_pct)} away")
    if bar.liquidation_price is not None:
        parts.append(f"liquidation {percent(bar.to_liquidation_pct)} away")
    if bar.maintenance_pct is not None:
        parts.append(f"maintenance {percent(bar.maintenance_pct)} of equity")
    return ", ".join(parts)


def _opened(event: Event) -> str:
    word = "opened" if event["event"] == "position_opened" else "now"
    held = f"{event['side']} {event['qty']:.10g} at {event['entry_price']:.10g}"
    names = ("stop", "target", "liquidation")
    levels = [f"{name} {_level(event, f'{name}_price')}" for name in names if event[f"{name}_price"] is not None]
    return ", ".join([f"{word}: {held}", f"margin {money(event['margin_usdt'])} USDT", *levels])


def _funding(event: Event) -> str:
    paid = event["payment_usdt"]
    word = "paid" if paid >= 0 else "received"
    terms = f"{event['qty']:.10g} x mark {event['mark_price']:.10g} x rate {event['rate']:.10g}"
    moved = f", liquidation {_level(event, 'liquidation_price')}" if event["liquidation_price"] else ""
    return f"funding: {word} {abs(paid):.8f} USDT ({terms}){moved}{_flags(event)}"


def _closed(event: Event) -> str:
    net = money(event["net_pnl_usdt"], sign=True)
    return (
        f"closed ({event['exit_reason']}): {event['qty']:.10g} at {event['exit_price']:.10g} on average, net {net} USDT"
    )


def _warned(event: Event) -> str:
    if event["code"] == "SHARE_BELOW_STEP":
        share = f"a target's share of {event['have']:.10g} is less than one step of {event['need']:.10g}"
        return f"warned: {share}, left to the last target"
    beyond = f"stop {event['stop_price']:.10g} lies beyond liquidation {event['liquidation_price']:.10g}"
    if not event["liquidation_price"]:  # none of its own: cross margin, or no leverage
        beyond = f"stop {event['stop_price']:.10g} is not above 0, no price reaches it"
    return f"warned: {beyond}" + (f", moved to {event['moved_to']:.10g}" if event["moved_to"] else "")


def _liquidated(event: Event) -> str:
    if not event["liquidation_price"]:  # cross margin: nothing of its own that could be reached
        lost = f"{money(event['pnl_usdt'], sign=True)} and a fee of {money(event['fee_usdt'])} USDT"
        why = "liquidated with the account, whose equity no longer covered its maintenance margin"
        return f"{why}: closed at its mark {event['price']:.10g}, {lost}{_where(event)}{_flags(event)}"
    mark = f"mark {event['mark_price']:.10g} against {event['liquidation_price']:.10g}"
    lost = f"{money(event['margin_usdt'])} USDT of margin lost, {money(event['fee_usdt'])} of it as fee"
    return f"liquidated: {mark}, taken over at {event['price']:.10g}, {lost}{_where(event)}{_flags(event)}"


def _moved(event: Event) -> str:
    return f"stop moved from {_level(event, 'from_price')} to {_level(event, 'stop_price')} ({event['exit_reason']})"


def _target_moved(event: Event) -> str:
    return f"target moved from {_level(event, 'from_price')} to {_level(event, 'target_price')} with its age"


def _margin_added(event: Event) -> str:
    return f"margin added: {money(event['amount_usdt'])} USDT, liquidation {_level(event, 'liquidation_price')}"


def _cut(event: Event) -> str:
    return f"cut by the ladder from {event['qty']:.10g} to {event['qty_after']:.10g}, mark {event['mark_price']:.10g}"


SENTENCES: dict[str, Callable[[Event], str]] = {
    "order_triggered": lambda event: f"triggered at {event['trigger_price']:.10g}: {_order(event)}{_where(event)}",
    "order_cancelled": lambda event: f"cancelled ({event['code']}): {_order(event)}",
    "order_rejected": lambda event: f"refused ({event['code']}): {event['have']:.10g} against {event['need']:.10g}",
    "warned": _warned,
    "position_opened": _opened,
    "position_changed": _opened,
    "funding_settled": _funding,
    "margin_added": _margin_added,
    "stop_moved": _moved,
    "target_moved": _target_moved,
    "position_cut": _cut,
    "position_closed": _closed,
    "liquidated": _liquidated,
}


def _where(event: Event) -> str:
    """The place inside the bar; a path has three legs: open, one extreme, the other, close."""
    return f"; inside the bar, {event['t'] * 100:.0f} % along leg {event['leg']} of 3" if "leg" in event else ""


def _flags(event: Event) -> str:
    said = [text for name, text in FLAGS.items() if event.get(name)]
    return f" [{'; '.join(said)}]" if said else ""


def _order(event: Event) -> str:
    return f"{event['type']} {event['side']} {event['qty']:.10g}"


def _level(event: Event, name: str) -> str:
    value = event.get(name)
    return ABSENT if value is None else f"{value:.10g}"


def _plain(value: Any) -> str:
    return f"{value:.8g}" if isinstance(value, float) else str(value)
