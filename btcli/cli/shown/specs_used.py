"""How a run says which specs it used, how old they were, and how they fit the tested window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape

from btcli.cli.shown.figures import count

SHOWN_SYMBOLS = 3


def specs_lines(used: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line per origin and day, as the manifest's environment has them; which symbols, when there are several."""
    for each in used:
        said = ", ".join((escape(_origin(each)), *_dating(each)))
        yield f"{said} ({_symbols(each['symbols'])})" if len(used) > 1 else said


def formula_line(formulas: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """By which value the maintenance margin was taken; with the day, where the window lies on both sides of it."""
    said = formulas.get("maintenance_margin", ())
    bases = [escape(str(each.get("basis"))) for each in said]
    if len(said) < 2:
        return "".join(f"maintenance margin by the value at {basis}" for basis in bases)
    ends = [escape(str(each.get("until"))[:10]) for each in said]
    until = [f"{basis} until {end}" for basis, end in zip(bases[:-1], ends[:-1], strict=True)]
    return f"maintenance margin by the value at {', then at '.join((*until, bases[-1]))}"


def _origin(each: Mapping[str, Any]) -> str:
    venue, as_of = each["venue"], each["as_of"]
    if each["origin"] == "config":
        return f"rules in the config as of {as_of}" if as_of else "rules in the config, undated"
    if each["origin"] == "file":
        return f"{venue} snapshot of {as_of or 'unknown date'} in {each['file']}"
    return f"packaged {venue} snapshot of {as_of}"


def _dating(each: Mapping[str, Any]) -> Iterator[str]:
    """Age and distance; the packaged specs of sample data are of no day that means anything."""
    age, beyond = each["age_days"], each["days_beyond_window"]
    if age is None or beyond is None or (each["origin"], each["venue"]) == ("packaged", "sample"):
        return
    yield f"{count(age, 'day')} old" if age >= 0 else f"dated {count(-age, 'day')} after the run"
    if beyond > 0:
        yield f"[yellow]dated {count(beyond, 'day')} after the window: later rules tested on the past[/]"
    elif beyond < 0:
        yield f"dated {count(-beyond, 'day')} before the window"
    else:
        yield "dated within the window"


def _symbols(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - SHOWN_SYMBOLS} more" if len(symbols) > SHOWN_SYMBOLS else ""
    return ", ".join(symbols[:SHOWN_SYMBOLS]) + more
