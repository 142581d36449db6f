"""What an array says once it is ordered, without the masked arrays that numpy's own functions load: that takes 8 ms."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Whole = TypeVar("Whole", bound=np.integer)


def distinct(values: NDArray[Whole]) -> NDArray[Whole]:
    """The distinct ones of whole numbers [n], ascending.

    >>> distinct(np.array([3, 1, 3, 2, 1]))
    array([1, 2, 3])
    """
    ascending = np.sort(values)
    is_another = np.ones(ascending.size, np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=is_another[1:])
    return ascending[is_another]


def median(values: NDArray[np.integer] | NDArray[np.floating]) -> float:
    """The one in the middle of numbers [n > 0] that are all known, or the mean of both.

    >>> median(np.array([3.0, 1.0, 2.0])), median(np.array([4.0, 1.0, 2.0, 3.0]))
    (2.0, 2.5)
    """
    ascending = np.sort(values)
    return float((ascending[(ascending.size - 1) // 2] + ascending[ascending.size // 2]) / 2)
