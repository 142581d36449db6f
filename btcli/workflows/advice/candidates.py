"""What of a system could be changed so that the series of a store serve it, those changes first that change least."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product

from btcli.config.model import ROLE_NAMES, System
from btcli.config.specs.instruments import EXAMPLE, InstrumentSpecs, load_instruments, without_specs
from btcli.config.specs.snapshots import packaged_specs
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.market.derive import divides
from btcli.market.health.plan import NEVER_HEALED
from btcli.market.series import Series
from btcli.timeframe import Timeframe

Changes = dict[str, str]
Load = Callable[[Changes], System]  # the system with changes by key; raises RequestError for what is no system
MOST_SYMBOLS = 3  # tried of those that the system does not name


@frozen
class Candidate:
    """A system that could be run, with its specs, and what was changed to come to it."""

    system: System
    instruments: Mapping[str, InstrumentSpecs]
    changes: Changes
    without_specs: tuple[str, ...]  # symbols whose specs are an example


def candidates(system: System, load: Load, stored: Collection[Series]) -> Iterator[Candidate]:
    """Those that change least come first; one whose config contradicts itself is none."""
    for late, (venue, symbols) in product(({}, {"warmup.missing": "start_late"}), _markets(system, stored)):
        whose = _whose(system, venue, symbols)
        for frames, prices, funding in product(
            _frames(system, _timeframes(stored, venue, symbols, "trade")),
            _marks(system, _timeframes(stored, venue, symbols, "mark")),
            _funding(system),
        ):
            changes = {**whose, **frames, **prices, **funding, **late}
            with suppress(RequestError):
                yield _candidate(load, changes)


def _candidate(load: Load, changes: Changes) -> Candidate:
    """With specs that are an example for symbols that have none; raises RequestError when that is no system."""
    system = load(changes)
    unknown = without_specs(system)
    if unknown:
        changes = {**changes, **{f"instruments.{symbol}": EXAMPLE for symbol in unknown}}
        system = load(changes)
    return Candidate(system, load_instruments(system), changes, unknown)


def _markets(system: System, stored: Collection[Series]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Venues with trade candles, the system's first, each with its symbols that are there, or else with another."""
    markets = {(series.venue, series.symbol) for series in stored if series.kind == "trade"}
    venues = {venue for venue, _ in markets if venue in (system.venue, *(() if venue == NEVER_HEALED else (venue,)))}
    for venue in sorted(venues, key=lambda venue: (venue != system.venue, venue)):
        specs = packaged_specs(venue)
        there = sorted((symbol for of, symbol in markets if of == venue), key=lambda each: (each not in specs, each))
        named = tuple(symbol for symbol in system.symbols if symbol in there)
        if named:
            yield venue, named
        else:
            yield from ((venue, (symbol,)) for symbol in there[:MOST_SYMBOLS])


def _whose(system: System, venue: str, symbols: tuple[str, ...]) -> Changes:
    changes = {} if venue == system.venue else {"venue": venue}
    return changes if symbols == system.symbols else {**changes, "symbols": f"[{', '.join(symbols)}]"}


def _timeframes(stored: Collection[Series], venue: str, symbols: tuple[str, ...], kind: str) -> list[Timeframe]:
    """The timeframes that all of the symbols have, from fine to coarse."""
    of = [{series.timeframe for series in stored if series[:3] == (venue, symbol, kind)} for symbol in symbols]
    return sorted(map(Timeframe.parse, set.intersection(*of)))


def _frames(system: System, stored: Sequence[Timeframe]) -> Iterator[Changes]:
    """As they are; all derived from one that is stored; else with the finest roles as coarse as what is stored."""
    roles = {role: system.timeframes.of(role) for role in ROLE_NAMES}
    source = system.data.derive_from
    if {source} <= {*stored} or (source is None and {*roles.values()} <= {*stored}):
        yield {}
    if source is not None and {*roles.values()} <= {*stored}:
        yield {"data.derive_from": "none"}
    yield from (
        {"data.derive_from": base.label}
        for base in reversed(stored)
        if all(divides(base, each) for each in roles.values())
    )
    for base in stored:
        lifted = {f"timeframes.{role}": base.label for role, each in roles.items() if each < base}
        kept = {each for each in roles.values() if each > base}
        if lifted and all(divides(base, each) for each in kept):
            derived = base.label if kept else "none"
            yield lifted if source is None and not kept else {**lifted, "data.derive_from": derived}


def _marks(system: System, stored: Sequence[Timeframe]) -> Iterator[Changes]:
    yield {}
    if system.fills.mark_source == "mark":
        if stored and system.costs.funding == "settled":
            yield {"fills.mark_source": "last", "data.funding_mark": stored[-1].label}
        yield {"fills.mark_source": "last"}


def _funding(system: System) -> Iterator[Changes]:
    """As it is, then left out, with what would contradict that."""
    yield {}
    if system.costs.funding == "settled":
        mark = {} if system.data.funding_mark is None else {"data.funding_mark": "none"}
        entry = {} if system.costs.funding_at_entry == "venue" else {"costs.funding_at_entry": "venue"}
        yield {"costs.funding": "none", **mark, **entry}
