"""How the exchange stands at one close of a run, for those who want to know what it was about to decide."""

from __future__ import annotations

from btcli.engine.setup import terms_for
from btcli.engine.world import World
from btcli.exchange.book.codes import DONE, FULL
from btcli.exchange.face.simulated import SimulatedExchange


def stopped_at(world: World, step: int) -> SimulatedExchange | None:
    """The exchange before the rules are looked at at the close of a step; None where the run has ended by then.

    Rules decide for every symbol of the world.
    """
    system = world.system
    exchange = SimulatedExchange(
        world.market, world.instruments, terms_for(system, system.fills.path), system.account.initial_equity_usdt
    )
    for index, rules in enumerate(world.rules):
        assert rules is not None
        exchange.deciders.rule(index, rules)
    while (why := exchange.drive(step + 1)) == FULL:
        for _ in exchange.told():
            pass
        exchange.ended_trades()
        exchange.drain_equity()
    return exchange if why == DONE else None
