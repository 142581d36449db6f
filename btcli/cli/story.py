"""A trade's story in sentences: decision, size, gate, fills with their costs, funding, distances, exit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from btcli.cli.answer import Answer
from btcli.cli.figures import ABSENT, day, money, percent
from btcli.cli.screen import plain_table

if TYPE_CHECKING:
    from btcli.workflows.explaining import BarRow, Decision, TradeStory
    from btcli.workflows.sizing import Sizing

Event = Mapping[str, Any]
Line = tuple[str, str]
SHOWN_BARS = 40


def story_answer(story: TradeStory) -> Answer:
    """The answer of `btcli explain`."""

    def show(console: Console) -> None:
        trade = story.trade
        console.print()
        console.print(
            f"[bold]trade {trade['trade_id']:.10g}[/] [dim]·[/] {trade['symbol']} {trade['side']} [dim]· run"
            f" {story.manifest.run_id}[/]"
        )
        console.print()
        console.print(_table(lines_of(story)))
        console.print()
        console.print(_bars(story.bars) if story.bars else f"  no distances: marks come from {story.bars_from}")
        console.print()
        console.print(f"  {verdict(story)}", soft_wrap=True)

    return Answer(story.to_dict(), show)


def lines_of(story: TradeStory) -> Iterator[Line]:
    """A moment and a sentence for everything that happened, in its order."""
    decided = {decision.submitted["seq"]: decision for decision in story.decisions}
    gates = _gates(story.events) if story.manifest.inputs.config["account"]["margin_mode"] == "isolated" else {}
    for event in story.events:
        if event["seq"] in gates:
            yield _moment(event), f"gate: passed, it needed {money(gates[event['seq']])} USDT"
        if event["seq"] in decided:
            yield from _decision(decided[event["seq"]])
        elif event["event"] in _SENTENCES:
            yield _moment(event), _SENTENCES[event["event"]](event)


def _gates(events: Sequence[Event]) -> dict[int, float]:
    """What each opening fill cost at its gate, by its seq: the margin of the position that it made, and its fee."""
    pairs = pairwise(events)
    opened = [(fill, after) for fill, after in pairs if after["event"] == "position_opened"]
    return {fill["seq"]: after["margin_usdt"] + fill["fee_usdt"] for fill, after in opened if "fee_usdt" in fill}


def verdict(story: TradeStory) -> str:
    """How it ended, and whether the bar shows that it had to end so."""
    trade = story.trade
    sure = (
        "ambiguous: inside a bar, the result hangs on an order of prices that the bar does not show"
        if trade["ambiguous"]
        else "certain: no bar held another outcome"
    )
    parts = f"gross {money(trade['gross_pnl_usdt'], sign=True)}, fees {money(trade['fees_usdt'])}"
    result = f"net {money(trade['net_pnl_usdt'], sign=True)} USDT ({parts}, funding {money(trade['funding_usdt'])})"
    return f"{trade['exit_reason']} after {trade['bars_held']:.10g} bars: {result}. The order of events is {sure}."


def _decision(decision: Decision) -> Iterator[Line]:
    signal, submitted, when = decision.signal, decision.submitted, day(decision.submitted["ts"])
    given = {name: value for name, value in signal.items() if name not in ("seq", "ts", "event", "symbol")}
    yield when, "decided: " + ", ".join(f"{name} {_plain(value)}" for name, value in given.items())
    yield when, f"sized: {_sized(decision.sizing, decision.equity_usdt)}"
    price = submitted.get("limit_price", submitted["reference_price"])
    balance = f"{money(decision.available_usdt)} USDT available"
    yield when, f"submitted: order {submitted['order_id']}, {_order(submitted)} near {price:.10g}, {balance}"


def _sized(sizing: Sizing, equity_usdt: float) -> str:
    said = f"{sizing.mode} {sizing.value:.10g}"
    if sizing.loss_per_coin_usdt is not None and sizing.risk_usdt is not None:
        apart = sizing.loss_per_coin_usdt - (sizing.costs_per_coin_usdt or 0.0)
        said += f" of {money(equity_usdt)} = {money(sizing.risk_usdt)} USDT over {apart:.6g} to the stop"
        said += f" + {sizing.costs_per_coin_usdt:.6g} costs a coin"
    elif sizing.mode.endswith("_pct"):
        said += f" of {money(equity_usdt)} USDT at {sizing.reference_price:.10g}"
    capped = f", capped by {sizing.capped_by}" if sizing.capped_by else ""
    return f"{said} = {sizing.wanted_qty:.6g}{capped}, on the step {sizing.qty:.10g}"


def _filled(event: Event) -> str:
    side = 1.0 if event["side"] == "buy" else -1.0
    slipped = side * event["qty"] * (event["price"] - event["reference_price"])
    why = f" ({event['exit_reason']})" if "exit_reason" in event else ""
    maker = "maker" if event.get("maker") else "taker"
    costs = f"{maker} fee {money(event['fee_usdt'])}, spread and impact {money(slipped)} USDT"
    capped = f", capped by {event['capped_by']}" if "capped_by" in event else ""
    pnl = f", profit {money(event['pnl_usdt'], sign=True)}" if "exit_reason" in event else ""
    price = f"{event['price']:.10g} ({event['reference_price']:.10g} before slippage)"
    return f"filled{why}: {_order(event)} at {price}, {costs}{pnl}{capped}"


def _opened(event: Event) -> str:
    stop, target, liquidation = (_level(event, name) for name in ("stop_price", "target_price", "liquidation_price"))
    margin = f"margin {money(event['margin_usdt'])} USDT"
    word = "opened" if event["event"] == "position_opened" else "now"
    held = f"{event['side']} {event['qty']:.10g} at {event['entry_price']:.10g}"
    return f"{word}: {held}, {margin}, stop {stop}, target {target}, liquidation {liquidation}"


def _funding(event: Event) -> str:
    paid = event["payment_usdt"]
    word = "paid" if paid >= 0 else "received"
    terms = f"{event['qty']:.10g} x {event['mark_price']:.10g} x {event['rate']:.10g}"
    return f"funding: {word} {abs(paid):.8g} USDT ({terms}), liquidation {_level(event, 'liquidation_price')}"


def _closed(event: Event) -> str:
    net = money(event["net_pnl_usdt"], sign=True)
    return f"closed ({event['exit_reason']}) at {event['exit_price']:.10g}, net {net} USDT"


def _warned(event: Event) -> str:
    beyond = f"stop {event['stop_price']:.10g} lies beyond liquidation {event['liquidation_price']:.10g}"
    return f"warned: {beyond}" + (f", moved to {event['moved_to']:.10g}" if event["moved_to"] else "")


def _liquidated(event: Event) -> str:
    mark = f"mark {event['mark_price']:.10g} against {event['liquidation_price']:.10g}"
    return f"liquidated: {mark}, taken over at {event['price']:.10g}, {money(event['margin_usdt'])} USDT of margin lost"


_SENTENCES: dict[str, Callable[[Event], str]] = {
    "order_submitted": lambda event: f"submitted: order {event['order_id']}, {_order(event)}",
    "order_triggered": lambda event: f"triggered at {event['trigger_price']:.10g}: {_order(event)}",
    "order_cancelled": lambda event: f"cancelled ({event['code']}): {_order(event)}",
    "order_rejected": lambda event: f"refused ({event['code']}): {event['have']:.10g} against {event['need']:.10g}",
    "warned": _warned,
    "order_filled": _filled,
    "position_opened": _opened,
    "position_changed": _opened,
    "funding_settled": _funding,
    "margin_added": lambda event: f"margin added: {money(event['amount_usdt'])} USDT",
    "stop_moved": lambda event: f"stop moved from {_level(event, 'from_price')} to {_level(event, 'stop_price')}",
    "position_cut": lambda event: f"cut to {event['qty_after']:.10g} by the ladder, mark {event['mark_price']:.10g}",
    "position_closed": _closed,
    "liquidated": _liquidated,
}


def _moment(event: Event) -> str:
    place = f" leg {event['leg']}, {event['t']:.0%} of it" if "leg" in event else ""
    return day(event["ts"]) + place


def _order(event: Event) -> str:
    return f"{event['type']} {event['side']} {event['qty']:.10g}"


def _level(event: Event, name: str) -> str:
    value = event.get(name)
    return ABSENT if value is None else f"{value:.10g}"


def _plain(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _table(lines: Iterator[Line]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for when, sentence in lines:
        table.add_row(f"  [dim]{when}[/]", sentence)
    return table


def _bars(bars: tuple[BarRow, ...]) -> Table:
    """All bars of a short trade, else the first and last of them."""
    headings = ("  close", "mark", "open result", "stop", "away", "liquidation", "away")
    table = plain_table(*headings, right=headings[1:])
    half = SHOWN_BARS // 2
    shown = bars if len(bars) <= SHOWN_BARS else (*bars[:half], None, *bars[-half:])
    for bar in shown:
        if bar is None:
            table.add_row(f"  … {len(bars) - 2 * half} more")
            continue
        result = money(bar.unrealized_pnl_usdt, sign=True)
        stop = (_price(bar.stop_price), percent(bar.to_stop_pct))
        table.add_row(
            f"  {day(bar.ts)}",
            f"{bar.mark_price:.10g}",
            result,
            *stop,
            _price(bar.liquidation_price),
            percent(bar.to_liquidation_pct),
        )
    return table


def _price(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.10g}"
