"""A system read back in plain words, without any data: what its rules say, what they are made of, and what applies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from btcli.config.findings import KeyPath
from btcli.config.loading import load_system
from btcli.config.model import System
from btcli.config.rules import PATH, Rules, Side
from btcli.errors import RequestError
from btcli.features.plan import plan_features, unread
from btcli.simulation.plans import merged_features
from btcli.simulation.ruled import names_of, ruled_strategy
from btcli.simulation.rules_looked import numbers_of_params
from btcli.strategies.finding import FoundStrategy

MEANT = {  # how the keys of a side are introduced
    "enter": "{side} is entered when",
    "exit": "{side} is left, all of it, when",
    "cancel_when": "an entry of {side} that waits is taken back when",
    "stop": "its stop lies this far from the fill, USDT per coin",
    "stop.price": "its stop lies at this price",
    "target": "its target lies this far from the fill, USDT per coin",
    "target.price": "its target lies at this price",
    "trail.distance": "its stop follows the best price this far behind, USDT per coin",
    "trail.pct": "its stop follows the best price this many percent of the close behind",
    "trail.atr": "its stop follows the best price so many times ltf.atr behind",
    "trail.from": "its stop follows from this price on",
    "break_even": "its stop moves to the entry at this profit, USDT per coin",
    "order.limit": "the entry waits at this limit",
    "order.stop": "the entry waits for this trigger",
    "size.qty": "its entry has this size, coins",
    "size.notional_usdt": "its entry has this value, USDT",
    "size.notional_pct": "its entry has this value, percent of equity",
    "size.margin_pct": "its entry takes this margin, percent of equity",
    "size.risk_pct": "its entry loses this at its stop, percent of equity",
}


class Paragraph(NamedTuple):
    """A heading and its lines, each with how deep it stands."""

    heading: str
    lines: tuple[tuple[int, str], ...]


class ReadBack(NamedTuple):
    """A system, its rules in words, and what in them is compared in vain."""

    system: System
    paragraphs: tuple[Paragraph, ...]
    warnings: tuple[str, ...]


def read_back(path: Path) -> ReadBack:
    """A system and its rules in words; raises ConfigError for what cannot be run, RequestError for code."""
    system = load_system(path)
    if not system.rules_in_use:
        hint = "a strategy in Python is read in its own file; btcli explain RUN tells what became of a run"
        raise RequestError("has no rules to be read back", where=str(path), hint=hint)
    deciding = dict(_deciding(system))
    found = [_found(system, *each) for each in deciding.items()]  # every mistake is told before anything is
    for each in found:
        _refuse_unreadable(system, each)
    warnings = tuple(str(said) for each in found if each.assembled for said in each.assembled.warnings)
    sides = (line for path, symbol in deciding.items() for line in _sides(system, symbol, _of_whom(path, symbol)))
    beside = *_features(system), *_signals(system), _defaults(system)
    return ReadBack(system, (_when(system), *sides, *beside), warnings)


def _found(system: System, path: KeyPath, symbol: str) -> FoundStrategy:
    if path == PATH:
        return ruled_strategy(system, system.strategy, system.where)
    return ruled_strategy(system, system.strategy_of(symbol), system.where, symbol)


def _refuse_unreadable(system: System, found: FoundStrategy) -> None:
    """Raises ConfigError for features that a run would refuse; no function of the user's is loaded for it."""
    features, functions = merged_features(system, found.features), system.functions
    unloaded = {role: unread(named) for role, named in functions.items()}
    plan_features(features, system.warmup.tolerance, system.warmup.bars, system.where_value, unloaded)


def _of_whom(path: KeyPath, symbol: str) -> str:
    return "" if path == PATH else f"{symbol}: "


def _deciding(system: System) -> Iterator[tuple[KeyPath, str]]:
    """The rules that decide, by where they stand, each with the first of its symbols, those of all symbols first."""
    paths = {system.rules_path(symbol): symbol for symbol in reversed(system.symbols)}
    yield from ((path, paths[path]) for path in sorted(system.rules_in_use, key=lambda each: each != PATH))


def _when(system: System) -> Paragraph:
    frames = system.timeframes
    delay = system.fills.delay_bars
    later = f", after {delay} more of its bars" if delay else ""
    return Paragraph(
        "When",
        (
            (0, f"the rules are looked at once at each close of ltf ({frames.ltf.label}) at which all roles are ready"),
            (0, f"what is wished there reaches the exchange at the next open of exec ({frames.exec.label}){later}"),
            (0, "what is unknown is neither true nor false: it does nothing, and nor does its negation"),
        ),
    )


def _sides(system: System, symbol: str, of_whom: str) -> Iterator[Paragraph]:
    from btcli.config.rules import SIDES
    from btcli.strategies.rules.english import Known, said, sentences
    from btcli.strategies.rules.parts import conditions_of, distances_of
    from btcli.strategies.rules.parts_told import lines_of
    from btcli.strategies.rules.settings import settings_of

    written = system.strategy_of(symbol) if of_whom else system.strategy
    rules, names = written.rules, names_of(system, written)
    assert rules is not None
    texts = {f"{role}.{name}": str(text) for role, named in system.features.items() for name, text in named.items()}
    known = Known(texts, numbers_of_params(written))
    conditions, distances = list(conditions_of(rules, names)), list(distances_of(rules, names))
    for side in SIDES:
        for each in (each for each in conditions if each.side == side):
            yield Paragraph(of_whom + _heading(rules, side, each.rule), tuple(sentences(each.node, known)))
        for number in (each for each in distances if each.name.startswith(f"{side}.")):
            key, line = number.name.partition(".")[2], said(number.node, known)
            yield Paragraph(of_whom + _heading(rules, side, key), ((0, line),))
        if lines := tuple((0, line) for line in lines_of(rules, side)):
            yield Paragraph(f"{of_whom}{side}: its parts", lines)
        if lines := tuple((0, line) for line in settings_of(rules, side)):
            yield Paragraph(f"{of_whom}{side}: its entries", lines)


def _heading(rules: Rules, side: Side, key: str) -> str:
    from btcli.strategies.rules.parts_told import heading_of

    spoken = (heading_of(rules, side, key) or MEANT.get(key, "{side}, " + key)).format(side=side)
    return spoken if key in ("enter", "exit", "cancel_when") or "," in spoken.split(" ")[0] else f"{side}: {spoken}"


def _sized(system: System, sizing: str) -> str:
    """Which entries the run's own size is for."""
    from btcli.config.rules import SIDES

    entering = [(rules, side) for rules in system.rules_in_use.values() for side in SIDES if rules.place(side, "enter")]
    without = [rules.place_of_key(side, "size") is None for rules, side in entering]
    which = "each entry" if all(without) else "an entry without a size of its own" if any(without) else "no entry"
    return f"{which} is sized by risk.sizing: {sizing}"


def _features(system: System) -> Iterator[Paragraph]:
    lines = tuple(
        (0, f"{role}.{name} is {text}, on the closed bars of {role} ({system.timeframes.of(role).label})")
        for role, named in system.features.items()
        for name, text in named.items()
    )
    if lines:
        yield Paragraph("Features", lines)


def _signals(system: System) -> Iterator[Paragraph]:
    written = system.signals
    if written is not None:
        lines = [(0, f"signals are the columns of {written.file}, each row known from its {written.available_at} on")]
        if written.max_age is not None:
            lines.append((0, f"a row older than {written.max_age} is unknown (signals.max_age)"))
        yield Paragraph("Signals", tuple(lines))


def _defaults(system: System) -> Paragraph:
    opposite = {
        "ignore": "an entry of the other side does nothing while a position is held",
        "close": "an entry of the other side closes what is held, and opens nothing",
        "reverse": "an entry of the other side closes what is held and opens its own",
    }
    risk: dict[str, Any] = system.risk.model_dump(mode="json")
    sizing = ", ".join(f"{name} {value}" for name, value in risk["sizing"].items())
    age = risk["max_bars_in_trade"]
    age = "none" if age is None else age
    held = f"a position is closed at its close number {age} of ltf" if age != "none" else "no age closes a position"
    chosen = str(risk["on_opposite_signal"])
    return Paragraph(
        "What applies beside",
        (
            (
                0,
                "where both sides' enter are true at one close, neither is wished; "
                "while its own side is held, enter does nothing",
            ),
            (0, f"{opposite.get(chosen, chosen)} (risk.on_opposite_signal: {chosen})"),
            (0, _sized(system, sizing)),
            (0, f"{held} (risk.max_bars_in_trade: {age})"),
        ),
    )
