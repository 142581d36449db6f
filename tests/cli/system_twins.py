"""The systems of configs/ once more, as a trader would write them in Python; neither knows of the other."""

# ruff: noqa: RUF012  features as a user declares them

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from btcli.strategies import Direction, RuntimeSnapshot, Signal, Strategy, Target
from btcli.strategies.builtin.ema_rsi_atr import EmaRsiAtr as BuiltInEmaRsiAtr
from btcli.strategies.builtin.mtf_trend import MtfTrend as BuiltInMtfTrend


class EmaRsiAtr(BuiltInEmaRsiAtr):
    """The built-in one."""


class MtfTrend(BuiltInMtfTrend):
    """The built-in one."""


class Remembering(Strategy):
    """Has what was seen at the close before; at its first close it has nothing, and says nothing."""

    names: tuple[str, ...] = ()

    def __init__(self, params: Any) -> None:
        super().__init__(params)
        self.before: dict[str, float] | None = None

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        before, self.before = self.before, {"close": snapshot.ltf.close, **snapshot.ltf.features}
        return self.decided(snapshot, snapshot.exchange.side, before)

    def decided(self, snapshot: RuntimeSnapshot, side: int, before: dict[str, float] | None) -> Signal | None:
        raise NotImplementedError


class EmaCross(Remembering):
    features = {"ltf": {"fast": "ema(close, 5)", "slow": "ema(close, 20)", "atr": "atr(14)"}}

    @dataclass(frozen=True)
    class Params:
        far: float = 3.0

    def decided(self, snapshot: RuntimeSnapshot, side: int, before: dict[str, float] | None) -> Signal | None:
        if before is None:
            return None
        fast, slow, stop = snapshot.ltf["fast"], snapshot.ltf["slow"], self.params.far * snapshot.ltf["atr"]
        if fast > slow and before["fast"] <= before["slow"] and side <= 0:
            return Signal(Direction.LONG, stop_distance=stop)
        if fast < slow and before["fast"] >= before["slow"] and side >= 0:
            return Signal(Direction.SHORT, stop_distance=stop)
        return None


class Donchian(Strategy):
    features = {
        "ltf": {
            "n": "atr(20)",
            "top": "max(high, 20)[1]",
            "bottom": "min(low, 20)[1]",
            "exit_top": "max(high, 10)[1]",
            "exit_bottom": "min(low, 10)[1]",
        }
    }

    @dataclass(frozen=True)
    class Params:
        units_of_n: float = 2.0

    def __init__(self, params: Any) -> None:
        super().__init__(params)
        self.units, self.last, self.qty, self.entry = 0, 0.0, 0.0, 0.0

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        ltf, account, close = snapshot.ltf, snapshot.exchange, snapshot.ltf.close
        side, stop = account.side, self.params.units_of_n * ltf["n"]
        enters = {1: close > ltf["top"], -1: close < ltf["bottom"]}
        if not side:
            self.units = 0
            found = next((each for each in (1, -1) if enters[each]), 0)
            return Signal(Direction(found), stop_distance=stop) if found else None
        self.note_fill(account.qty, account.entry_price)
        if close < ltf["exit_bottom"] if side > 0 else close > ltf["exit_top"]:
            return Signal(Direction.FLAT)
        if self.units < 4 and enters[side] and abs(close - self.last) >= 0.5 * ltf["n"]:
            return Signal(Direction(side), add=True, stop_distance=stop)
        return None

    def note_fill(self, qty: float, entry: float) -> None:
        """Count the units, and find the price of the last from what it did to the mean entry."""
        if self.units == 0:
            self.units, self.last = 1, entry
        elif qty > self.qty:
            self.units, self.last = self.units + 1, (qty * entry - self.qty * self.entry) / (qty - self.qty)
        self.qty, self.entry = qty, entry


class Rsi2(Strategy):
    features = {
        "ltf": {"rsi": "rsi(close, 2)", "long_run": "sma(close, 200)", "short_run": "sma(close, 5)", "atr": "atr(14)"}
    }

    @dataclass(frozen=True)
    class Params:
        cold: float = 5.0
        hot: float = 95.0
        far: float = 5.0

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        ltf, params, side = snapshot.ltf, self.params, snapshot.exchange.side
        beyond = ltf.close - ltf["short_run"]
        if side:
            return Signal(Direction.FLAT) if side * beyond > 0 else None
        stop = params.far * ltf["atr"]
        if ltf.close > ltf["long_run"] and ltf["rsi"] < params.cold:
            return Signal(Direction.LONG, stop_distance=stop)
        if ltf.close < ltf["long_run"] and ltf["rsi"] > params.hot:
            return Signal(Direction.SHORT, stop_distance=stop)
        return None


class Bollinger(Strategy):
    features = {
        "ltf": {
            "upper": "bbands(close, 20, 2, 2).upper",
            "middle": "bbands(close, 20, 2, 2).middle",
            "lower": "bbands(close, 20, 2, 2).lower",
            "close_before": "close[1]",
            "upper_before": "bbands(close, 20, 2, 2).upper[1]",
            "lower_before": "bbands(close, 20, 2, 2).lower[1]",
        }
    }

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        ltf, close, side = snapshot.ltf, snapshot.ltf.close, snapshot.exchange.side
        upper, middle, lower = ltf["upper"], ltf["middle"], ltf["lower"]
        if close > lower and ltf["close_before"] <= ltf["lower_before"] and side <= 0:
            return Signal(Direction.LONG, stop_price=close - (middle - lower), target_price=middle)
        if close < upper and ltf["close_before"] >= ltf["upper_before"] and side >= 0:
            return Signal(Direction.SHORT, stop_price=close + (upper - middle), target_price=middle)
        return None


class Macd(Remembering):
    features = {
        "ltf": {"macd": "macd(close, 12, 26, 9).macd", "signal": "macd(close, 12, 26, 9).signal", "atr": "atr(14)"},
        "htf": {"trend": "ema(close, 26)"},
    }

    @dataclass(frozen=True)
    class Params:
        far: float = 3.0

    def decided(self, snapshot: RuntimeSnapshot, side: int, before: dict[str, float] | None) -> Signal | None:
        if before is None:
            return None
        ltf, htf = snapshot.ltf, snapshot.htf
        rose = ltf["macd"] > ltf["signal"] and before["macd"] <= before["signal"]
        fell = ltf["macd"] < ltf["signal"] and before["macd"] >= before["signal"]
        if side:
            return Signal(Direction.FLAT) if (fell if side > 0 else rose) else None
        trail = self.params.far * ltf["atr"]
        if rose and htf.close > htf["trend"]:
            return Signal(Direction.LONG, trail_distance=trail)
        if fell and htf.close < htf["trend"]:
            return Signal(Direction.SHORT, trail_distance=trail)
        return None


class Waiting(Strategy):
    """Has at most one entry waiting, of the side `self.side`; a new one takes its place."""

    def __init__(self, params: Any) -> None:
        super().__init__(params)
        self.side = 0

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        waits = snapshot.exchange.open_orders > 0
        entry = self.entry(snapshot, cancel=waits)
        if entry is not None and entry.direction != snapshot.exchange.side:
            self.side = int(entry.direction)
            return entry
        held = Direction(snapshot.exchange.side)
        return Signal(held, cancel=True) if waits and self.gives_up(snapshot) else None

    def entry(self, snapshot: RuntimeSnapshot, *, cancel: bool) -> Signal | None:
        raise NotImplementedError

    def gives_up(self, snapshot: RuntimeSnapshot) -> bool:
        raise NotImplementedError


class Grid(Waiting):
    features = {
        "ltf": {
            "fair": "sma(close, 120)",
            "step": "1.5 * sma(high - low, 120)",
            "close_before": "close[1]",
            "fair_before": "sma(close, 120)[1]",
        }
    }

    @dataclass(frozen=True)
    class Params:
        lines: float = 4.0

    def entry(self, snapshot: RuntimeSnapshot, *, cancel: bool) -> Signal | None:
        ltf = snapshot.ltf
        close, fair, step = ltf.close, ltf["fair"], ltf["step"]
        stop = self.params.lines * step
        if close < fair and ltf["close_before"] >= ltf["fair_before"]:
            return _limit(Direction.LONG, fair - step, stop, step, cancel)
        if close > fair and ltf["close_before"] <= ltf["fair_before"]:
            return _limit(Direction.SHORT, fair + step, stop, step, cancel)
        return None

    def gives_up(self, snapshot: RuntimeSnapshot) -> bool:
        return self.side * (snapshot.ltf.close - snapshot.ltf["fair"]) >= 0


def _limit(side: Direction, price: float, stop: float, target: float, cancel: bool) -> Signal:
    return Signal(
        side,
        order="limit",
        price=price,
        expires_after="6h",
        stop_distance=stop,
        target_distance=target,
        cancel=cancel,
    )


class Pullback(Waiting):
    features = {
        "ltf": {
            "adx": "adx(14)",
            "up": "plus_di(14)",
            "down": "minus_di(14)",
            "mean": "ema(close, 20)",
            "atr": "atr(14)",
        }
    }

    @dataclass(frozen=True)
    class Params:
        strong: float = 30.0

    def entry(self, snapshot: RuntimeSnapshot, *, cancel: bool) -> Signal | None:
        ltf = snapshot.ltf
        assert ltf.bar is not None
        if ltf["adx"] <= self.params.strong:
            return None
        if ltf["up"] > ltf["down"] and ltf.bar.low <= ltf["mean"]:
            return _stop(Direction.LONG, ltf.bar.high, ltf["atr"], cancel)
        if ltf["down"] > ltf["up"] and ltf.bar.high >= ltf["mean"]:
            return _stop(Direction.SHORT, ltf.bar.low, ltf["atr"], cancel)
        return None

    def gives_up(self, snapshot: RuntimeSnapshot) -> bool:
        return self.side * (snapshot.ltf["up"] - snapshot.ltf["down"]) <= 0


def _stop(side: Direction, trigger: float, atr: float, cancel: bool) -> Signal:
    return Signal(
        side,
        order="stop_market",
        trigger_price=trigger,
        expires_after="12h",
        stop_distance=3 * atr,
        break_even_distance=2 * atr,
        targets=(Target(share=0.5, distance=2 * atr), Target(share=0.5, distance=6 * atr)),
        cancel=cancel,
    )
