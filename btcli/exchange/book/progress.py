"""The records of how a run goes on, which are no part of its state: the driver's place, reaches, and the score.

All fields are int64 or float64, as in `records`.
"""

from __future__ import annotations

import numpy as np

# How far the driver is; no part of a run's state: between two steps it says nothing new.
CURSOR = np.dtype(
    [
        ("step", "i8"),  # next to run
        ("is_answered", "i8"),  # 1: the wish in the book is the answer of the symbol that was asked
        ("asked", "i8"),  # symbol considered last at the close of the step before it; -1: none yet
        ("next_note", "i8"),
        ("formula_step", "i8"),  # the first that opens at or after the date of the other maintenance formula
        ("n_wishes", "i8"),  # fill level of the buffer
        ("keeps_score", "i8"),  # 1: nobody listens; of events, wishes and rows none is kept, the score is
        ("runs_in_full", "i8"),  # 1: also the steps at which nothing can happen
    ]
)

# Between which prices a symbol stays over some steps; like the cursor no part of a run's state.
REACH = np.dtype(
    [
        ("first", "i8"),  # step
        ("until", "i8"),  # the step after the last; 0: nothing was measured yet
        ("last_low", "f8"),  # of its candles
        ("last_high", "f8"),
        ("mark_low", "f8"),  # of its mark candles
        ("mark_high", "f8"),
        ("mark_close_low", "f8"),  # of their closes alone
        ("mark_close_high", "f8"),
    ]
)

# The curve of equity, folded while no rows are kept; what analysis makes of rows, to the last bit.
SCORE = np.dtype(
    [
        ("first_day", "i8"),  # UTC day of the window's start
        ("n_days", "i8"),  # closed or begun, fill level of the buffer
        ("last_ms", "i8"),  # close of the last step
        ("final_usdt", "f8"),  # equity there
        ("peak_usdt", "f8"),  # of the closes so far, the initial equity among them
        ("peak_ms", "i8"),  # last moment at it
        ("low_usdt", "f8"),  # lowest since the peak was first reached
        ("deepest_pct", "f8"),  # fall below the peak; 0: none yet
        ("deepest_peak_usdt", "f8"),
        ("deepest_start_ms", "i8"),
        ("deepest_trough_ms", "i8"),
        ("recovered_ms", "i8"),  # first moment at that peak again; NOT_YET
        ("fall_usdt", "f8"),  # greatest fall in money
        ("used_usdt", "f8"),  # greatest margin in use
        ("used_pct", "f8"),  # the same in percent of positive equity
        ("free_usdt", "f8"),  # least free margin
    ]
)
