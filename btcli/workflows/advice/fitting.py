"""A run that the store can serve as it is: its dates found, its data checked, its command named."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from btcli.config.loading import load_system
from btcli.config.model import System, Window
from btcli.errors import BtcliError, RequestError
from btcli.market.health import check_health
from btcli.market.health.check import known_of
from btcli.market.series import Series
from btcli.market.store.reading import StoreReader, open_store
from btcli.market.window import FUNDING_LEAD_MS, LoadWindow, SeriesSpan
from btcli.simulation.parts import Prepared, spans_of
from btcli.timeframe import UNIT_MS, Timeframe, utc_text
from btcli.workflows.advice.candidates import Candidate, Changes, candidates
from btcli.workflows.advice.commands import Words

Millis = tuple[int, int]
Extents = Mapping[Series, Millis]  # first open and last close of what is stored; of funding its settlements
DAY_MS = UNIT_MS["d"]
MOST_CHECKS = 8  # of candidates that look covered
MOST_DAYS = 8  # by which a start is moved on until candles of weeks are covered too


def run_on_what_is_stored(parts: Prepared, words: Words) -> tuple[str, ...]:
    """A step with the command of a run that passes preflight on the store as it is; none when there is none.

    It changes as little as it can, and is checked before it is named.
    """
    with open_store(words.stores.of(parts.system.env)) as reader:
        extents = extents_of(reader)
        checks = 0
        for candidate in candidates(parts.system, partial(_loaded, words), extents):
            window = _placed(parts, candidate, extents)
            if window is None or checks == MOST_CHECKS:
                continue
            checks += 1
            if is_healthy(reader, candidate, window):
                said = "run on what is stored"
                if candidate.without_specs:
                    said += f" (with trading rules of {', '.join(candidate.without_specs)} that you have to correct)"
                return (f"{said}: {_command(parts, words, candidate, window)}",)
    return ()


def _loaded(words: Words, changes: Changes) -> System:
    return load_system(words.system, words.changed(changes))


def _command(parts: Prepared, words: Words, candidate: Candidate, window: LoadWindow) -> str:
    span = window.start_ms, window.end_ms
    is_asked = span == (parts.window.start_ms, parts.window.end_ms)
    return words.run(candidate.changes, None if is_asked else dates_of(span))


def dates_of(span: Millis) -> tuple[str, str]:
    """The dates of a span as --start and --end take them; an end given as a date includes that day."""
    start, end = span
    if start % DAY_MS or end % DAY_MS:
        return utc_text(start)[:16], utc_text(end)[:16]
    return utc_text(start)[:10], utc_text(end - DAY_MS)[:10]


def extents_of(reader: StoreReader) -> dict[Series, Millis]:
    """First open and last close of every series that is stored; of funding its first and last settlement."""
    found = {}
    for each in reader.coverage():
        label = each.series.timeframe
        found[each.series] = each.first_ms, each.last_ms + (Timeframe.parse(label).ms if label else 1)
    return found


def is_healthy(reader: StoreReader, candidate: Candidate, window: LoadWindow) -> bool:
    """Whether a run of the candidate over the window passes preflight."""
    try:
        return check_health(reader, candidate.system, window, candidate.instruments, *known_of(reader, window)).healthy
    except BtcliError:
        return False


def _placed(parts: Prepared, candidate: Candidate, extents: Extents) -> LoadWindow | None:
    """The window asked for where the store covers it, what it covers of it, or all that it covers of any time."""
    asked = parts.window.start_ms, parts.window.end_ms
    window = window_of(parts, candidate, asked)
    if window is None or any(span.series not in extents for span in window.series):
        return None
    if _covers(extents, candidate, window):
        return window
    whole = longest_window(parts, candidate, extents, window)
    if whole is None:
        return None
    common = max(asked[0], whole.start_ms), min(asked[1], whole.end_ms)
    part = window_of(parts, candidate, common) if 2 * (common[1] - common[0]) >= asked[1] - asked[0] else None
    return part if part is not None and _covers(extents, candidate, part) else whole


def longest_window(parts: Prepared, candidate: Candidate, extents: Extents, like: LoadWindow) -> LoadWindow | None:
    """The longest span of whole days that the store covers, warm-up before it included."""
    start = max(extents[span.series][0] for span in like.series)
    end = min(extents[span.series][1] + _slack(span) for span in like.series)
    window = window_of(parts, candidate, (start, end))
    if window is None:
        return None
    lacking = max(extents[span.series][0] - _needed(candidate, span)[0] for span in window.series)
    first = -(-(start + max(0, lacking)) // DAY_MS) * DAY_MS
    for days in range(MOST_DAYS):
        found = window_of(parts, candidate, (first + days * DAY_MS, end - end % DAY_MS))
        if found is None or _covers(extents, candidate, found):
            return found
    return None


def _covers(extents: Extents, candidate: Candidate, window: LoadWindow) -> bool:
    """Whether the outermost rows are there; what is inside is for the check to say."""
    needs = ((extents[span.series], _needed(candidate, span)) for span in window.series)
    return all(first <= start and end <= last for (first, last), (start, end) in needs)


def _needed(candidate: Candidate, span: SeriesSpan) -> Millis:
    """What a span cannot do without: settlements are eight hours apart, and a start may be allowed to be late."""
    starts_late = bool(span.roles) and candidate.system.warmup.missing == "start_late"
    start = span.window_start_ms if starts_late else span.load_start_ms + _slack(span)
    return start, span.load_end_ms - _slack(span)


def _slack(span: SeriesSpan) -> int:
    return FUNDING_LEAD_MS if span.series.kind == "funding" else 0


def window_of(parts: Prepared, candidate: Candidate, span: Millis) -> LoadWindow | None:
    """What a run of these dates would load; None when that is nothing."""
    if span[0] >= span[1]:
        return None
    plans = [parts.plan, *(own.plan for own in parts.own.values())]
    try:
        return spans_of(candidate.system, parts.window_name, Window.between(*span), plans, candidate.instruments)
    except RequestError:
        return None
