"""The records of what is asked of the exchange: an order, and a wish, which says how to enter, to close or to add.

All fields are int64 or float64, as in `records`.
"""

from __future__ import annotations

import numpy as np

from btcli.exchange.book.deciders import MAX_TARGETS, MOST_AGES

NO_EXPIRY = -(2**63)  # of a wish: never

# What a part that has filled makes of the stop of the rest; a distance counts from the entry.
THEN = ("then_stop_price", "then_stop_distance", "then_trail_distance", "then_trail_activation")

ORDER = np.dtype(
    [
        ("order_id", "i8"),
        ("symbol", "i8"),
        ("side", "i8"),
        ("type", "i8"),
        ("qty", "f8"),  # still to fill; of a request to close NO_LEVEL: all of the position
        ("price", "f8"),  # of a limit; NO_LEVEL: none, here and in all that follows
        ("trigger_price", "f8"),  # of a stop
        ("time_in_force", "i8"),
        ("post_only", "i8"),
        ("reduce_only", "i8"),
        ("exit_reason", "i8"),
        ("trade_id", "i8"),  # the trade that an order reduces or adds to; 0 for entries
        ("decided_at", "i8"),  # step
        ("arrives_at", "i8"),  # step
        ("expires_after_ms", "i8"),  # from its arrival; 0: never, negative: at once
        ("expires_at", "i8"),  # milliseconds UTC, from which on no open lets it act; 0: never
        ("cancelled_at", "i8"),  # step at which its cancellation arrives; 0: none was asked for
        ("is_resting", "i8"),  # it has arrived and was accepted
        ("reserved_usdt", "f8"),
        ("evaluation", "i8"),  # of rules, at which it was decided; see DECIDER
        ("counted_trade_id", "i8"),  # the trade that it opened or added to last; 0: none yet
        ("sizing", "i8"),  # -1: the run's
        ("sizing_value", "f8"),
        ("stop_price", "f8"),  # of the bracket
        ("is_adjusted", "i8"),  # that stop was moved before the liquidation price
        ("stop_distance", "f8"),
        ("trail_distance", "f8"),
        ("trail_activation", "f8"),
        ("break_even_distance", "f8"),
        ("target_price", "f8", (MAX_TARGETS,)),
        ("target_distance", "f8", (MAX_TARGETS,)),
        ("target_share", "f8", (MAX_TARGETS,)),
        ("n_parts", "i8"),  # of its targets those that are parts of the first quantity; 0: none
        *((name, "f8", (MAX_TARGETS,)) for name in THEN),
        ("n_ages", "i8"),
        ("ages", "i8", (MOST_AGES,)),
        ("age_distances", "f8", (MOST_AGES,)),
        ("target_ids", "i8"),  # how many to keep at least, for targets that come later; 0: none
        ("part", "i8"),  # of an order that closes a part: which, from 1 on; 0: none
    ]
)

WISH = np.dtype(
    [
        ("direction", "i8"),  # +1 long, -1 short, 0 flat
        ("adds", "i8"),
        ("cancels", "i8"),
        ("withdraws", "i8"),  # of what it cancels: 0 all orders, +1 or -1 the entries of a side, 2 those of both
        ("reduce_only", "i8"),
        ("add_margin_usdt", "f8"),  # NO_LEVEL: none
        ("expires_after_ms", "i8"),  # as it was said; NO_EXPIRY: never
        ("n_targets", "i8"),  # of a list; 0: one in its short form, or none
        ("target_share", "f8", (MAX_TARGETS,)),  # as they were said
        ("tag", "i8"),  # index into the texts
        ("order", ORDER),  # how to enter, or to close: of which its quantity
    ]
)
