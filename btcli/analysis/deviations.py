"""Which of the things that the simulated exchange leaves out a run has touched; docs/deviations.md describes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from btcli.analysis.metrics import MetricsInput
from btcli.exchange.face.events import Event
from btcli.frozen import frozen

OCTOBER_10_MS = 1_760_054_400_000  # 2025-10-10T00:00Z: both venues deleveraged that day
DAY_MS = 86_400_000
TIERS_COUNT_ORDERS_MS = 1_756_771_200_000  # 2025-09-02T00:00Z, Bybit
NARROWEST_BAND_BPS = 100.0  # around the mark, Bybit's BTCUSDT


@frozen
class Touch:
    """Where and when a run took place; `slippage_bps` is the largest of its symbols'."""

    venue: str
    start_ms: int
    end_ms: int
    slippage_bps: float


class OrderKinds:
    """A sink's ear for what events alone tell: whether orders rested, and whether a trailing stop was activated."""

    def __init__(self) -> None:
        self.rested = self.activates = self.was_cut = False

    def hear(self, event: Event) -> None:
        """Take in one event."""
        if event.name == "order_submitted":
            self.rested |= event.fields["type"] != "market"
        elif event.name == "signal":
            self.activates |= "trail_activation" in event.fields
        elif event.name == "position_cut":
            self.was_cut = True


def deviations(touch: Touch, inputs: MetricsInput, kinds: OrderKinds) -> Sequence[str]:
    """The codes of what was touched, in the order of the page."""
    return list(_touched(touch, inputs, kinds))


def _touched(touch: Touch, inputs: MetricsInput, kinds: OrderKinds) -> Iterator[str]:
    if not inputs.settles_funding:
        yield "FUNDING_LEFT_OUT"
    if touch.venue == "sample":  # generated data: there is no venue to deviate from
        return
    has_traded = bool(inputs.trades.net_pnl)
    if has_traded and touch.start_ms < OCTOBER_10_MS + DAY_MS and touch.end_ms > OCTOBER_10_MS:
        yield "AUTO_DELEVERAGING"
    if touch.venue == "bybit" and touch.end_ms > TIERS_COUNT_ORDERS_MS and kinds.rested:
        yield "OPEN_ORDERS_IN_TIER"
    if has_traded and touch.slippage_bps >= NARROWEST_BAND_BPS:
        yield "PRICE_LIMITS"
    if kinds.activates:
        yield "TRAILING_ACTIVATION"
    if inputs.trades.exit_reasons.get("delisted"):
        yield "DELISTING_PRICE"
    if touch.venue == "binance" and (inputs.counters.liquidations or kinds.was_cut):
        yield "BINANCE_REDUCTION"
