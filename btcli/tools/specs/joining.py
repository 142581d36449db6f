"""Files of rules and files of tiers, put together to whole rules by symbol, all of one day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from btcli.config.findings import key_of
from btcli.config.specs.dating import is_day
from btcli.config.specs.written import rule_findings
from btcli.errors import Problem, RequestError, UnusableFiles
from btcli.sources.saved_specs import BINANCE_RULES, BINANCE_TIERS, BYBIT_RULES, BYBIT_TIERS
from btcli.tools.specs.files import RuleFile

NAMED_SYMBOLS = 5
PAGES = {"bybit": (BYBIT_RULES, BYBIT_TIERS), "binance": (BINANCE_RULES, BINANCE_TIERS)}


class WholeRules(NamedTuple):
    """Rules with their tiers by symbol, as a snapshot writes them, and sentences on what was left out."""

    rules: dict[str, dict[str, Any]]
    notes: tuple[str, ...]


def one_day(files: Sequence[RuleFile], as_of: str | None) -> str:
    """The one day that all files are of: their own, or the one given where they say none.

    Raises RequestError when no file says a day and none is given, when they contradict each other or the given one.
    """
    if as_of is not None and not is_day(as_of):
        raise RequestError(f"--as-of {as_of!r} is not a day", hint="as in --as-of 2024-01-31")
    days = {file.day: file.name for file in files if file.day}
    told = ", ".join(f"{name} is of {day}" for day, name in sorted(days.items()))
    if as_of is not None:
        if days and as_of not in days:
            raise RequestError(f"{told}, --as-of says {as_of}", hint="leave --as-of out")
        return as_of
    if not days:
        raise RequestError(
            f"of which day are they? {files[0].name} does not say", hint="tell it, as in --as-of 2024-01-31"
        )
    if len(days) > 1:
        raise RequestError(f"the files are of several days: {told}", hint="import each day alone, or give --as-of")
    return next(iter(days))


def joined(files: Sequence[RuleFile], venue: str, day: str, symbols: Sequence[str]) -> WholeRules:
    """The rules in all the files, or those of `symbols` alone.

    Raises UnusableFiles when files contradict each other, when a half is missing, and for figures without sense.
    """
    rules, tiers = _one_each(files, "rules", symbols), _one_each(files, "tiers", symbols)
    whole: dict[str, dict[str, Any]] = {}
    for symbol in sorted(rules):
        if "tiers" in rules[symbol]:
            whole[symbol] = rules[symbol]
        elif symbol in tiers:
            whole[symbol] = {**rules[symbol], "source": _source(files, venue, day), "tiers": list(tiers[symbol])}
    _require(whole, rules, symbols, venue)
    _check(whole, files)
    lonely = {
        "have no risk tiers": [symbol for symbol in rules if symbol not in whole],
        "have risk tiers alone": [symbol for symbol in tiers if symbol not in whole],
    }
    notes = [f"{_names(left)} {said} in these files: left out" for said, left in lonely.items() if left]
    undated = [file.name for file in files if not file.day]
    if len(undated) < len(files):
        notes += [f"{name} does not say its day: taken to be of {day}, as the others are" for name in undated]
    return WholeRules(whole, tuple(notes))


def _one_each(files: Iterable[RuleFile], part: Literal["rules", "tiers"], symbols: Sequence[str]) -> dict[str, Any]:
    """What the files say of each symbol asked for; two that say different things are refused."""
    found: dict[str, Any] = {}
    by: dict[str, str] = {}
    for file in files:
        for symbol, said in getattr(file, part).items():
            if symbols and symbol not in symbols:
                continue
            if found.setdefault(symbol, said) != said:
                clash = f"{by[symbol]} and {file.name} say different {part} of {symbol}"
                raise UnusableFiles((Problem(clash, hint="import only the one that is right"),))
            by.setdefault(symbol, file.name)
    return found


def _source(files: Sequence[RuleFile], venue: str, day: str) -> dict[str, str]:
    """Where the figures come from, in the words of a snapshot that was synced."""
    category = ", category linear" if venue == "bybit" else ""
    pages = {file.page: file.day or f"undated answer, taken as of {day}" for file in files if file.page}
    groups = zip(PAGES[venue], ("steps and sizes", "tiers"), strict=True)
    return {
        group: f"{venue.capitalize()} GET {page}{category}, {pages[page]}" for page, group in groups if page in pages
    }


def _require(whole: Mapping[str, Any], rules: Mapping[str, Any], symbols: Sequence[str], venue: str) -> None:
    """Raises UnusableFiles unless there is something, and everything that was asked for."""
    both = " and ".join(PAGES.get(venue, ()))
    hint = f"name both files in one import: the answers to {both}" if both else ""
    missing = [symbol for symbol in symbols if symbol not in whole]
    if missing:
        raise UnusableFiles((Problem(f"{_names(missing)}: no rules with risk tiers in these files", hint=hint),))
    if not whole:
        said = "rules without risk tiers" if rules else "risk tiers without the rules"
        raise UnusableFiles((Problem(f"there are {said} in these files", hint=hint),))


def _check(rules: Mapping[str, dict[str, Any]], files: Sequence[RuleFile]) -> None:
    """Raises UnusableFiles for figures that make no sense together."""
    names = ", ".join(file.name for file in files)
    found = rule_findings(rules)
    if found:
        raise UnusableFiles(
            tuple(Problem(f"{key_of(each.path[1:])}: {each.message}", f"{names}:", each.hint) for each in found)
        )


def _names(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - NAMED_SYMBOLS:,} more" if len(symbols) > NAMED_SYMBOLS else ""
    return ", ".join(symbols[:NAMED_SYMBOLS]) + more
