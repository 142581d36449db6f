"""Writes wishes where the rules read them: what nearly all of them are, in few steps."""

from __future__ import annotations

from math import inf
from operator import attrgetter, is_
from types import SimpleNamespace
from typing import Any

import numpy as np

from btcli.exchange.book.asked import WISH
from btcli.exchange.book.records import Records
from btcli.exchange.face.wish import Wish, write_wish

# What a market order with at most a stop and a target leaves as it is.
_REST = {
    "order": "market",
    "price": None,
    "trigger_price": None,
    "time_in_force": "GTC",
    "post_only": False,
    "expires_after": None,
    "size": None,
    "targets": (),
    "trail_distance": None,
    "trail_activation": None,
    "break_even_distance": None,
    "add": False,
    "cancel": False,
    "reduce_only": False,
    "reduce_qty": None,
    "add_margin_usdt": None,
}
_rest_of, _BLANK = attrgetter(*_REST), tuple(_REST.values())
_LEVELS = ("stop_price", "stop_distance", "target_price", "target_distance")
_levels_of = attrgetter(*_LEVELS)
_BARE: Any = SimpleNamespace(direction=0, expires_after_ms=lambda _: None, **dict.fromkeys(_LEVELS), **_REST)


def _place(name: str, *inside: str) -> int:
    """Where a field begins, counted in numbers of eight bytes."""
    dtype, offset = WISH, 0
    for each in (name, *inside):
        dtype, before = dtype.fields[each][:2]  # type: ignore[index]
        offset += before
    return offset // 8


_DIRECTION, _TAG = _place("direction"), _place("tag")
_PLACES = tuple(_place("order", name) for name in _LEVELS)
_SHARE = _place("order", "target_share")


def is_plain(wish: Wish) -> bool:
    """Whether it is a market order with a stop and a target at most."""
    return all(map(is_, _rest_of(wish), _BLANK))


class WishWriter:
    """The one record that wishes are written to, one after the other, as `write_wish` does."""

    def __init__(self, records: Records, bar_ms: int = 0) -> None:
        """`bar_ms` is the length of a bar of ltf."""
        self._records, self._bar_ms = records, bar_ms
        memory: Any = records.view(np.uint8)
        self._floats, self._integers = memoryview(memory).cast("d"), memoryview(memory).cast("q")
        bare = np.zeros(1, WISH)
        write_wish(bare, _BARE)
        self._bare = memoryview(bare.tobytes()).cast("d")

    def write(self, wish: Wish, tag: int = 0) -> None:
        """Write a wish, every field of it; raises ValueError for what an order cannot say."""
        if not is_plain(wish):
            write_wish(self._records, wish, tag, self._bar_ms)
            return
        floats, integers = self._floats, self._integers
        floats[:] = self._bare
        integers[_DIRECTION], integers[_TAG] = wish.direction, tag
        levels = _levels_of(wish)
        for place, level in zip(_PLACES, levels, strict=True):
            if level is not None:
                if not -inf < level < inf:
                    raise ValueError(f"a number of an order is finite, got {level!r}")
                floats[place] = level
        if levels[2] is not None or levels[3] is not None:
            floats[_SHARE] = 1.0
