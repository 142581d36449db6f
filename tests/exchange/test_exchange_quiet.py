"""Passing over steps at which nothing can happen leaves every byte as running each of them in full would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from exchange_answers import all_cases
from exchange_quiet import Market, markets, parted, told
from test_exchange_follow import STEPS, TAGGED, calm_exchange, told_of

from btcli.exchange.book.codes import NOTE_READINESS

HERE = Path(__file__).parent
CHUNKS = (0, 1, 7, 1000)
FORTY = range(30, 34)


def _chunk_of(place: int) -> int:
    return CHUNKS[place // 10 % len(CHUNKS)]


@pytest.mark.parametrize("seeds", [range(0, 10), range(10, 20), range(20, 30)], ids=str)
def test_generated_and_hostile_markets_give_the_same_bytes(seeds: Iterable[int]) -> None:
    """Events, trades, counters, rows and state are equal either way on markets of every kind, in chunks of any size."""
    assert parted(markets(seeds), _chunk_of) == []


def test_the_cases_on_paper_give_the_same_bytes() -> None:
    """All that the rulebook's cases show is equal either way."""
    assert parted((Market(case.name, case.scenario, False) for case in all_cases()), lambda place: 0) == []


def _interpreted(function: str) -> dict[str, str]:
    """What a function of this module returns in a process in which nothing is compiled."""
    paths = [str(HERE.parents[1]), str(HERE), str(HERE.parent)]
    code = f"import json, test_exchange_quiet as test; print(json.dumps(test.{function}()))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "NUMBA_DISABLE_JIT": "1"}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    digests: dict[str, str] = json.loads(found.stdout)
    return digests


def test_interpreted_stretches_give_the_same_bytes() -> None:
    """Forty markets interpreted, with quiet steps passed in chunks, give the bytes of compiled full steps."""
    assert _interpreted("passed") == {market.name: told(market, passes=False) for market in markets(FORTY)}


def passed() -> dict[str, str]:
    """What forty markets give with quiet steps passed, in chunks of one size or another."""
    many = enumerate(markets(FORTY))
    return {market.name: told(market, passes=True, chunk=CHUNKS[place % len(CHUNKS)]) for place, market in many}


@pytest.mark.long
def test_every_way_to_run_gives_the_same_bytes() -> None:
    """Forty markets give one digest each: quiet steps passed or in full, in chunks of any size, compiled or not."""
    compiled = in_every_way()
    assert _interpreted("in_every_way") == compiled
    for market in markets(FORTY):
        assert len({digest for way, digest in compiled.items() if way.startswith(f"{market.name}:")}) == 1, market.name


def in_every_way() -> dict[str, str]:
    """What forty markets give in each of the ways to run that this process has."""
    return {
        f"{market.name}: {passes}, {chunk}": told(market, passes=passes, chunk=chunk)
        for market in markets(FORTY)
        for passes in (False, True)
        for chunk in CHUNKS
    }


@pytest.mark.parametrize("pieces", [1, 7, STEPS])
@pytest.mark.parametrize("rests", [False, True])
@pytest.mark.parametrize("terms", [{}, {"max_bars_in_trade": 3}, {"on_opposite_signal": "reverse"}], ids=str)
def test_questions_are_asked_at_the_same_closes(
    monkeypatch: pytest.MonkeyPatch, terms: dict[str, Any], rests: bool, pieces: int
) -> None:
    """Whoever decides is asked at the same closes, and what is told between them is the same either way."""
    told = []
    for switch in ("0", "1"):
        monkeypatch.setenv("BTCLI_QUIET", switch)
        exchange = calm_exchange(
            [(2, NOTE_READINESS, 0, 1, 0, 0), (3, NOTE_READINESS, 0, 0, 0, 0)], ("", "why"), **terms
        )
        if rests:
            exchange.deciders.rest(0)
            exchange.deciders.look_from(0, 12)
        told.append(told_of(exchange, TAGGED, pieces))
    assert told[0] == told[1]


@pytest.mark.long
@pytest.mark.parametrize("seeds", [range(n, n + 100) for n in range(100, 900, 100)], ids=str)
def test_thousands_of_markets_give_the_same_bytes(seeds: Iterable[int]) -> None:
    """Thousands of generated and hostile markets are equal either way, in chunks of any size."""
    assert parted(markets(seeds), _chunk_of) == []
