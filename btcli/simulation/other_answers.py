"""Telling that two passes were answered differently though they were shown the same."""

from __future__ import annotations

from btcli.engine.asked import Moment
from btcli.market.loader import RunInputs
from btcli.timeframe import utc_text

OUTSIDE = "a file, an installed package, the clock or unseeded entropy"


def other_answer(moment: Moment, inputs: RunInputs, where: str) -> str:
    """That a pass was answered otherwise than the run, though nothing it was shown differed."""
    symbol = inputs.symbols[moment.symbol].symbol
    return (
        f"at the close {utc_text(moment.ts_close)} of {symbol} the strategy answered {where} otherwise than the run, "
        f"with the same bars and account: its answers hang on something outside the process ({OUTSIDE})"
    )
