"""How rules that leave in parts, add, and move stops and targets are read out."""

from __future__ import annotations

from collections.abc import Iterator

from btcli.config.rule_parts import BREAK_EVEN
from btcli.config.rules import Rules, Side

OF_A_PART = {  # behind "part 2 of its exits, 25 % of what was entered"
    "at": "leaves this far from the fill, USDT per coin",
    "at.price": "leaves at this price",
    "when": "leaves when",
    "then.stop": "then puts the stop of the rest this far from the entry, USDT per coin",
    "then.stop.price": "then puts the stop of the rest at this price",
    "then.trail.distance": "then lets the stop of the rest follow this far behind, USDT per coin",
    "then.trail.pct": "then lets the stop of the rest follow this many percent of the close behind",
    "then.trail.atr": "then lets the stop of the rest follow so many times ltf.atr behind",
    "then.trail.from": "then lets the stop of the rest follow from this price on",
}


def heading_of(rules: Rules, side: Side, key: str) -> str:
    """What an expression of these keys is introduced with; "" for another key."""
    name, _, rest = key.partition(".")
    if name == "exits":
        place, _, of_part = rest.partition(".")
        share = rules.value(side, f"exits.{place}.share")
        return f"part {int(place) + 1} of its exits, {share * 100:.6g} % of what was entered, {OF_A_PART[of_part]}"
    if name == "target_by_age":
        age = int(list(rules.whole(side, name))[int(rest)])
        since = f"from the close of ltf number {age:,} after it on" if age else "at first"
        return f"its target lies this far from the entry {since}, USDT per coin"
    if key == "stop_follow":
        return "its stop is put at this price at each close of ltf while it is held, and never loosens"
    if key == "adds.when":
        return f"an entry's size is added, at most {rules.value(side, 'adds.most'):,} times, when"
    apart = "it is added where the close lies this far or farther from the last fill that entered or added"
    return apart if key == "adds.apart" else ""


def lines_of(rules: Rules, side: Side) -> Iterator[str]:
    """A line for each part that breaks even, which no expression says."""
    for place, part in enumerate(rules.whole(side, "exits") or ()):
        if part.get("then") == BREAK_EVEN:
            yield f"once part {place + 1} of its exits has filled, the stop of the rest moves to the entry"
