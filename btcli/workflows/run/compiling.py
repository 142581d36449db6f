"""Whether the first step of a run has to wait for the compiler."""

from __future__ import annotations


def compiling_notice() -> str | None:
    """What to tell whoever waits: the exchange is compiled before its first step; None when it is at hand."""
    from btcli.exchange.machine import compiled

    if not compiled.IS_COMPILED:
        return None
    from btcli.exchange.face.entries import drive
    from btcli.exchange.machine.trust import is_at_hand, is_kept
    from btcli.interrupts import interrupts_held

    with interrupts_held():  # llvmlite (0.50) loses count of what it has freed where Ctrl-C comes
        is_here = is_at_hand(drive)
    if is_here:
        return None
    if not is_kept(drive):
        return "compiling the exchange: about 20 seconds, each time, for no private cache folder can be written"
    return "compiling the exchange, once per version: about 20 seconds"
