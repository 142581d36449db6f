"""What the rules of a run did, in words, from its rules.json: a line a rule, and what the user should look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SymbolRules = Mapping[str, Any]  # by symbol, as rules.json has them
ENDS = {  # what became of closes at which a condition was true, and how it is said
    "fired": "fired",
    "outranked": "outranked by what comes before it",
    "done": "where the part was done or on its way",
    "unknown_level": "with a stop or target that was unknown",
    "conflict": "in conflict with the other side",
    "ignored": "ignored while a position was held",
    "held_back": "held back",
    "not_held": "without a position to leave",
    "timed_out": "where the position was closed for its age",
}
BEYOND = {"target": "the trail could not begin", "liquidation": "the position is liquidated before"}
MOST_PART = 0.5
POSITION = "position."  # begins the names that are unknown while nothing is held
OF_ONE_SYMBOL = "strategy.per_symbol."  # begins the keys of its own rules


def totals(rules: SymbolRules) -> dict[str, dict[str, Any]]:
    """By rule, as "long.enter", the sums over all symbols; texts and parts are those of the first.

    One that a symbol has of its own is by itself, as "ETHUSDT long.enter".
    """
    found: dict[str, dict[str, Any]] = {}
    for symbol, counted in rules.items():
        for rule in counted["rules"]:
            row = {**rule, "ready": counted["ready"], "refused": sum(rule.get("refused", {}).values())}
            is_own = rule["key"].startswith(OF_ONE_SYMBOL)
            have = found.setdefault(f"{symbol} {rule['rule']}" if is_own else rule["rule"], row)
            if have is not row:
                _add(have, row)
    return found


def _add(have: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, int):
            have[key] = have.get(key, 0) + value
    parts = zip(have["parts"], more["parts"], strict=False)
    gates = zip(have.get("gates", ()), more.get("gates", ()), strict=False)
    have |= {"gates": [_sum(one, other) for one, other in gates]} if "gates" in have else {}
    if levels := [*have.get("levels", ()), *more.get("levels", ())]:
        have["levels"] = levels
    have["parts"] = [
        {**one, **{key: one[key] + other[key] for key in ("true", "false", "unknown")}} for one, other in parts
    ]


def _sum(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "held_back": one["held_back"] + other["held_back"]}


def held_back_by(rule: Mapping[str, Any]) -> str:
    """Which gates held an entry back, and how often each: " (session 7)"; "" where none did."""
    found = [f"{each['gate']} {each['held_back']:,}" for each in rule.get("gates", ()) if each["held_back"]]
    return f" ({', '.join(found)})" if found else ""


def side_lines(rules: SymbolRules) -> Iterator[str]:
    """At most two lines, one a side: how often each of its rules was true, fired, and was held back."""
    sides: dict[str, list[str]] = {}
    for name, rule in totals(rules).items():
        side, _, key = name.partition(".")
        said = f"{key} true {rule['true']:,}"
        said += f", fired {rule['fired']:,}" if "fired" in rule else ""
        held = rule.get("held_back", 0)
        sides.setdefault(side, []).append(f"{said}, held back {held:,}{held_back_by(rule)}" if held else said)
    yield from (f"{side}: {'; '.join(said)}" for side, said in sides.items())


def rule_lines(rules: SymbolRules) -> Iterator[str]:
    """A line for each rule: at how many closes it was what, and what came of it where it was true."""
    for name, rule in totals(rules).items():
        unknown = f", unknown {rule['unknown']:,}" if rule["unknown"] else ""
        by = {"held_back": held_back_by(rule)}
        ends = [f"{rule[key]:,} {said}{by.get(key, '')}" for key, said in ENDS.items() if rule.get(key)]
        orders = [f"{rule[key]:,} {key}" for key in ("refused", "filled") if rule.get(key)]
        true = f"{name} true at {rule['true']:,} of {rule['ready']:,} closes{unknown}"
        yield ": ".join((true, ", ".join((*ends, *orders)))) if ends else true


def rule_warnings(rules: SymbolRules) -> Iterator[str]:
    """Conditions that were never true, always, or mostly unknown, and exits that were true at other times alone."""
    yield from dict.fromkeys(_warnings(rules))  # two sides may share a condition


def _warnings(rules: SymbolRules) -> Iterator[str]:
    looked_at = totals(rules)
    for name, rule in looked_at.items():
        if not rule["ready"]:
            continue  # that nothing could be decided is said already
        entry = looked_at.get(f"{name.partition('.')[0]}.enter", {})
        if said := _doubted(rule) or _unreached(name, rule, entry):
            yield f"{rule['key']} {said}"
        if said := _always_closed(rule):
            yield said
        yield from _out_of_reach(name, rule)
        for part in rule["parts"]:
            if _is_mostly_unknown(part, rule["ready"]) and not _is_mostly_unknown(rule, rule["ready"]):
                yield f"{rule['key']}: {part['text']} {_unknown(part, rule['ready'])}"


def _doubted(rule: Mapping[str, Any]) -> str:
    ready = rule["ready"]
    if _is_mostly_unknown(rule, ready):
        return _unknown(rule, ready)
    if rule["true"] == ready:
        return f"was true at every one of {ready:,} closes: {rule['text']}"
    if rule["true"]:
        return ""
    never = [part["text"] for part in rule["parts"] if part["depth"] == 1 and not part["true"]]
    why = f" (nor was {' nor '.join(never)})" if never and len(rule["parts"]) > len(never) else ""
    return f"was never true at {ready:,} closes: {rule['text']}{why}"


def _unreached(name: str, rule: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """An exit, a part or an add that was true, but never while its side was held."""
    if not name.endswith((".exit", ".when")) or rule["fired"] or not entry.get("filled"):
        return ""
    if any(rule.get(key) for key in ("outranked", "done", "held_back")):
        return ""
    closes = "1 close" if rule["true"] == 1 else f"{rule['true']:,} closes"
    return f"was true at {closes}, never while {name.partition('.')[0]} was held: {rule['text']}"


def _always_closed(rule: Mapping[str, Any]) -> str:
    """The gate that held back every entry that came to it."""
    held = [each for each in rule.get("gates", ()) if each["held_back"]]
    if not held or rule["fired"]:
        return ""
    times = held[-1]["held_back"]
    entries = "the one entry" if times == 1 else f"every one of {times:,} entries"
    return f"{held[-1]['key']} held back {entries} of {rule['rule'].partition('.')[0]} that came to it"


def _out_of_reach(name: str, rule: Mapping[str, Any]) -> Iterator[str]:
    """Levels that nothing could reach, with at how many entries that was so, of all symbols."""
    side = name.rpartition(".")[0].rpartition(" ")[2]
    rows = rule.get("levels", ())
    for key, beyond in dict.fromkeys((row["key"], row["beyond"]) for row in rows):
        same = [row for row in rows if (row["key"], row["beyond"]) == (key, beyond)]
        entries = sum(row["entries"] for row in same)
        of = f"at {entries:,} of {rule['fired']:,} entries of {side}"
        yield f"{key} lay beyond the {beyond} {of}: {BEYOND[beyond]}"


def _is_mostly_unknown(counted: Mapping[str, Any], ready: int) -> bool:
    """What names the position is unknown while there is none, as it should be."""
    return counted["unknown"] > MOST_PART * ready and POSITION not in counted["text"]


def _unknown(counted: Mapping[str, Any], ready: int) -> str:
    return f"was unknown at {counted['unknown']:,} of {ready:,} closes: it does nothing there"
