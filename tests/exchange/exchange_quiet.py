"""Steps passed over together against steps run one by one: how to run a market either way, and where a stretch ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from unittest.mock import patch

from exchange_drawn_out import drawn_out
from exchange_extremes import hostile_scenario as extreme_scenario
from exchange_fingerprint import fingerprint
from exchange_row import row
from exchange_scenarios import Scenario, decide, exchange_of, run

from btcli.exchange.driver.quiet import quiet_until
from btcli.exchange.face.simulated import SimulatedExchange


class Market(NamedTuple):
    """A market with its name, and whether an entry of a symbol that has a position is left out."""

    name: str
    scenario: Scenario
    only_when_flat: bool


def markets(seeds: Iterable[int]) -> Iterator[Market]:
    """Generated and hostile markets of some seeds, each as it is drawn and drawn out."""
    for seed in seeds:
        plain = [(place.family, market) for place, market in row([seed])] + [("extreme", extreme_scenario(seed))]
        for family, market in plain:
            yield Market(f"{family} {seed}", market, family == "random")
            yield Market(f"{family} {seed}, drawn out", drawn_out(market, seed), family == "random")


def told(market: Market, *, passes: bool, chunk: int = 0) -> str:
    """The digest of all that a market gives, with quiet steps passed or run in full, in chunks of so many steps."""
    scenario = market.scenario
    cuts = range(0, scenario.steps, chunk) if chunk else ()
    with patch.dict(os.environ, {"BTCLI_QUIET": "1" if passes else "0"}):
        return fingerprint(run(scenario, cuts, only_when_flat=market.only_when_flat))


def parted(some: Iterable[Market], chunk_of: Callable[[int], int]) -> list[str]:
    """The names of the markets that end elsewhere when quiet steps are passed; `chunk_of` the place gives the chunk."""
    return [
        market.name
        for place, market in enumerate(some)
        if told(market, passes=True, chunk=chunk_of(place)) != told(market, passes=False)
    ]


def stands_at(scenario: Scenario, step: int) -> SimulatedExchange:
    """The exchange of a market before a step, with every step before it run in full and its decisions taken."""
    exchange = exchange_of(scenario)
    exchange._book["cursor"]["runs_in_full"] = 1
    for n in range(step):
        exchange.advance(n, n + 1)
        decide(exchange, scenario.decisions.get(n, ()), only_when_flat=False)
    return exchange


def quiet_end(exchange: Any, step: int, until: int, *, in_full: bool = False) -> int:
    """The first step from one on that needs the full rules, up to another, for an exchange that stands before it."""
    tape, book = exchange._tape.record[0], exchange._books[0]
    book["cursor"]["runs_in_full"] = in_full
    end = quiet_until(book, tape, step, until)
    book["cursor"]["runs_in_full"] = 1
    return int(end)


def stretch_end(scenario: Scenario, step: int) -> int:
    """Where the stretch of quiet steps from this one on ends."""
    exchange = stands_at(scenario, step)
    return quiet_end(exchange, step, exchange.steps)


def full_steps(scenario: Scenario, first: int) -> list[int]:
    """The steps from one on that need the full rules, each looked at alone."""
    exchange, needed = stands_at(scenario, first), []
    for n in range(first, exchange.steps):
        if exchange.status == "RUNNING" and quiet_end(exchange, n, n + 1) == n:
            needed.append(n)
        exchange.advance(n, n + 1)
        decide(exchange, scenario.decisions.get(n, ()), only_when_flat=False)
    return needed
