"""What must hold between sections of a config."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache

from btcli.config.findings import Finding, KeyPath, did_you_mean, listed
from btcli.config.idle_rules import idle_rules
from btcli.config.model import ROLE_NAMES, System
from btcli.config.rules import SIDES

Check = Callable[[System], Iterator[Finding]]

MAX_SYMBOLS = 128
MOVING = ("stop_follow", "target_by_age")
MOST_DELAY = 31  # of the exchange too: bars that a stop or target may take to be moved
_SIGNAL = re.compile(r"\bsignals\s*\.")


def cross_checks(
    system: System, doubtful: Collection[KeyPath] = (), changed: Collection[KeyPath] = ((),)
) -> Iterator[Finding]:
    """Everything in which two sections disagree; a check that leans on a doubtful key is left out.

    So is one that reads nothing of what was `changed` in a system that had no such finding.
    """
    for leans_on, check in _that_read(tuple(changed)):
        if not any(_meet(leans_on, path) for path in doubtful):
            yield from check(system)


@lru_cache(256)
def _that_read(changed: tuple[KeyPath, ...]) -> tuple[tuple[KeyPath, Check], ...]:
    """The checks that read any of these keys, each with the key that it leans on."""
    return tuple(
        (leans_on, check)
        for leans_on, reads, check in _CHECKS
        if any(_meet(key, path) for key in reads for path in changed)
    )


def _meet(one: KeyPath, other: KeyPath) -> bool:
    """Whether one key is the other, or stands within it."""
    return other[: len(one)] == one[: len(other)]


def _derivable(system: System) -> Iterator[Finding]:
    source = system.data.derive_from
    if source is None:
        return
    for role in ROLE_NAMES:
        wanted = system.timeframes.of(role)
        if wanted.ms % source.ms:
            hint = f"choose {system.timeframes.exec} or a timeframe that divides every role"
            yield Finding(("data", "derive_from"), f"{role} {wanted} cannot be derived from {source}", hint)
            return


def _symbols_known(system: System) -> Iterator[Finding]:
    named_in: tuple[tuple[KeyPath, Collection[str]], ...] = (
        (("costs", "per_symbol"), system.costs.per_symbol),
        (("instruments",), system.instruments),
        (("strategy", "per_symbol"), system.strategy.per_symbol),
    )
    observed = system.observed
    for path, named in named_in:
        for symbol in named:
            is_read = path == ("instruments",) and symbol in observed  # to say when it was listed
            if symbol not in system.symbols and not is_read:
                hint = did_you_mean(symbol, system.symbols) or f"symbols are {listed(system.symbols)}"
                yield Finding((*path, symbol), "is not one of the symbols", hint)


def _windows_long_enough(system: System) -> Iterator[Finding]:
    for name, window in system.windows.items():
        if window.end_ms - window.start_ms < system.timeframes.ltf.ms:
            yield Finding(("windows", name), f"is shorter than one ltf candle of {system.timeframes.ltf}")


def _floor_below_start(system: System) -> Iterator[Finding]:
    floor, start = system.risk.stop_equity_usdt, system.account.initial_equity_usdt
    if floor >= start:
        yield Finding(("risk", "stop_equity_usdt"), f"{floor:g} is not below the initial equity {start:g}")


def _isolated_alone(system: System) -> Iterator[Finding]:
    """What concerns the liquidation of one position has no meaning where all stand together."""
    if system.account.margin_mode != "cross":
        return
    for key, default in (("liquidation", "full"), ("stop_vs_liquidation", "warn")):
        value = getattr(system.risk, key)
        if value != default:
            yield Finding(("risk", key), f"{value} has no meaning with cross margin", f"use {default}")


def _funding_told_once(system: System) -> Iterator[Finding]:
    """What says how funding is settled has no meaning where it is left out."""
    if system.costs.funding != "none":
        return
    settled = "has no meaning with costs.funding: none", "take it out, or let funding be settled"
    if system.data.funding_mark is not None:
        yield Finding(("data", "funding_mark"), *settled)
    if system.costs.funding_at_entry != "venue":
        yield Finding(("costs", "funding_at_entry"), *settled)
    for symbol, own in system.costs.per_symbol.items():
        if own.funding_at_entry is not None:
            yield Finding(("costs", "per_symbol", symbol, "funding_at_entry"), *settled)


def _few_enough(system: System) -> Iterator[Finding]:
    if len(system.symbols) > MAX_SYMBOLS:
        yield Finding(("symbols",), f"a run has at most {MAX_SYMBOLS} symbols, got {len(system.symbols)}")


def _rules_work(system: System) -> Iterator[Finding]:
    for path, rules in system.rules_in_use.items():
        yield from idle_rules(rules, path)


def _rules_sized(system: System) -> Iterator[Finding]:
    """Every entry without a stop would be refused where the distance to it decides the size."""
    for path, rules, side in ((path, rules, side) for path, rules in system.rules_in_use.items() for side in SIDES):
        if not rules.place(side, "enter") or any(rules.place_of_key(side, key) for key in ("stop", "trail")):
            continue
        own = rules.place_of_key(side, "size")
        if rules.place(side, "size.risk_pct") if own else system.risk.sizing.mode == "risk_pct":
            by = "size" if own else "risk.sizing"
            message = f"enters without a stop, and {by}.risk_pct sizes by the distance to one"
            yield Finding((*path, side), message, "write stop: …, or choose another sizing")


def _funding_known(system: System) -> Iterator[Finding]:
    """Where no settlement is loaded there is none to keep away from."""
    for path, rules in system.rules_in_use.items() if system.costs.funding == "none" else ():
        for place in dict.fromkeys(rules.place(side, "session.not_around_funding") for side in SIDES):
            if place is not None:
                yield Finding((*path, *place), "has no meaning with costs.funding: none", "set costs.funding: settled")


def _moves_arrive(system: System) -> Iterator[Finding]:
    """What is moved at every close and travels for long would be more at once than a position keeps."""
    of_sides = [(rules, side) for rules in system.rules_in_use.values() for side in SIDES]
    moving = [key for key in MOVING for rules, side in of_sides if rules.place_of_key(side, key)]
    if moving and system.fills.delay_bars > MOST_DELAY:
        message = f"must be at most {MOST_DELAY} where rules have {moving[0]}, got {system.fills.delay_bars}"
        yield Finding(("fills", "delay_bars"), message)


def _signals_named(system: System) -> Iterator[Finding]:
    """Where rules decide for every symbol, signals that none of them names do nothing; code may name them anywhere."""
    rules = system.rules_in_use
    if system.signals is None or any(system.strategy_of(symbol).rules is None for symbol in system.symbols):
        return
    if not any(_SIGNAL.search(text) for each in rules.values() for _, text in each.texts):
        yield Finding(("signals",), "do nothing: no rule names a column of them", "name one, as signals.score")


_DECIDES: tuple[KeyPath, ...] = (  # what says which rules decide for a symbol
    ("symbols",),
    *(("strategy", key) for key in ("rules", "use", "per_symbol")),
)
_CHECKS: tuple[tuple[KeyPath, tuple[KeyPath, ...], Check], ...] = (
    (("timeframes",), (("data",), ("timeframes",)), _derivable),
    (("symbols",), (*_DECIDES, ("costs", "per_symbol"), ("instruments",)), _symbols_known),
    (("timeframes",), (("windows",), ("timeframes",)), _windows_long_enough),
    (("account", "initial_equity_usdt"), (("account",), ("risk", "stop_equity_usdt")), _floor_below_start),
    (("account", "margin_mode"), (("account",), ("risk",)), _isolated_alone),
    (("costs",), (("costs",), ("data",)), _funding_told_once),
    (("symbols",), (("symbols",),), _few_enough),
    (("strategy",), _DECIDES, _rules_work),
    (("strategy",), (*_DECIDES, ("risk", "sizing")), _rules_sized),
    (("strategy",), (*_DECIDES, ("costs", "funding")), _funding_known),
    (("strategy",), (*_DECIDES, ("fills",)), _moves_arrive),
    (("strategy",), (*_DECIDES, ("signals",)), _signals_named),
)
