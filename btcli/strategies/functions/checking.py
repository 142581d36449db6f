"""Holding a function to what it may know: the same bars give the same, later bars change nothing, nor do far ones.

Tried are the same bars again, some of the first bars alone, and short stretches with as many bars before them as the
feature says; what looks ahead at bars that none of these end before is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from btcli.market.series import Bars, Floats
from btcli.strategies.functions.calling import Called
from btcli.timeframe import utc_text

__all__ = ["Called", "checked"]

STRETCHES, STRETCH_BARS = 32, 8
LAST, PARTS = 3, 4
ROUNDING = 1e-9  # of a value: what another order of additions may change


def checked(called: Called, bars_back: int, tolerance: float) -> Callable[[Bars], Floats]:
    """The function with its checks: gives float64 along bars, of which the first `bars_back` say nothing.

    Values of which history alone differs may differ by `tolerance` of a usual one. It raises StrategyError.
    """

    def compute(bars: Bars) -> Floats:
        if not len(bars.ts_open):
            return np.empty(0)
        values = called.over(bars)
        _require_same_again(called, bars, values)
        for length in _lengths(len(values), bars_back):
            _require_no_future(called, bars, values, length, bars_back)
        for first, last in _stretches(len(values), bars_back):
            _require_enough_bars(called, bars, values, (first, last), bars_back, tolerance)
        return values

    return compute


def _first_bars(bars: Bars, start: int, stop: int) -> Bars:
    return Bars._make(column[start:stop] for column in bars)


def _lengths(count: int, bars_back: int) -> Iterator[int]:
    """How many of the first bars are looked at alone: nearly all of them, a few parts, and ever more from few on."""
    wanted = {count - 1 - each for each in range(LAST)} | {count * each // PARTS for each in range(1, PARTS)}
    wanted |= {bars_back + (1 << each) for each in range(count.bit_length())}
    yield from sorted(each for each in wanted if bars_back < each < count)


def _stretches(count: int, bars_back: int) -> Iterator[tuple[int, int]]:
    """First bars and those after the last of stretches that are spread evenly and have bars enough before them."""
    length = bars_back + STRETCH_BARS
    starts = np.unique(np.linspace(0, count - length, STRETCHES).astype(np.int64)) if count > length else np.empty(0)
    yield from ((int(start), int(start) + length) for start in starts)


def _differing(one: Floats, other: Floats, share: float, usual: float) -> int | None:
    """The first place at which two columns differ by more than a share of the value there, or of a usual one.

    None where they do not.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        slack = share * np.maximum(np.abs(one), usual)
        differs = (np.isnan(one) != np.isnan(other)) | (np.abs(one - other) > slack)
    places = np.flatnonzero(differs)
    return int(places[0]) if len(places) else None


def _usual(values: Floats) -> float:
    """The size of a value in the middle: a few that are huge make nothing else small."""
    known = np.abs(values[~np.isnan(values)])
    return float(np.median(known)) if len(known) else 0.0


def _require_same_again(called: Called, bars: Bars, values: Floats) -> None:
    again = called.over(bars)
    place = _differing(values, again, 0.0, 0.0)
    if place is not None:
        said = (
            f"gives something else each time: at {_bar(bars, place)} {_told(values, place)}, then {_told(again, place)}"
        )
        raise called.wrong(said, "let it hang on nothing but the bars and its args: no random numbers, clock or state")


def _require_no_future(called: Called, bars: Bars, values: Floats, length: int, bars_back: int) -> None:
    alone = called.over(_first_bars(bars, 0, length))
    place = _differing(values[bars_back:length], alone[bars_back:], ROUNDING, _usual(values))
    if place is not None:
        raise _looks_ahead(called, bars, values, alone, place + bars_back)


def _require_enough_bars(
    called: Called, bars: Bars, values: Floats, stretch: tuple[int, int], bars_back: int, tolerance: float
) -> None:
    start, stop = stretch
    alone = called.over(_first_bars(bars, start, stop))
    place = _differing(values[start + bars_back : stop], alone[bars_back:], tolerance, _usual(values))
    if place is None:
        return
    at = start + bars_back + place
    until = called.over(_first_bars(bars, 0, stop))
    ahead = _differing(values[bars_back:stop], until[bars_back:], ROUNDING, _usual(values))
    if ahead is not None:
        raise _looks_ahead(called, bars, values, until, ahead + bars_back)
    said = (
        f"looks back over more than {bars_back:,} bars: at {_bar(bars, at)} it gives {_told(values, at)}, and "
        f"{_told(alone, at - start)} where history begins {bars_back + place:,} bars before"
    )
    raise called.wrong(said, "write bars: as many as its value needs; one that needs all since the start has no number")


def _looks_ahead(called: Called, bars: Bars, values: Floats, alone: Floats, place: int) -> Exception:
    said = (
        f"looks ahead: at {_bar(bars, place)} it gives {_told(values, place)}, and {_told(alone, place)} "
        f"where no bar after that of {utc_text(int(bars.ts_open[len(alone) - 1]))} is there"
    )
    return called.wrong(said, "let a value hang on its own bar and those before it: no shift(-1), no mean of all")


def _bar(bars: Bars, place: int) -> str:
    return f"the bar that closed {utc_text(int(bars.ts_close[place]))}"


def _told(values: Floats, place: int) -> str:
    value = float(values[place])
    return "nothing" if np.isnan(value) else f"{value:.17g}"
