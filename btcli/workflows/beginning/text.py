"""The text of a first system, which says of each key that the store decided why it is so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from btcli.frozen import frozen
from btcli.market.window import LoadWindow
from btcli.timeframe import utc_text
from btcli.workflows.advice.candidates import Candidate
from btcli.workflows.advice.fitting import dates_of
from btcli.workflows.beginning.markets import Market
from btcli.workflows.beginning.roles import RoleLengths

WINDOW = "stored"
RULES = """\
account: {initial_equity_usdt: 10000, leverage: 3}
risk: {sizing: {risk_pct: 0.5}, max_drawdown_pct: 30}
features:
  ltf: {top: "max(high, 20)", bottom: "min(low, 20)"}
  htf: {trend: "sma(close, 20)"}
strategy:
  rules:
    long:
      enter: close > top[1] and htf.close > htf.trend
      exit: close < bottom[1]
      stop: {price: bottom}
    short:
      enter: close < bottom[1] and htf.close < htf.trend
      exit: close > top[1]
      stop: {price: top}
"""
ABOUT = """\
#
# What it is: it follows a breakout of 20 bars that goes the way of a higher timeframe, with a stop at their other end:
#   something to begin with, and no advice.
"""


@frozen
class Chosen:
    """The markets of a system, why they were taken, and where they are stored."""

    markets: Sequence[Market]
    because: str
    store: str
    env: str
    command: str  # that runs the system
    examples: Mapping[str, str]  # trading rules of symbols of which none are packaged


def unfitted(name: str, chosen: Chosen, lengths: RoleLengths) -> str:
    """A system that takes everything for stored."""
    derived = f"data: {{derive_from: {lengths.exec}}}\n" if lengths.derives else ""
    return f"{_subject(name, chosen)}{_frames(lengths)}\n{derived}{_examples(chosen)}{RULES}"


def fitted(name: str, chosen: Chosen, lengths: RoleLengths, candidate: Candidate, window: LoadWindow) -> str:
    """The same with what had to be changed, and the days that it can be run over."""
    parts = (
        _head(chosen),
        _subject(name, chosen),
        _explained_frames(lengths, candidate),
        _window(window),
        *_changes(candidate),
        _examples(chosen),
    )
    return "".join((*parts, RULES))


def _head(chosen: Chosen) -> str:
    rows = [each for market in chosen.markets for each in market.series]
    found = "".join(
        f"#   {each.series}: {each.rows:,} rows, {_day(each.first_ms)} to {_day(each.last_ms)}\n" for each in rows
    )
    return (
        "# yaml-language-server: $schema=schema.json\n"
        f"# Written by btcli init --from-store for what {chosen.store} held of what it trades:\n"
        f"{found}# {chosen.because}\n#\n#   {chosen.command}\n{ABOUT}"
    )


def _subject(name: str, chosen: Chosen) -> str:
    symbols = ", ".join(each.symbol for each in chosen.markets)
    env = "" if chosen.env == "live" else f"env: {chosen.env}\n"
    return f"system: {name}\nvenue: {chosen.markets[0].venue}\n{env}symbols: [{symbols}]\n"


def _frames(lengths: RoleLengths) -> str:
    return f"timeframes: {{exec: {lengths.exec}, ltf: {lengths.ltf}, htf: {lengths.htf}}}"


def _explained_frames(lengths: RoleLengths, candidate: Candidate) -> str:
    data = candidate.system.data
    lines = [f"# The exchange steps on {lengths.exec} candles; decisions are taken at closes of {lengths.ltf}."]
    if data.derive_from is not None:
        lines.append(f"# Longer candles are made of those of {data.derive_from}, which are stored.")
    if data.funding_mark is not None:
        lines.append(f"# Funding is charged at mark candles of {data.funding_mark}.")
    keys = {"derive_from": data.derive_from, "funding_mark": data.funding_mark}
    said = ", ".join(f"{key}: {value}" for key, value in keys.items() if value is not None)
    return "\n".join((*lines, _frames(lengths), *([f"data: {{{said}}}"] if said else []), ""))


def _window(window: LoadWindow) -> str:
    start, end = dates_of((window.start_ms, window.end_ms))
    first = min(span.load_start_ms for span in window.series)
    return (
        "# Days for which everything is stored; the history that is read before them begins with"
        f" {_day(first)}.\nwindows:\n  {WINDOW}: {{start: {start}, end: {end}}}\n"
    )


def _changes(candidate: Candidate) -> Iterator[str]:
    """A block for each key that is not as one would have it, with the reason."""
    system = candidate.system
    if system.fills.mark_source == "last":
        yield f"# There are no mark candles of {system.timeframes.exec} for these days: the last price is the mark,\n"
        yield "# by which venues liquidate.\nfills: {mark_source: last}\n"
    if system.costs.funding == "none":
        yield "# There are no funding rates for these days: to hold a position costs and earns nothing here.\n"
        yield "costs: {funding: none}\n"
    if system.warmup.missing == "start_late":
        yield "# There is too little history before these days: decisions begin once features have theirs.\n"
        yield "warmup: {missing: start_late}\n"


def _examples(chosen: Chosen) -> str:
    """Trading rules for symbols of which none are packaged."""
    if not chosen.examples:
        return ""
    lines = "".join(f"  {symbol}: {specs}\n" for symbol, specs in chosen.examples.items())
    return (
        "# btcli knows no trading rules of these symbols. The figures are an example: put the venue's own in.\n"
        f"instruments:\n{lines}"
    )


def _day(ms: int) -> str:
    return utc_text(ms)[:10]
