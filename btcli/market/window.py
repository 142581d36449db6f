"""What a run tests and what it has to load for that, worked out once for preflight and run alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from btcli.errors import Problem, RequestError
from btcli.frozen import frozen
from btcli.market.listing import ALWAYS, Life
from btcli.market.moments import plain
from btcli.market.series import ROLES, Role, Series
from btcli.timeframe import UNIT_MS, Timeframe, utc_text

if TYPE_CHECKING:
    from btcli.config.model import System

BUFFER_BARS = 1
EARLIEST_MS = -2_208_988_800_000  # 1900-01-01
FUNDING_LEAD_MS = 8 * UNIT_MS["h"]
MARK = "mark"
FUNDING = "funding"
FUNDING_MARK = "funding_mark"


@frozen
class RoleSpan:
    """The bars that a role sees: opens in [load_start_ms, load_end_ms), all closed by the end of the window."""

    role: Role
    timeframe: Timeframe
    warmup_bars: int
    load_start_ms: int
    load_end_ms: int


@frozen
class SeriesSpan:
    """A stored series and the part of it that is loaded; `uses` names the roles it feeds, "mark", "funding" or both.

    Opens (for funding: settlement times) lie in [load_start_ms, load_end_ms); milliseconds UTC. `uncut` is the range
    that a symbol would need which was neither listed nor delisted on the way; None when it is the same.
    """

    series: Series
    uses: tuple[str, ...]
    window_start_ms: int
    window_end_ms: int
    warmup_bars: int
    load_start_ms: int
    load_end_ms: int
    uncut: tuple[int, int] | None = None

    @property
    def begins_with_listing(self) -> bool:
        """Whether the symbol was listed too late for some of what the run would read."""
        return self.uncut is not None and self.uncut[0] < self.load_start_ms

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(role for role in ROLES if role in self.uses)

    def to_dict(self) -> dict[str, Any]:
        return {
            "series": str(self.series),
            "uses": list(self.uses),
            "warmup_bars": self.warmup_bars,
            "load_start": utc_text(self.load_start_ms),
            "load_end": utc_text(self.load_end_ms),
        }


@frozen
class LoadWindow:
    """The window [start_ms, end_ms) under its name, and the spans that a run over it reads.

    `lives` are those of the symbols that were listed or delisted on the way.
    """

    name: str
    start_ms: int
    end_ms: int
    roles: tuple[RoleSpan, ...]
    series: tuple[SeriesSpan, ...]
    lives: Mapping[str, Life] = field(default_factory=dict)
    asks: Mapping[Role, str] = field(default_factory=dict)  # what needs a role's warm-up, as "htf.trend"

    def role(self, role: Role) -> RoleSpan:
        return next(span for span in self.roles if span.role == role)

    def of_symbol(self, symbol: str) -> list[SeriesSpan]:
        return [span for span in self.series if span.series.symbol == symbol]

    def span_for(self, symbol: str, use: str) -> SeriesSpan | None:
        """The series of `symbol` that feeds `use` (a role, "mark", "funding" or "funding_mark"); None without one."""
        return next((span for span in self.of_symbol(symbol) if use in span.uses), None)

    @property
    def listings(self) -> tuple[str, ...]:
        """A sentence for each symbol that was listed or delisted on the way."""
        window = self.start_ms, self.end_ms
        return tuple(f"{symbol}: {life.sentence(*window)}" for symbol, life in self.lives.items())

    def life_of(self, symbol: str) -> Life:
        """When the symbol trades, as far as that matters here."""
        return self.lives.get(symbol, ALWAYS)


def load_window(
    system: System,
    window_name: str,
    start_ms: int,
    end_ms: int,
    warmup_bars: Mapping[Role, int],
    lives: Mapping[str, Life] | None = None,
    asks: Mapping[Role, str] | None = None,
) -> LoadWindow:
    """Work out every span; `lives` say when symbols were listed and delisted, `asks` what needs each role's warm-up.

    Raises RequestError when no exec bar fits into [start_ms, end_ms), or into the part of it that a symbol traded.
    """
    exec_timeframe = system.timeframes.exec
    if exec_timeframe.floor(end_ms) - exec_timeframe.ceil(start_ms) < exec_timeframe.ms:
        raise RequestError(
            f"window {window_name!r} from {plain(start_ms)} to {plain(end_ms)} holds no whole {exec_timeframe} bar",
            hint="give it a later end; an end given as a date includes that day",
        )
    known = lives or {}
    traded = {symbol: life for symbol, life in known.items() if symbol in system.symbols}
    _refuse_strangers(traded, exec_timeframe, window_name, (start_ms, end_ms))
    roles = _role_spans(system, start_ms, end_ms, warmup_bars)
    _refuse_before_all(roles)
    series = [
        _within(span, known.get(symbol, ALWAYS))
        for symbol in system.symbols
        for span in _series_of_symbol(system, symbol, roles, (start_ms, end_ms))
    ]
    series += [
        _within(span, known.get(symbol, ALWAYS))
        for symbol, named in system.observed.items()
        for span in _observed_spans(system, symbol, [each for each in roles if each.role in named], (start_ms, end_ms))
    ]
    cut = {span.series.symbol for span in series if span.uncut is not None}
    mattering = {symbol: life for symbol, life in known.items() if symbol in cut}
    return LoadWindow(window_name, start_ms, end_ms, roles, tuple(series), mattering, asks or {})


def stored_timeframe(system: System, timeframe: Timeframe) -> Timeframe:
    """The timeframe whose stored candles give the bars of `timeframe`: itself, or `data.derive_from`."""
    return system.data.derive_from or timeframe


def _refuse_before_all(roles: Sequence[RoleSpan]) -> None:
    """Raise RequestError for a warm-up that begins before there is a date."""
    for role in roles:
        if role.load_start_ms < EARLIEST_MS:
            raise RequestError(
                f"the warm-up of {role.warmup_bars:,} {role.timeframe} bars for {role.role} reaches back before 1900",
                hint="choose shorter features, a larger warmup.tolerance, or warmup.bars",
            )


def _refuse_strangers(
    lives: Mapping[str, Life], exec_timeframe: Timeframe, window_name: str, window_ms: tuple[int, int]
) -> None:
    """Raise RequestError naming every symbol that traded in no whole exec bar of the window."""
    problems = []
    for symbol, life in lives.items():
        start, end = life.clipped(*window_ms)
        if exec_timeframe.floor(end) - exec_timeframe.ceil(start) < exec_timeframe.ms:
            said = f"{symbol}: {life.sentence(*window_ms)}: no whole {exec_timeframe} bar of it in {window_name!r}"
            problems.append(Problem(said, hint=f"leave {symbol} out of symbols, or choose another window"))
    if problems:
        error = RequestError(problems[0].message)
        error.problems = tuple(problems)
        raise error


def _within(span: SeriesSpan, life: Life) -> SeriesSpan:
    """The part of a span in which the symbol trades: only bars that lie in it as a whole."""
    uncut = span.load_start_ms, span.load_end_ms
    start, end = life.clipped(*uncut)
    left = 0
    if span.series.timeframe:
        timeframe = Timeframe.parse(span.series.timeframe)
        start, end = timeframe.ceil(start), timeframe.floor(end)
        left = max(0, span.window_start_ms - start) // timeframe.ms
    if (start, end) == uncut:
        return span
    end = max(start, end)
    return replace(
        span,
        window_start_ms=max(span.window_start_ms, start),
        window_end_ms=min(span.window_end_ms, end),
        warmup_bars=min(span.warmup_bars, left),
        load_start_ms=start,
        load_end_ms=end,
        uncut=uncut,
    )


def _role_spans(system: System, start_ms: int, end_ms: int, warmup_bars: Mapping[Role, int]) -> tuple[RoleSpan, ...]:
    """Roles of equal timeframe share the longest warm-up among them, so that they can share their bars."""
    timeframes: dict[Role, Timeframe] = {role: getattr(system.timeframes, role) for role in ROLES}
    warmup = {
        timeframe: max(warmup_bars.get(role, 0) for role in ROLES if timeframes[role] == timeframe)
        for timeframe in timeframes.values()
    }
    return tuple(
        RoleSpan(
            role,
            timeframe,
            warmup[timeframe],
            timeframe.floor(start_ms) - (warmup[timeframe] + BUFFER_BARS) * timeframe.ms,
            timeframe.floor(end_ms),
        )
        for role, timeframe in timeframes.items()
    )


def _series_of_symbol(
    system: System, symbol: str, roles: tuple[RoleSpan, ...], window_ms: tuple[int, int]
) -> list[SeriesSpan]:
    """Trade candles from fine to coarse, then mark candles, then funding unless it is left out of the run."""
    venue = str(system.venue)
    spans = _trade_spans(system, venue, symbol, roles, window_ms)
    spans += _mark_spans(system, venue, symbol, window_ms)
    start_ms, end_ms = window_ms
    if system.costs.funding == "settled":
        funding = Series(venue, symbol, "funding", "")
        spans.append(SeriesSpan(funding, (FUNDING,), start_ms, end_ms, 0, start_ms - FUNDING_LEAD_MS, end_ms))
    return spans


def _observed_spans(
    system: System, symbol: str, roles: Sequence[RoleSpan], window_ms: tuple[int, int]
) -> list[SeriesSpan]:
    """Of a symbol that is not traded the trade candles of the roles that are named."""
    return _trade_spans(system, str(system.venue), symbol, roles, window_ms)


def _trade_spans(
    system: System, venue: str, symbol: str, roles: Sequence[RoleSpan], window_ms: tuple[int, int]
) -> list[SeriesSpan]:
    fed: dict[Timeframe, list[RoleSpan]] = {}
    for role in roles:
        fed.setdefault(stored_timeframe(system, role.timeframe), []).append(role)
    spans = []
    for stored, readers in sorted(fed.items()):
        window_start = stored.floor(window_ms[0])
        start = min(reader.load_start_ms for reader in readers)
        warmup = (window_start - start) // stored.ms - BUFFER_BARS
        end = max(reader.load_end_ms for reader in readers)
        uses = tuple(reader.role for reader in readers)
        series = Series(venue, symbol, "trade", stored.label)
        spans.append(SeriesSpan(series, uses, window_start, stored.floor(window_ms[1]), warmup, start, end))
    return spans


def _mark_spans(system: System, venue: str, symbol: str, window_ms: tuple[int, int]) -> list[SeriesSpan]:
    """Exec marks end with the last closed bar; funding marks are read at their open and may close after the window."""
    uses: dict[Timeframe, list[str]] = {}
    if system.fills.mark_source == "mark":
        uses.setdefault(system.timeframes.exec, []).append(MARK)
    if system.data.funding_mark is not None:
        uses.setdefault(system.data.funding_mark, []).append(FUNDING_MARK)
    spans = []
    for timeframe, names in sorted(uses.items()):
        start = timeframe.floor(window_ms[0])
        end = timeframe.ceil(window_ms[1]) if FUNDING_MARK in names else timeframe.floor(window_ms[1])
        series = Series(venue, symbol, "mark", timeframe.label)
        spans.append(SeriesSpan(series, tuple(names), start, end, 0, start - BUFFER_BARS * timeframe.ms, end))
    return spans
