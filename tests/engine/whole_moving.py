"""What becomes of a position by its rules, read a second time: its stop that follows, its target by age, its parts."""

from __future__ import annotations

import math
from collections.abc import Iterator

from whole_reading import Whole
from whole_record import Held

Moved = tuple[int, float]  # when, and to which price
STEP, TICK = 1000, 2  # so many steps are a coin, so many ticks a USDT
NUDGE = 1e-9


def away(price: float, is_up: bool) -> float:
    """On a tick, rounded up or down."""
    ticks = price * TICK
    return (math.ceil(ticks - NUDGE) if is_up else math.floor(ticks + NUDGE)) / TICK


def follows_alone(whole: Whole, side: str) -> bool:
    """Whether nothing but `stop_follow` moves the stop of a side."""
    parts = whole.written(side, "exits") or []
    others = [whole.written(side, key) for key in ("trail", "break_even")]
    return others == [None, None] and not any("then" in part for part in parts)


def stops_followed(whole: Whole, until: int) -> Iterator[Moved]:
    """Where stops move to at closes before `until`: to the price of the rules, unless that loosens them."""
    stop, trade = None, 0
    for place, now in enumerate(whole.closes):
        held = whole.record.held(now)
        if held is None or now >= until or now in whole.timed_out or not whole.record.ready(now):
            continue
        if held.since != trade:
            trade, stop = held.since, whole.record.stops[held.since]
        text = whole.written(held.side, "stop_follow")
        price = None if text is None else whole.seen(text, place)
        if price is None:
            continue
        is_long = held.side == "long"
        level = away(price, not is_long)
        if stop is None or (level > stop if is_long else level < stop):
            stop = level
            if follows_alone(whole, held.side):
                yield now, level


def targets_aged(whole: Whole, until: int) -> Iterator[Moved]:
    """Where targets move to: at the distance of the age that is reached, as it was known when the entry was decided."""
    target, trade = None, 0
    for now in whole.closes:
        held = whole.record.held(now)
        ages = None if held is None else whole.written(held.side, "target_by_age")
        if held is None or ages is None or now >= until:
            continue
        if held.since != trade:
            # Before the first age there is none; what a position opens with may be the price of a part.
            trade, target = held.since, whole.record.targets[held.since] if "0" in map(str, ages) else None
        seen = sum(held.since < each <= now for each in whole.closes)
        for age, text in ages.items():
            if int(age) == seen:
                distance = whole.seen(text, whole.closes.index(held.asked))
                assert distance is not None
                sign = 1 if held.side == "long" else -1
                level = away(held.entry + sign * distance, held.side == "long")
                if level != target:
                    target = level
                    yield now, level


def part_qty(whole: Whole, held: Held, part: int) -> float:
    """How much a part closes: its share of what was entered first, or what is left for the one that is done last."""
    shares = [each["share"] for each in whole.written(held.side, "exits")]
    if held.exits < len(shares) - 1:
        return math.floor(shares[part - 1] * held.first_qty * STEP + NUDGE) / STEP
    if math.fsum(shares) > 1 - NUDGE:
        return held.qty
    done = held.first_qty + held.added - held.qty
    return math.floor(math.fsum(shares) * held.first_qty * STEP + NUDGE) / STEP - done
