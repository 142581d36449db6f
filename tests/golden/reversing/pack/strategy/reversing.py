"""Holds the side of the last close against its average, always in the market."""

from dataclasses import dataclass

from btcli.strategies import Direction, Signal, Strategy


class Reversing(Strategy):
    features = {"ltf": {"mean": "sma(close, 20)", "atr": "atr(14)"}}  # noqa: RUF012

    @dataclass(frozen=True)
    class Params:
        atr_stop: float = 2.5

    def decide(self, snapshot):
        ltf = snapshot.ltf
        side = Direction.LONG if ltf.bar.close > ltf["mean"] else Direction.SHORT
        return Signal(side, stop_distance=self.params.atr_stop * ltf["atr"])
