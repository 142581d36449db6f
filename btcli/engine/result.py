"""What is left of a run when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from btcli.exchange.face.events import Counters
from btcli.market.series import Floats


class Checkpoint(NamedTuple):
    """The state hash after so many steps, the last of which closed at `ts_close` (milliseconds UTC)."""

    steps: int
    ts_close: int
    state_hash: str


class FirstDecision(NamedTuple):
    """The ltf close at which everything was ready for the first time (milliseconds UTC), and the steps up to it."""

    ts: int
    steps: int


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
    first_decisions: Mapping[str, FirstDecision | None]  # by symbol; None: nothing could ever be decided
    not_ready: Mapping[str, tuple[str, ...]]  # by symbol, why nothing could be decided at the end
    standing: Mapping[str, Floats] = MappingProxyType({})  # by symbol, as the pass was asked to note it
    held_back: Mapping[str, Mapping[str, Mapping[str, int]]] = MappingProxyType({})  # by symbol, side and gate: entries
