"""What a run came to, as one digest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from btcli.market.series import Floats


def result_digest(status: str, daily_usdt: Sequence[float], net_usdt: Sequence[float] | Floats) -> str:
    """The sha256 of what a run came to: how it ended, its equity at the end of each UTC day, what each trade brought.

    Two runs of other settings that end in the very same are one result.
    """
    digest = hashlib.sha256(status.encode())
    for column in (daily_usdt, net_usdt):
        numbers = np.ascontiguousarray(column, "<f8") + 0.0
        digest.update(len(numbers).to_bytes(8, "little"))
        digest.update(numbers.tobytes())
    return digest.hexdigest()
