"""The records of those who decide: what the exchange has to know of a strategy, and the rules that decide for it.

All fields are int64 or float64, as in `records`.
"""

from __future__ import annotations

import numpy as np

from btcli.exchange.book.told import EVENT_TEXTS

MAX_TARGETS = 4
MOST_AGES = 8  # at which a target moves
MOST_GATES = 6  # of formulas.gating
BOTH = 2  # beside the places of long and short
MOST_GROUPS = 25  # of rules: parts of their code that run at closes of their own
MOST_MEMORIES = 8  # of rules: conditions that are remembered

# What the gates of entries look at, of the trades of one side or of both; closes of ltf by DECIDER's count.
GATING = np.dtype(
    [
        ("flat_closes", "i8"),  # seen before the last trade ended; 0: none has
        ("loss_closes", "i8"),  # before the last losing one did
        ("losses", "i8"),  # losing trades in a row
        ("pause_closes", "i8"),  # before the last of so many in a row ended
        ("day", "i8"),  # UTC, of the last entry that filled
        ("entries", "i8"),  # that filled on it
    ]
)

# One symbol's strategy, as far as the exchange has to know it.
DECIDER = np.dtype(
    [
        ("rules", "i8"),  # address of the RULES that decide for it; 0: somebody is asked
        ("next_row", "i8"),  # of these: no row before it is at a step to come
        ("closes", "i8"),  # of ltf, with a bar of the symbol, so far
        ("evaluations", "i8"),  # of its rules: of these closes the ones at which all was ready
        ("true_at", "i8", (MOST_MEMORIES, 2)),  # the last evaluation at which a condition was true, and the one before
        ("unknown_at", "i8", (MOST_MEMORIES, 2)),  # the same of unknown; 0: none yet
        ("used_until", "i8", (2,)),  # by side, the evaluation whose entry filled last: what was before it is used up
        ("conflicts", "i8"),  # closes at which its rules would have entered on both sides, and so did on none
        ("rests", "i8"),  # 1: it has nothing to say in a position
        ("look_from", "i8"),  # step from which on one that is passed over may be looked at
        ("readiness", "i8"),  # at the last decision
        ("reasons", "i8", (EVENT_TEXTS,)),  # why htf, mtf and ltf are not ready, as indices into the texts; 0: it is
        ("trade_id", "i8"),  # of the position at the last decision
        ("age", "i8"),  # how many ltf closes that position has seen
        ("decisions", "i8"),
        ("ignored", "i8"),  # wishes without effect
        ("first_ts", "i8"),  # ts_close of the first decision at which everything was ready; 0: none yet
        ("first_steps", "i8"),  # steps up to that
        ("gating", GATING, (3,)),  # of the trades of long, of short, and of BOTH
        ("filled_ms", "i8", (2,)),  # by side, open of the bar in which an entry of it filled last; 0: none has
        ("false_ms", "i8", (2,)),  # by side, the last close at which its enter was looked at and false
        ("held_back", "i8", (2, MOST_GATES)),  # by side, how many entries each gate held back
    ]
)

# What holds entries back, each 0 for none; bars are closes of ltf.
GATES = np.dtype(
    [
        ("cooldown_bars", "i8"),
        ("cooldown_after_loss_bars", "i8"),
        ("pause_losses", "i8"),  # losing trades in a row
        ("pause_bars", "i8"),
        ("max_entries_per_day", "i8"),
    ]
)

# What rules say of the entries of one side in plain numbers.
ENTERING = np.dtype(
    [
        ("expires_after_ms", "i8"),  # of an order that waits, from its arrival; 0: never
        ("sizing", "i8"),  # of its size; -1: the run's
        ("rearms", "i8"),  # 1: its condition has to be false before the next entry
        ("has_session", "i8"),
        ("own", GATES),  # that look at the trades of the side alone
        ("both", GATES),  # that look at those of both sides
    ]
)

# What no expression says of how a side is held.
HOLDING = np.dtype(
    [
        ("n_parts", "i8"),
        ("shares", "f8", (MAX_TARGETS,)),  # of the first quantity
        ("n_ages", "i8"),
        ("ages", "i8", (MOST_AGES,)),  # ltf closes at which the target moves; 0: where it is at first
        ("most_adds", "i8"),
        ("follows", "i8"),  # 1: its stop follows a level, so that there may be one
    ]
)

# The rules of one symbol: code to run at the closes at which they could wish something, and what it reads there.
RULES = np.dtype(
    [
        ("n_code", "i8"),
        ("code", "i8"),  # address of int32[n_code * 4]; see driver.program
        ("n_constants", "i8"),
        ("constants", "i8"),  # address of float64[n_constants]
        ("n_groups", "i8"),
        ("n_memories", "i8"),  # so many of them, the last ones, are of conditions that are remembered
        ("first", "i8", (MOST_GROUPS,)),  # instruction of each group: it runs to its END
        ("n_reads", "i8", (MOST_GROUPS,)),  # numbers that a row holds for each group
        ("looks_ahead", "i8"),  # 1: some rows are LOOKED_AHEAD
        ("holding", HOLDING, (2,)),  # of long and of short
        ("n_rows", "i8"),
        ("steps", "i8"),  # address of int64[n_rows], ascending
        ("kinds", "i8"),  # address of int32[n_rows]: bits of when a row matters, and of its groups; see choosing
        ("starts", "i8"),  # address of int64[n_rows]: where among the values those of a row begin
        ("n_values", "i8"),
        ("values", "i8"),  # address of float64[n_values]: of each row those of its groups, in their order
        ("n_states", "i8"),
        ("states", "i8"),  # address of int64[n_states]: what of book.states the code reads
        ("n_closes", "i8"),  # of ltf, for which there is room to note how things stood; 0: nobody wants to know
        ("standing", "i8"),  # address of float64[n_closes * n_states]
        ("entering", ENTERING, (2,)),  # long, short
    ]
)
