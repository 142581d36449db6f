"""The row of generated markets that both readings are compared over, and the lines of the rules that it must reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from exchange_hostile import hostile_scenario, varied_scenario
from exchange_markets import random_scenario
from exchange_orders import order_scenario
from exchange_parted import parted_scenario
from exchange_reference import reference
from exchange_reference_compare import differences, with_bars_only
from exchange_scenarios import Scenario
from exchange_widened import widened

FAMILIES = ("random", "orders", "hostile", "varied", "parted")

# What the second reading counts, under the headings of what changed in version 3 of the rules.
LINES = {
    "the dated formula": (
        "held before the day",
        "held over the day, isolated",
        "held over the day, cross",
        "a takeover by the value at entry",
        "a cut by the value at entry",
        "a cross account fails by values at entry",
    ),
    "the ladder": (
        "a cut by the value at the mark",
        "a cut cancels what has arrived",
        "a cut cancels what is on its way",
    ),
    "limit targets": (
        "a limit target reached at the entry, open",
        "a limit target reached at the entry, path",
        "a limit target gapped through",
    ),
    "exits in parts": ("a last part", "a part makes the rest trail", "a part moves the stop of the rest"),
    "reject at the arrival": ("a stop beyond LP, reject, a limit that rests", "a stop beyond LP, reject, a fill"),
    "levels that cannot be": (
        "PRICE_BELOW_TICK",
        "STOP_BEYOND_FILL",
        "TARGET_BEHIND_PRICE",
        "TARGET_BELOW_ZERO",
        "a target below zero at a fill",
        "a level at the price",
        *(f"levels, {one}" for one in ("market", "limit", "stop_market", "stop_limit")),
        *(f"levels, {one}" for one in ("qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct")),
        "levels of an added entry",
        "levels of a reversing entry",
        "an order that turns is cut to what closes",
        *(f"a stop below zero, {one}, isolated" for one in ("warn", "reject", "adjust")),
        *(f"a stop below zero, {one}, cross" for one in ("warn", "reject", "adjust")),
        "a share below one step",
    ),
    "adjusted stops": ("an adjusted stop", "an adjusted stop and LP in one bar are certain"),
    "settlements inside a last step": (
        "a settlement before a last close, end_of_data",
        "a settlement before a last close, run_stopped",
        "a settlement before a last close, delisted",
        "a settlement before a last close in a hole",
        "a settlement in a last bar",
    ),
    "the order cost by the mark": tuple(
        f"the order cost by the mark, {one}" for one in ("gate", "cut", "reserve", "same decision", "starved")
    ),
    "funding at the entry": (
        "a payment at the entry",
        "a receipt at the entry",
        "a settlement at a fill that opens",
        "a settlement at a fill that adds",
        "a settlement at a fill, wallet",
        "a settlement at a fill, balance",
    ),
    "beyond a million steps": ("a fill beyond a million steps",),
}


class Place(NamedTuple):
    """A market of the row by its family and seed."""

    family: str
    seed: int


def row(seeds: Iterable[int], families: Iterable[str] = FAMILIES) -> Iterator[tuple[Place, Scenario]]:
    """The markets of some seeds; one in five is left as its family draws it."""
    for seed in seeds:
        for family in families:
            drawn = _drawn(family, seed)
            yield Place(family, seed), drawn if seed % 5 == 0 else widened(drawn, seed)


def _drawn(family: str, seed: int) -> Scenario:
    count, mode = 1 + seed % 3, "cross" if seed % 2 else "isolated"
    if family == "random":
        return random_scenario(seed, symbols=count)
    if family == "orders":
        return order_scenario(seed, symbols=count)
    if family == "parted":
        return parted_scenario(seed, symbols=count)
    if family == "hostile":
        return hostile_scenario(seed, symbols=count, margin_mode=mode)
    return varied_scenario(seed, symbols=count, margin_mode=mode)


def first_difference(place: Place, market: Scenario) -> str:
    """Where both readings of a market part, ambiguity only without orders that close; nothing when they agree."""
    found = differences(market, only_when_flat=place.family == "random", ambiguous=place.family == "random")
    return "\n".join([f"{place.family} {place.seed}", *found[:3]]) if found else ""


def fired(seeds: Iterable[int]) -> Counter[str]:
    """How often each line decided something in the markets of some seeds, by the second reading."""
    counts: Counter[str] = Counter()
    for place, market in row(seeds):
        counts += reference(with_bars_only(market), only_when_flat=place.family == "random").fired
    return counts


def below(counts: Counter[str], floor: int) -> dict[str, int]:
    """The lines that were reached less often than a floor."""
    return {line: counts[line] for lines in LINES.values() for line in lines if counts[line] < floor}
