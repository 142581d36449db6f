"""The reference strategy, taken only with the trend of the higher timeframe."""

from __future__ import annotations

from btcli.strategies.builtin.ema_rsi_atr import EmaRsiAtr
from btcli.strategies.signal import Direction
from btcli.strategies.snapshot import RuntimeSnapshot


class MtfTrend(EmaRsiAtr):
    """As EmaRsiAtr; long only when the last closed htf bar closed above its `trend`, short only below."""

    features = {**EmaRsiAtr.features, "htf": {"trend": "ema(close, 50)"}}  # noqa: RUF012

    def _direction(self, snapshot: RuntimeSnapshot) -> Direction:
        """The reference strategy's side where the trend agrees; FLAT elsewhere."""
        direction = super()._direction(snapshot)
        return direction if direction == trend_of(snapshot) else Direction.FLAT


def trend_of(snapshot: RuntimeSnapshot) -> Direction:
    """The side of its `trend` feature on which the last closed htf bar closed; FLAT exactly on it."""
    close, trend = snapshot.htf.close, snapshot.htf["trend"]
    return Direction((close > trend) - (close < trend))
