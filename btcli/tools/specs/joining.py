"""Files of specs and files of tiers, put together to whole specs by symbol, all of one day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from btcli.config.findings import key_of
from btcli.config.specs.dating import is_day
from btcli.config.specs.written import specs_findings
from btcli.errors import Problem, RequestError, UnusableFiles
from btcli.sources.saved_specs import BINANCE_SPECS, BINANCE_TIERS, BYBIT_SPECS, BYBIT_TIERS
from btcli.tools.specs.files import SpecsFile

NAMED_SYMBOLS = 5
PAGES = {"bybit": (BYBIT_SPECS, BYBIT_TIERS), "binance": (BINANCE_SPECS, BINANCE_TIERS)}


class WholeSpecs(NamedTuple):
    """Specs with their tiers by symbol, as a snapshot writes them, and sentences on what was left out."""

    specs: dict[str, dict[str, Any]]
    notes: tuple[str, ...]


def one_day(files: Sequence[SpecsFile], as_of: str | None) -> str:
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


def joined(files: Sequence[SpecsFile], venue: str, day: str, symbols: Sequence[str]) -> WholeSpecs:
    """The specs in all the files, or those of `symbols` alone.

    Raises UnusableFiles when files contradict each other, when a half is missing, and for figures without sense.
    """
    specs = _one_each([(file.name, file.specs) for file in files], "rules", symbols)
    tiers = _one_each([(file.name, file.tiers) for file in files], "tiers", symbols)
    whole: dict[str, dict[str, Any]] = {}
    for symbol in sorted(specs):
        if "tiers" in specs[symbol]:
            whole[symbol] = specs[symbol]
        elif symbol in tiers:
            whole[symbol] = {**specs[symbol], "source": _source(files, venue, day), "tiers": list(tiers[symbol])}
    _require(whole, specs, symbols, venue)
    _check(whole, files)
    lonely = {
        "have no risk tiers": [symbol for symbol in specs if symbol not in whole],
        "have risk tiers alone": [symbol for symbol in tiers if symbol not in whole],
    }
    notes = [f"{_names(left)} {said} in these files: left out" for said, left in lonely.items() if left]
    undated = [file.name for file in files if not file.day]
    if len(undated) < len(files):
        notes += [f"{name} does not say its day: taken to be of {day}, as the others are" for name in undated]
    return WholeSpecs(whole, tuple(notes))


def _one_each(files: Sequence[tuple[str, Mapping[str, Any]]], part: str, symbols: Sequence[str]) -> dict[str, Any]:
    """What files with these names say of each symbol asked for; two that say different things are refused."""
    found: dict[str, Any] = {}
    by: dict[str, str] = {}
    for name, parts in files:
        for symbol, said in parts.items():
            if symbols and symbol not in symbols:
                continue
            if found.setdefault(symbol, said) != said:
                clash = f"{by[symbol]} and {name} say different {part} of {symbol}"
                raise UnusableFiles((Problem(clash, hint="import only the one that is right"),))
            by.setdefault(symbol, name)
    return found


def _source(files: Sequence[SpecsFile], venue: str, day: str) -> dict[str, str]:
    """Where the figures come from, in the words of a snapshot that was synced."""
    category = ", category linear" if venue == "bybit" else ""
    pages = {file.page: file.day or f"undated answer, taken as of {day}" for file in files if file.page}
    groups = zip(PAGES[venue], ("steps and sizes", "tiers"), strict=True)
    return {
        group: f"{venue.capitalize()} GET {page}{category}, {pages[page]}" for page, group in groups if page in pages
    }


def _require(whole: Mapping[str, Any], specs: Mapping[str, Any], symbols: Sequence[str], venue: str) -> None:
    """Raises UnusableFiles unless there is something, and everything that was asked for."""
    both = " and ".join(PAGES.get(venue, ()))
    hint = f"name both files in one import: the answers to {both}" if both else ""
    missing = [symbol for symbol in symbols if symbol not in whole]
    if missing:
        raise UnusableFiles((Problem(f"{_names(missing)}: no rules with risk tiers in these files", hint=hint),))
    if not whole:
        said = "rules without risk tiers" if specs else "risk tiers without the rules"
        raise UnusableFiles((Problem(f"there are {said} in these files", hint=hint),))


def _check(specs: Mapping[str, dict[str, Any]], files: Sequence[SpecsFile]) -> None:
    """Raises UnusableFiles for figures that make no sense together."""
    names = ", ".join(file.name for file in files)
    found = specs_findings(specs)
    if found:
        raise UnusableFiles(
            tuple(Problem(f"{key_of(each.path[1:])}: {each.message}", f"{names}:", each.hint) for each in found)
        )


def _names(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - NAMED_SYMBOLS:,} more" if len(symbols) > NAMED_SYMBOLS else ""
    return ", ".join(symbols[:NAMED_SYMBOLS]) + more
