"""A trade's story in sentences, bar by bar: decision, size, gate, fills with their costs, funding, distances, exit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.tables import Column, WholeWords
from btcli.cli.shown.figures import count, day, money, percent
from btcli.cli.shown.sentences import SENTENCES, closed_at, filled, gated, sized, submitted, wished
from btcli.story.held import is_after_close

if TYPE_CHECKING:
    from btcli.story.held import BarRow
    from btcli.story.trade import TradeStory

Event = Mapping[str, Any]
SHOWN_ROUTINE = 40  # closes, settlements and stop moves; of more, each stretch keeps its ends
ENDS = 4
ROUTINE = frozenset({"funding_settled", "stop_moved", "target_moved"})


class Line(NamedTuple):
    """A moment and a sentence, and what it tells of: one of the routine things, a close or an event, or None."""

    ts: str
    text: str
    routine: BarRow | Event | None = None


def story_answer(story: TradeStory) -> Answer:
    """The answer of `btcli explain`."""

    def show(console: Console) -> None:
        trade = story.trade
        what = escape(f"{trade['symbol']} {trade['side']}")
        title = f"trade {trade['trade_id']:.10g}[/] [dim]·[/] {what}"
        console.print(f"\n[bold]{title} [dim]· run {escape(story.manifest.run_id)}[/]\n")
        console.print(_table(folded(list(lines_of(story)))))
        if not story.bars:
            console.print(f"\n  [dim]{_why_no_bars(story)}[/]", soft_wrap=True)
        console.print()
        console.print(Padding(verdict(story), (0, 0, 0, 2)))

    return Answer(story.to_dict(), show)


def lines_of(story: TradeStory) -> Iterator[Line]:
    """A line for every close and for everything that happened, in their order."""
    decided = {decision.submitted["seq"]: decision for decision in story.decisions}
    fills = {fill.seq: fill for fill in story.fills}
    bars = list(reversed(story.bars))
    for event in story.events:
        while bars and is_after_close(event, bars[-1].ts):
            yield _close_line(bars.pop())
        ts, name = event["ts"], event["event"]
        if event["seq"] in decided:
            decision = decided[event["seq"]]
            yield Line(ts, f"decided: {wished(decision.signal, event)}")
            if decision.sizing is not None:
                yield Line(ts, f"sized: {sized(decision.sizing)}")
            yield Line(ts, f"submitted: {submitted(event, decision.available_usdt)}")
        elif event["seq"] in fills:
            costs = fills[event["seq"]]
            if costs.gate is not None:
                yield Line(ts, f"gate: {gated(costs.gate, costs.is_maker)}")
            yield Line(ts, filled(event, costs))
        elif name in SENTENCES:
            yield Line(ts, SENTENCES[name](event), event if name in ROUTINE else None)
    yield from map(_close_line, reversed(bars))


def _close_line(bar: BarRow) -> Line:
    return Line(bar.ts, closed_at(bar), bar)


def folded(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines, but where there are many of routine, only the ends of each stretch and one line for the rest."""
    is_long = sum(line.routine is not None for line in lines) > SHOWN_ROUTINE
    for is_routine, group in groupby(lines, lambda line: line.routine is not None):
        stretch = list(group)
        if is_long and is_routine and len(stretch) > 2 * ENDS + 1:
            yield from stretch[:ENDS]
            yield Line("", _summed(stretch[ENDS:-ENDS]))
            yield from stretch[-ENDS:]
        else:
            yield from stretch


def _summed(stretch: Sequence[Line]) -> str:
    """A stretch in one sentence: range of the mark, nearest distances, funding, where the stop went."""
    events = [line.routine for line in stretch if isinstance(line.routine, Mapping)]
    bars = [line.routine for line in stretch if line.routine is not None and not isinstance(line.routine, Mapping)]
    parts = []
    if bars:
        marks = [bar.mark_price for bar in bars]
        parts.append(f"{count(len(bars), 'close')} between {min(marks):.10g} and {max(marks):.10g}")
        parts += _nearest("stop", [bar.to_stop_pct for bar in bars])
        parts += _nearest("liquidation", [bar.to_liquidation_pct for bar in bars])
    paid = [event["payment_usdt"] for event in events if event["event"] == "funding_settled"]
    if paid:
        parts.append(f"{count(len(paid), 'funding')}, {money(sum(paid))} USDT paid in all")
    moves = [event for event in events if event["event"] == "stop_moved"]
    if moves:
        parts.append(f"stop moved {count(len(moves), 'time')}, to {moves[-1]['stop_price']:.10g}")
    aged = [event for event in events if event["event"] == "target_moved"]
    if aged:
        parts.append(f"target moved {count(len(aged), 'time')}, to {aged[-1]['target_price']:.10g}")
    return f"… {'; '.join(parts)} (--json has each)"


def _nearest(name: str, distances: Sequence[float | None]) -> Iterator[str]:
    known = [distance for distance in distances if distance is not None]
    if known:
        yield f"{name} {percent(min(known))} away at the nearest"


def verdict(story: TradeStory) -> str:
    """How it ended, and whether the bars show that it had to end so."""
    trade = story.trade
    parts = f"gross {money(trade['gross_pnl_usdt'], sign=True)}, fees {money(trade['fees_usdt'])}"
    is_left_out = story.manifest.inputs.config["costs"].get("funding") == "none"
    funding = "left out" if is_left_out else money(trade["funding_usdt"])
    result = f"net {money(trade['net_pnl_usdt'], sign=True)} USDT ({parts}, funding {funding})"
    held = count(int(trade["bars_held"]), "exec bar")
    return f"{trade['exit_reason']} after {held}: {result}. The order of events is {certainty(story)}."


def certainty(story: TradeStory) -> str:
    """Whether the result hangs on an order of prices inside a bar that the bar does not show, and in which bar."""
    trade = story.trade
    if not trade["ambiguous"]:
        if any("leg" in event for event in story.events if event["event"] in ("order_filled", "liquidated")):
            return "certain: no bar in which it filled reached another of its levels"
        return "certain: it filled at opens and closes alone"
    doubtful = [event["ts"] for event in story.events if event.get("ambiguous") and "leg" in event]
    bar = f"{day(doubtful[0])}, where it ended," if doubtful else f"{day(trade['entry_ts'])}, inside which it began,"
    return f"ambiguous: the bar of {bar} also reached another of its levels, and does not show which came first"


def _why_no_bars(story: TradeStory) -> str:
    _, nothing, why = story.bars_from.partition("nothing: ")
    if nothing:
        return f"closes are not shown: {why} (--data names the store, and btcli run --pack keeps the data with the run)"
    return "it ended before the first close that the equity curve records"


def _table(lines: Iterator[Line]) -> WholeWords:
    """The moment once for all that happened at it, the day once for all moments of it."""
    table = WholeWords((Column(is_right=True, is_whole=True), Column(is_long=True)))
    before = ""
    for line in lines:
        when = day(line.ts) if line.ts else ""
        shown = when[11:] if when[:10] == before[:10] else when
        is_bar = line.routine is not None and not isinstance(line.routine, Mapping)
        style = "dim" if is_bar or not line.ts else ""
        table.add_row(f"  [dim]{'' if when == before else shown}[/]", Text(line.text, style))
        before = when or before
    return table
