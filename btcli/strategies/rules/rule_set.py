"""All expressions of `strategy.rules` at once: their meanings, or every problem with its place in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from btcli.config.findings import did_you_mean, key_of
from btcli.config.rule_parts import BREAK_EVEN
from btcli.config.rules import EXPRESSIONS, SIDES, Rules, Side
from btcli.config.types import is_number
from btcli.errors import ConfigError, Problem
from btcli.exchange.book.deciders import MOST_GROUPS, MOST_MEMORIES
from btcli.exchange.driver.program import Holding
from btcli.expressions.judging import Doubt, doubts
from btcli.expressions.kinds import SPOKEN, quantity, spoken
from btcli.expressions.names import Names, refusal_of_param
from btcli.expressions.problems import RuleError, shown_at
from btcli.expressions.reading import read_rule
from btcli.expressions.tree import FALSE_MS, Node, Number, Parameter, Window, leaves, used_by
from btcli.strategies.rules.assembling import (
    MOST_COLUMNS_BACK,
    MOST_INSTRUCTIONS,
    Assembled,
    assembled,
)
from btcli.strategies.rules.grouping import AGES, CONDITIONS, PARTS, Meanings
from btcli.strategies.rules.levels import OUTPUT_OF, meant_by
from btcli.strategies.rules.reach import out_of_reach
from btcli.strategies.rules.sessions import inside

RULES = "strategy.rules"
PARAMS = "strategy.params"
Locate = Callable[[str], tuple[str, str]]
DISTANCES = ("stop", "target", "trail.distance", "break_even", "adds.apart", *(f"target_by_age.{n}" for n in AGES))
PRICES = ("stop.price", "target.price", "trail.from", "order.limit", "order.stop", "stop_follow")
WANTED = {
    **dict.fromkeys(DISTANCES, "distance"),
    **dict.fromkeys(PRICES, "price"),
    **{f"exits.{n}.{key}": "distance" for n in PARTS for key in ("at", "then.stop", "then.trail.distance")},
    **{f"exits.{n}.{key}": "price" for n in PARTS for key in ("at.price", "then.stop.price", "then.trail.from")},
}


def assembled_rules(
    rules: Rules,
    params: Mapping[str, object],
    names: Names,
    locate: Locate | None = None,
    leverage: float | None = None,
) -> Assembled:
    """The program of these rules; `names` has the parameters' names too, `locate` turns a key into its place,
    and into the key that is written there, which is another one for the rules of a single symbol. `leverage` is that
    of isolated positions whose stop stays where it is, whatever their liquidation price.

    Raises ConfigError with every problem at once.
    """
    values, problems = _numbers(params, names, locate)
    meanings, mistakes = _meanings(rules, names, locate)
    problems += mistakes
    if not problems:
        problems += _idle_params(meanings, params, locate)
    if problems:
        raise ConfigError(tuple(problems))
    made = assembled(meanings, values)
    made = made._replace(program=made.program._replace(holding=holding_of(rules)))
    if made.columns_back > MOST_COLUMNS_BACK:
        message = f"look back in {made.columns_back} ways; a program has at most {MOST_COLUMNS_BACK}"
        raise ConfigError((_placed(RULES, message, "write parts of them under features:", locate),))
    if len(made.memories) > MOST_MEMORIES:
        message = f"remember {len(made.memories)} conditions; a program remembers at most {MOST_MEMORIES}"
        raise ConfigError((_placed(RULES, message, "write then … within in fewer places", locate),))
    if len(made.program.groups) > MOST_GROUPS:
        message = f"have {len(made.program.groups)} conditions in all; a program has at most {MOST_GROUPS}"
        raise ConfigError((_placed(RULES, message, "leave some of them out", locate),))
    if made.instructions > MOST_INSTRUCTIONS:
        message = f"come to {made.instructions:,} instructions; a program has at most {MOST_INSTRUCTIONS:,}"
        raise ConfigError((_placed(RULES, message, "write parts of them under features:", locate),))
    beyond = dict.fromkeys(out_of_reach(rules, meanings, values, leverage))
    unreached = (_placed(key_of((RULES, *each.path)), each.message, "", locate) for each in beyond)
    return made._replace(warnings=(*_doubts(rules, names, values, locate), *unreached))


def holding_of(rules: Rules) -> tuple[Holding, Holding]:
    """What no expression says of how long and short are held."""
    long, short = (_held(rules, side) for side in SIDES)
    return long, short


def _held(rules: Rules, side: Side) -> Holding:
    adds = rules.whole(side, "adds")
    return Holding(
        tuple(part["share"] for part in rules.whole(side, "exits") or ()),
        tuple(map(int, rules.whole(side, "target_by_age") or ())),
        adds["most"] if adds else 0,
        rules.whole(side, "stop_follow") is not None,
    )


def _numbers(
    params: Mapping[str, object], names: Names, locate: Locate | None
) -> tuple[dict[str, float], list[Problem]]:
    values: dict[str, float] = {}
    problems: list[Problem] = []
    for name, value in params.items():
        key = f"{PARAMS}.{name}"
        if refusal := refusal_of_param(name, names):
            problems.append(_placed(key, refusal, "choose another name for the parameter", locate))
        if is_number(value):
            values[name] = float(value)
        else:
            problems.append(_placed(key, f"must be a number in rules, not {value!r}", "", locate))
    return values, problems


def _meanings(rules: Rules, names: Names, locate: Locate | None) -> tuple[Meanings, list[Problem]]:
    """By side and key; an expression for both sides is read once."""
    meanings: dict[tuple[str, str], Node] = {}
    problems: dict[str, Problem] = {}
    for side in SIDES:
        for key in EXPRESSIONS:
            text, path = rules.said(side, key), rules.place(side, key)
            if text is None or path is None:
                continue
            where = key_of((RULES, *path))
            try:
                node = read_rule(text, names, "condition" if key in CONDITIONS else "number")
                node = used_by(node, side) if key == "enter" else node
                meanings[side, OUTPUT_OF.get(key, key.replace(".", "_"))] = meant_by(key, node, names)
            except RuleError as error:
                problem = error.problems[0]
                said = f"{problem.message}, at column {error.column}:\n{shown_at(text, error.column)}"
                problems[where] = _placed(where, said, problem.hint, locate)
        for n in PARTS:
            if rules.said(side, f"exits.{n}.then") == BREAK_EVEN:
                meanings[side, f"exits_{n}_then_stop"] = Number(0.0)  # from the entry
    return {**meanings, **_of_gates(rules, meanings)}, list(problems.values())


def _of_gates(rules: Rules, meanings: Meanings) -> Meanings:
    """What the gates of entries look at: sessions, and when a condition was false last."""
    found: dict[tuple[str, str], Node] = {}
    for side in SIDES:
        if (session := rules.whole(side, "session")) is not None:
            found[side, "session"] = inside(session)
        if rules.value(side, "rearm") and (side, "enter") in meanings:
            found[side, FALSE_MS] = Window(FALSE_MS, meanings[side, "enter"])
    return found


def _doubts(rules: Rules, names: Names, params: Mapping[str, float], locate: Locate | None) -> Iterator[Problem]:
    """A warning for every comparison that says nothing, and for a price where a distance is meant, or the reverse."""
    seen: set[str] = set()
    for side in SIDES:
        for key in EXPRESSIONS:
            text, path = rules.said(side, key), rules.place(side, key)
            if text is None or path is None or (where := key_of((RULES, *path))) in seen:
                continue
            seen.add(where)
            found = [*doubts(text, names, params), *_of_another_kind(key, text, names)]
            for message, column in found:
                said = f"{message}, at column {column}:\n{shown_at(text, column)}"
                yield _placed(where, said, "", locate)


def _of_another_kind(key: str, text: str, names: Names) -> Iterator[Doubt]:
    """What a level or distance is that cannot be one."""
    wanted = WANTED.get(key)
    kinds = None if wanted is None else quantity(read_rule(text, names, "number"), names.quantity_of).kinds
    if wanted and kinds is not None and wanted not in kinds:
        instead = f": a level is written {key.rpartition('.')[2]}: {{price: …}}" if f"{key}.price" in WANTED else ""
        yield Doubt(f"is {spoken(kinds)}, and {SPOKEN[wanted]} is meant here{instead}", 1)


def _idle_params(meanings: Meanings, params: Mapping[str, object], locate: Locate | None) -> Iterator[Problem]:
    """A problem for every parameter that no expression names."""
    used = {leaf.name for node in meanings.values() for leaf in leaves(node) if isinstance(leaf, Parameter)}
    for name in params:
        if name not in used:
            hint = did_you_mean(name, used) or "take it out"
            yield _placed(f"{PARAMS}.{name}", "is named in no rule", hint, locate)


def _placed(key: str, message: str, hint: str, locate: Locate | None) -> Problem:
    where, written = locate(key) if locate else (key, key)
    return Problem(message if where.endswith(written) else f"{written}: {message}", where, hint)
