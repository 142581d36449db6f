"""Of which entries by rules the trail could not begin, because the target lies nearer; from what was wished."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import Records
from btcli.market.series import Floats

Where = NDArray[np.bool_]
WHOLE = 1.0 - 1e-9


def trails_beyond(wishes: Records, references: Floats) -> Where:
    """Whether the trail of each entry would begin beyond where all of it has left: bool[entries].

    `references` are the prices that the entries were expected to fill at: distances count from there. A target that
    moves with age may lie anywhere later, so that nothing is said of it.
    """
    orders, sides = wishes["order"], wishes["direction"]
    has_distance, has_price = orders["target_distance"] != NO_LEVEL, orders["target_price"] != NO_LEVEL
    from_price = sides[:, None] * (np.where(has_price, orders["target_price"], 0.0) - references[:, None])
    gains, is_given = np.where(has_distance, orders["target_distance"], from_price), has_distance | has_price
    places, parts = np.arange(MAX_TARGETS), orders["n_parts"][:, None]
    is_part = is_given & (places < parts)
    is_whole = np.where(is_part, orders["target_share"], 0.0).sum(axis=1) >= WHOLE
    at_parts = np.where(is_whole, np.where(is_part, gains, -np.inf).max(axis=1), np.inf)
    at_target = np.where(is_given & (places == parts), gains, np.inf).min(axis=1)
    begins = sides * (np.where(orders["trail_activation"] != NO_LEVEL, orders["trail_activation"], 0.0) - references)
    found: Where = (orders["trail_activation"] != NO_LEVEL) & (orders["n_ages"] == 0)
    found &= begins > np.minimum(at_parts, at_target)
    return found
