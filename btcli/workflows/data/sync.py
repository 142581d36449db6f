"""`btcli data sync`: series from their venue, by range or since launch, and its specs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from btcli.clock import now_ms
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.market.health.plan import EDGE_TOOLS, PlannedCall
from btcli.market.series import Series
from btcli.market.store.where import Store
from btcli.symbols import symbol_of
from btcli.timeframe import Timeframe
from btcli.tools import VENUES_WITH_SOURCE, ToolRegistry, ToolResult, registry_for
from btcli.tools.filing import require_no_timeframe
from btcli.tools.healing import carried_out
from btcli.tools.planning import HealPlan, weighed
from btcli.workflows.data.data import EVER_MS
from btcli.workflows.run.preflight import UNASKED, Healing

UNSAID_TIMEFRAME = "1m"


@frozen
class SyncRequest:
    """Which series of which symbols; `span` None: since the first candle of each. `specs` adds today's specs.

    Candles without a timeframe are those of 1m.
    """

    venue: str
    symbols: tuple[str, ...]
    store: Store
    kinds: tuple[str, ...] = ("trade", "mark", "funding")
    timeframes: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    specs: bool = False
    dry_run: bool = False
    healing: Healing = UNASKED


@frozen
class SyncOutcome:
    """The plan, and the calls that were made (none after a dry run)."""

    plan: HealPlan
    results: tuple[ToolResult, ...]


def sync_series(request: SyncRequest) -> SyncOutcome:
    """Fetch, call after call; one that fails does not keep the next from being tried, two in a row do.

    Raises RequestError for a venue without a source or an unknown series, what `consent` raises, and what
    the venue raises when it is asked how far back it goes.
    """
    if request.venue not in VENUES_WITH_SOURCE:
        raise RequestError(f"{request.venue!r} has no source", hint=f"one of {', '.join(VENUES_WITH_SOURCE)}")
    request = _spelled(request)
    unknown = [kind for kind in request.kinds if kind not in EDGE_TOOLS]
    if unknown:
        raise RequestError(f"{unknown[0]!r} is not a series", hint=f"one of {', '.join(EDGE_TOOLS)}")
    tools = registry_for(
        request.store,
        venue=request.venue,
        progress=request.healing.progress,
        notice=request.healing.notice,
    )
    return _carried_out(request, tools, _calls(request))


def _spelled(request: SyncRequest) -> SyncRequest:
    """Every symbol and length under its one name, once."""
    symbols = tuple(dict.fromkeys(symbol_of(symbol, where="--symbol") for symbol in request.symbols))
    if set(request.kinds) == {"funding"} and request.timeframes:
        require_no_timeframe(request.timeframes[0])
    asked = request.timeframes or (UNSAID_TIMEFRAME,)
    timeframes = tuple(dict.fromkeys(Timeframe.parse(timeframe).label for timeframe in asked))
    return replace(request, symbols=symbols, timeframes=timeframes)


def _calls(request: SyncRequest) -> list[PlannedCall]:
    calls = [call for symbol in request.symbols for call in _of_symbol(request, symbol)]
    if request.specs:
        calls.append(PlannedCall("sync_instruments", {"symbols": request.symbols}))
    return calls


def _of_symbol(request: SyncRequest, symbol: str) -> list[PlannedCall]:
    if request.span is None:
        arguments: dict[str, Any] = {"symbol": symbol, "kinds": request.kinds}
        return [PlannedCall("sync_from_launch", {**arguments, "timeframe": each}) for each in request.timeframes]
    start_ms, end_ms = request.span
    if end_ms == EVER_MS:  # what no venue can have yet would be planned for ever
        end_ms = max(start_ms, now_ms())
    return [
        PlannedCall(EDGE_TOOLS[series.kind], {"series": series, "start_ms": start_ms, "end_ms": end_ms})
        for series in _series(request, symbol)
    ]


def _series(request: SyncRequest, symbol: str) -> list[Series]:
    candles = [
        Series(request.venue, symbol, kind, timeframe)  # type: ignore[arg-type]  # checked before
        for kind in request.kinds
        if kind != "funding"
        for timeframe in request.timeframes
    ]
    return [*candles, *([Series(request.venue, symbol, "funding", "")] if "funding" in request.kinds else [])]


def _carried_out(request: SyncRequest, tools: ToolRegistry, calls: Sequence[PlannedCall]) -> SyncOutcome:
    plan = weighed(calls, tools)
    if request.dry_run:
        return SyncOutcome(plan, ())
    consent: Callable[[HealPlan], None] | None = request.healing.consent
    if consent is not None:
        consent(plan)
    return SyncOutcome(plan, tuple(carried_out(calls, tools)))
