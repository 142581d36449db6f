"""What a run tests and what it has to load for that, worked out once for preflight and run alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from btcli.errors import RequestError
from btcli.market.moments import plain
from btcli.market.series import ROLES, Role, Series
from btcli.timeframe import UNIT_MS, Timeframe, utc_text

if TYPE_CHECKING:
    from btcli.config.model import System

BUFFER_BARS = 1
FUNDING_LEAD_MS = 8 * UNIT_MS["h"]
MARK = "mark"
FUNDING = "funding"
FUNDING_MARK = "funding_mark"


@dataclass(frozen=True)
class RoleSpan:
    """The bars that a role sees: opens in [load_start_ms, load_end_ms), all closed by the end of the window."""

    role: Role
    timeframe: Timeframe
    warmup_bars: int
    load_start_ms: int
    load_end_ms: int


@dataclass(frozen=True)
class SeriesSpan:
    """A stored series and the part of it that is loaded; `uses` names the roles it feeds, "mark", "funding" or both.

    Opens (for funding: settlement times) lie in [load_start_ms, load_end_ms); milliseconds UTC.
    """

    series: Series
    uses: tuple[str, ...]
    window_start_ms: int
    window_end_ms: int
    warmup_bars: int
    load_start_ms: int
    load_end_ms: int

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


@dataclass(frozen=True)
class LoadWindow:
    """The window [start_ms, end_ms) under its name, and the spans that a run over it reads."""

    name: str
    start_ms: int
    end_ms: int
    roles: tuple[RoleSpan, ...]
    series: tuple[SeriesSpan, ...]

    def role(self, role: Role) -> RoleSpan:
        return next(span for span in self.roles if span.role == role)

    def of_symbol(self, symbol: str) -> list[SeriesSpan]:
        return [span for span in self.series if span.series.symbol == symbol]

    def span_for(self, symbol: str, use: str) -> SeriesSpan | None:
        """The series of `symbol` that feeds `use` (a role, "mark", "funding" or "funding_mark"); None without one."""
        return next((span for span in self.of_symbol(symbol) if use in span.uses), None)


def load_window(
    system: System, window_name: str, start_ms: int, end_ms: int, warmup_bars: Mapping[Role, int]
) -> LoadWindow:
    """Work out every span; raises RequestError when no exec bar fits into [start_ms, end_ms)."""
    exec_timeframe = system.timeframes.exec
    if exec_timeframe.floor(end_ms) - exec_timeframe.ceil(start_ms) < exec_timeframe.ms:
        raise RequestError(
            f"window {window_name!r} from {plain(start_ms)} to {plain(end_ms)} holds no whole {exec_timeframe} bar",
            hint="give it a later end; an end given as a date includes that day",
        )
    roles = _role_spans(system, start_ms, end_ms, warmup_bars)
    series = [
        span for symbol in system.symbols for span in _series_of_symbol(system, symbol, roles, (start_ms, end_ms))
    ]
    return LoadWindow(window_name, start_ms, end_ms, roles, tuple(series))


def stored_timeframe(system: System, timeframe: Timeframe) -> Timeframe:
    """The timeframe whose stored candles give the bars of `timeframe`: itself, or `data.derive_from`."""
    return system.data.derive_from or timeframe


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
    """Trade candles from fine to coarse, then mark candles, then funding."""
    venue = str(system.venue)
    spans = _trade_spans(system, venue, symbol, roles, window_ms)
    spans += _mark_spans(system, venue, symbol, window_ms)
    start_ms, end_ms = window_ms
    funding = Series(venue, symbol, "funding", "")
    spans.append(SeriesSpan(funding, (FUNDING,), start_ms, end_ms, 0, start_ms - FUNDING_LEAD_MS, end_ms))
    return spans


def _trade_spans(
    system: System, venue: str, symbol: str, roles: tuple[RoleSpan, ...], window_ms: tuple[int, int]
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
