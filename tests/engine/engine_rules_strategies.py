"""Two strategies twice: as rules, and as a trader would write them in Python; neither knows of the other."""

from __future__ import annotations

from typing import Any

from btcli.strategies import Direction, RuntimeSnapshot, Signal, Strategy

CROSSES = """
  rules:
    long: {enter: "cross_above(ltf.f, ltf.s)"}
    short: {enter: "cross_below(ltf.f, ltf.s)"}
    stop: "0.002 * ltf.close"
    target: "0.004 * ltf.close"
"""
AGREEING = """
  params: {far: 0.002}
  rules:
    long: {enter: "cross_above(f, s) and mtf.quick > mtf.calm and htf.quick > htf.calm"}
    short: {enter: "cross_below(f, s) and mtf.quick < mtf.calm and htf.quick < htf.calm"}
    stop: far * close
    target: 2 * far * close
"""
FEATURES = """{ltf: {f: "ema(close, 5)", s: "ema(close, 13)"}, mtf: {quick: "ema(close, 3)", calm: "ema(close, 8)"},
 htf: {quick: "ema(close, 3)", calm: "ema(close, 8)"}}"""


class Crossing(Strategy):
    """Turns with every cross of two means; keeps in `said` what it asked for, by close."""

    agrees = False

    def __init__(self, params: Any = None) -> None:
        super().__init__(params)
        self.said: list[tuple[int, int, float, float]] = []
        self._before: tuple[float, float] | None = None

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        f, s = snapshot.ltf["f"], snapshot.ltf["s"]
        before, self._before = self._before, (f, s)
        if before is None:
            return None
        if f > s and before[0] <= before[1]:
            return self._turned(snapshot, Direction.LONG)
        if f < s and before[0] >= before[1]:
            return self._turned(snapshot, Direction.SHORT)
        return None

    def _turned(self, snapshot: RuntimeSnapshot, side: Direction) -> Signal | None:
        gaps = [role["quick"] - role["calm"] for role in (snapshot.mtf, snapshot.htf)]
        if self.agrees and not all(gap * side > 0 for gap in gaps):
            return None
        stop, target = 0.002 * snapshot.ltf.close, 0.004 * snapshot.ltf.close
        self.said.append((snapshot.ts_close, int(side), stop, target))
        return Signal(side, stop_distance=stop, target_distance=target)


class Agreeing(Crossing):
    """Only where the means of both higher timeframes lie the same way; else a cross means nothing."""

    agrees = True
