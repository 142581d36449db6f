"""Asks for each kind of order in turn."""

from btcli.strategies import Direction, Signal, Size, Strategy, Target


class Orders(Strategy):
    features = {"ltf": {"mean": "sma(close, 10)", "atr": "atr(10)"}}  # noqa: RUF012
    sees_others = True

    def __init__(self, params):
        super().__init__(params)
        self.turn = 0

    def decide(self, snapshot):
        self.turn += 1
        close, atr = snapshot.ltf.close, snapshot.ltf["atr"]
        if snapshot.exchange.has_position:
            return self.holding(snapshot, close, atr)
        leader = snapshot.others["BTCUSDT"].ltf
        side = Direction.LONG if leader.close > leader["mean"] else Direction.SHORT
        bracket = {
            "stop_distance": 2 * atr,
            "targets": (Target(distance=atr, share=0.5), Target(distance=2 * atr, share=0.5)),
        }
        kinds = (
            {"order": "limit", "price": close - side * 0.3 * atr, "post_only": True, "expires_after": "1h", **bracket},
            {"order": "stop_market", "trigger_price": close + side * 0.2 * atr, "expires_after": "30m", **bracket},
            {
                "order": "stop_limit",
                "trigger_price": close + side * 0.2 * atr,
                "price": close + side * 0.1 * atr,
                **bracket,
            },
            {"order": "limit", "price": close + side * 0.1 * atr, "time_in_force": "IOC", "trail_distance": 1.5 * atr},
            {
                "trail_distance": atr,
                "trail_activation": close + side * atr,
                "break_even_distance": 0.5 * atr,
                **bracket,
            },
            {"size": Size("notional_usdt", 800.0), "target_distance": 2 * atr},
        )
        return Signal(side, cancel=True, tag=f"turn {self.turn % 6}", **kinds[self.turn % 6])

    def holding(self, snapshot, close, atr):
        side = Direction(snapshot.exchange.side)
        answers = (
            None,
            Signal(side, add=True, size=Size("notional_usdt", 400.0)),
            Signal(Direction.FLAT, reduce_qty=snapshot.exchange.qty / 2),
            None,
            Signal(Direction.FLAT, order="limit", price=close + side * 0.5 * atr, expires_after="1h"),
            Signal(Direction(-side), cancel=True),
        )
        return answers[self.turn % 6]
