"""What a strategy is: parameters, the features it reads, and a decision at each ltf close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from btcli.strategies.signal import Signal
from btcli.strategies.snapshot import RuntimeSnapshot


class Strategy:
    """Asked at the close of each ltf bar once all timeframes are ready; answers with a Signal or None.

    A subclass writes `decide`. It may declare `features` (role -> name -> expression, as in system.yml, where
    equal names win) and its own frozen dataclass `Params`, whose fields are int, float, str or bool:

        class Breakout(Strategy):
            features = {"ltf": {"top": "max(high, 20)", "atr": "atr(14)"}}

            @dataclass(frozen=True)
            class Params:
                atr_stop: float = 2.0

            def decide(self, snapshot):
                ltf = snapshot.ltf
                if ltf.bar.close < ltf["top"]:
                    return None
                return Signal(Direction.LONG, stop_distance=self.params.atr_stop * ltf["atr"])

    Snapshots never change, say what they said however long they are kept, and lead to nothing that closed later than
    `snapshot.ts_close`; names that begin with _ are btcli's own and promise nothing. A strategy may keep what it
    likes in `self`, on its class or in its module: every pass over the data (the run, the other paths, finer
    candles, a replay) begins with all of the project's modules loaded afresh, their code run again, and a new
    instance for every symbol. Random numbers of `random` and `numpy.random` begin at one seed in each. What lies
    outside (files, installed packages, the clock, other entropy) is not put back; where it changes an answer, the
    outcomes on other paths are withheld. At equal times symbols decide in the order of the system file.
    With `sees_others`, `snapshot.others` has the timeframes of every symbol by name.
    One that decides from the snapshot alone and only ever enters may say `decides_in_position = False`: it is then
    not asked while a position is open and `risk.on_opposite_signal` is `ignore`, where its answers change nothing.
    One whose answers hang on bars and features alone, never on `snapshot.exchange` or on what it keeps, may say
    `decides_by_market = True`: the passes on the other paths then take the answers of the first.
    Both are checked at a sample of closes by asking a new instance; one that is not true ends the run.
    """

    features: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType({})
    sees_others: ClassVar[bool] = False
    decides_in_position: ClassVar[bool] = True
    decides_by_market: ClassVar[bool] = False

    @dataclass(frozen=True)
    class Params:
        """No parameters."""

    def __init__(self, params: Any) -> None:
        self.params = params

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        """Say what is wanted at this close; None leaves everything as it is."""
        raise NotImplementedError(f"{type(self).__name__} has no decide(snapshot)")
