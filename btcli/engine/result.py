"""What is left of a run when it is over."""

from __future__ import annotations

from typing import NamedTuple

from btcli.exchange.events import Counters


class Checkpoint(NamedTuple):
    """The state hash after so many steps, the last of which closed at `ts_close` (milliseconds UTC)."""

    steps: int
    ts_close: int
    state_hash: str


class EngineResult(NamedTuple):
    """How a run ended: its status, sums, and the hashes that prove it."""

    status: str
    counters: Counters
    final_equity_usdt: float
    state_hash: str
    checkpoints: tuple[Checkpoint, ...]
    bars: int  # steps run
    decisions: int  # how often the strategy was asked
    signals_ignored: int  # answers that the position or risk.on_opposite_signal left without effect
