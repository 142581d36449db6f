"""What an expression means, read out in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from btcli.expressions.tree import (
    Column,
    Cross,
    Earlier,
    Fresh,
    Memory,
    Node,
    Number,
    Operation,
    Parameter,
    State,
    Window,
    whose,
)

COMPARED = {
    "GT": "is above",
    "GE": "is at least",
    "LT": "is below",
    "LE": "is at most",
    "EQ": "equals",
    "NE": "is not equal to",
}
SIGNS = {"ADD": "+", "SUB": "-", "MUL": "*", "DIV": "/"}
CHOSEN = {"MIN": "the smallest of", "MAX": "the greatest of"}
LOOKED = {
    "highest": "the highest of {of} over the last {bars} bars, this one included",
    "lowest": "the lowest of {of} over the last {bars} bars, this one included",
    "rising": "{of} has risen for {bars} bars in a row",
    "falling": "{of} has fallen for {bars} bars in a row",
    "count": "the number of the last {bars} bars at which {of}",
    "bars_since": "the number of bars since {of}",
}
OTHER_WINDOW = "the {function} of {of} over {bars} bars"
SAID_OF_MARKET = {
    "funding_rate": "the last settled funding rate",
    "minutes_to_funding": "the minutes to the next settlement",
    "mark": "the mark price",
}
UNUSED = " (and no entry of {side} has used that up)"
SAID_OF_STATES = {
    "position.side": "the side that is held (1 long, -1 short)",
    "position.qty": "the quantity that is held, in coins",
    "position.entry_price": "the average entry price",
    "position.bars": "the number of bars of ltf closed since the first fill",
    "position.unrealized_pct": "the unrealised profit at the mark, in percent of the position's margin",
    "position.move_pct": "how far the close lies from the entry in the position's favour, in percent",
    "position.mfe_pct": "how far the price has been in the position's favour at most, in percent of the entry",
    "position.mae_pct": "how far the price has been against the position at most, in percent of the entry",
    "position.stop_price": "the stop that counts",
    "position.adds": "the number of orders that added to the position",
    "position.exits_done": "the number of its exits in parts that are done",
    "account.equity_usdt": "the account's equity, USDT",
    "account.available_usdt": "the balance that new orders may use, USDT",
    "account.drawdown_pct": "how far equity lies below its peak, in percent",
    "account.day_pnl_pct": "the profit since the last close of the UTC day before, in percent",
    "account.losses_in_a_row": "the number of losing trades since the last that was none",
    "account.open_positions": "the number of symbols with a position",
}
PRICES = ("open", "high", "low", "close", "volume")


class Known(NamedTuple):
    """What names stand for: features by "htf.trend", parameters by name."""

    features: Mapping[str, str]
    params: Mapping[str, float]


def sentences(node: Node, known: Known, depth: int = 0) -> Iterator[tuple[int, str]]:
    """A condition in lines, each with how deep it stands: `and` and `or` over what they join."""
    if isinstance(node, Operation) and node.op in ("AND", "OR"):
        yield depth, "all of these hold:" if node.op == "AND" else "any of these holds:"
        for each in node.operands:
            yield from sentences(each, known, depth + 1)
    elif isinstance(node, Operation) and node.op == "NOT":
        yield depth, "this is false (and known):"
        yield from sentences(node.operands[0], known, depth + 1)
    else:
        yield depth, said(node, known)


def said(node: Node, known: Known) -> str:
    """An expression in one line."""
    if isinstance(node, (Cross, Earlier, Window)):
        return _looking(node, known)
    if isinstance(node, (Column, Operation)):
        return _column(node, known) if isinstance(node, Column) else _operation(node, known)
    if isinstance(node, Parameter):
        return f"{node.name} ({known.params[node.name]:.10g})"
    if isinstance(node, Memory):
        back = "the evaluation" if node.bars == 1 else f"one of the {node.bars} evaluations"
        return f"at {back} before this one: {said(node.of, known)}" + (
            UNUSED.format(side=node.side) if node.side else ""
        )
    if isinstance(node, (Number, State)):
        return f"{node.value:.10g}" if isinstance(node, Number) else SAID_OF_STATES[node.name]
    return f"a bar of {_role(node.role)} has just closed" if isinstance(node, Fresh) else type(node).__name__


def _looking(node: Cross | Earlier | Window, known: Known) -> str:
    if isinstance(node, Cross):
        way = "crosses above" if node.is_above else "crosses below"
        return f"{said(node.first, known)} {way} {said(node.second, known)}"
    of = said(node.of, known)
    if isinstance(node, Earlier):
        return f"({of}) {node.bars} {'bar' if node.bars == 1 else 'bars'} before"
    return LOOKED.get(node.function, OTHER_WINDOW).format(function=node.function, of=of, bars=node.bars)


def _column(column: Column, known: Known) -> str:
    if column.name in PRICES:
        return f"the {column.name} of {_role(column.role)}"
    kind, dot, word = column.name.partition(".")
    if dot and kind == "time":
        return f"the {word} of the close of {column.role} (UTC)"
    if dot and kind == "market":
        return SAID_OF_MARKET.get(word, word)
    if dot and kind == "signals":
        return column.name
    name = f"{column.role}.{column.name}"
    if "(" in column.name:
        return f"{column.name} on the bars of {_role(column.role)}"
    made = known.features.get(f"{whose(column.role)[1]}.{column.name}")
    return f"{name} ({made})" if made else name


def _role(role: str) -> str:
    """A role, of another symbol with its name."""
    symbol, own = whose(role)
    return f"{own} of {symbol}" if symbol else own


def _operation(node: Operation, known: Known) -> str:
    operands = [said(each, known) for each in node.operands]
    if node.op in COMPARED:
        return f" {COMPARED[node.op]} ".join(operands)
    if node.op in SIGNS:
        return f"({f' {SIGNS[node.op]} '.join(operands)})"
    if node.op in CHOSEN:
        return f"{CHOSEN[node.op]} {', '.join(operands)}"
    if node.op in ("AND", "OR"):
        return f"({f' {node.op.lower()} '.join(operands)})"
    spoken = {"NEG": f"minus {operands[0]}", "ABS": f"the size of {operands[0]}", "NOT": f"not ({operands[0]})"}
    return spoken.get(node.op, f"{node.op.lower()} of {', '.join(operands)}")
