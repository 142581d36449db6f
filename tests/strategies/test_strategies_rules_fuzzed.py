"""Whatever is written where an expression is wanted is read, or refused at a place; and nothing else happens."""

from __future__ import annotations

import builtins
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any, NoReturn

import pytest
from fuzzed_expressions import texts

from btcli.expressions.names import Names
from btcli.expressions.problems import RuleError
from btcli.expressions.reading import Kind, read_rule
from btcli.features.catalog import FUNCTIONS

MOST_SECONDS = 2  # of CPU for one expression, a hundred times what any of them takes
EVENTS = ("exec", "import", "open", "os.", "subprocess.", "socket.", "shutil.", "ctypes.")


NAMES = Names({"ltf": ("fast", "slow", "atr"), "htf": ("trend",)}, ("far", "cold", "hot"), FUNCTIONS)


class Ear:
    """Hears what the interpreter does beside parsing while it is on: code that is run, files, processes."""

    def __init__(self) -> None:
        self.on = False
        self.heard: list[str] = []

    def hear(self, event: str, _: tuple[Any, ...]) -> None:
        if self.on and event.startswith(EVENTS):
            self.heard.append(event)


EAR = Ear()


def _too_long(number: int, frame: object) -> NoReturn:
    raise TimeoutError


def refusal_of(text: str, kind: Kind) -> RuleError | None:
    """Read one text under watch; None where it means something."""
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    EAR.on = True
    try:
        read_rule(text, NAMES, kind)
    except RuleError as refused:
        return refused
    finally:
        EAR.on = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


def read_all(seed: int, count: int) -> Counter[str]:
    """Read so many texts both as a condition and as a number; counts those that mean something and those refused."""
    told: Counter[str] = Counter()
    before = signal.signal(signal.SIGVTALRM, _too_long)
    kinds: tuple[Kind, ...] = ("condition", "number")
    try:
        for text, kind in product(texts(seed, count), kinds):
            refused = refusal_of(text, kind)
            told["read" if refused is None else "refused"] += 1
            if refused is not None:
                assert [bool(problem.message.strip()) for problem in refused.problems] == [True]
                assert 1 <= refused.column <= len(text) + 1, text
    finally:
        signal.signal(signal.SIGVTALRM, before)
    return told


@pytest.fixture(scope="module")
def canary() -> Iterator[list[str]]:
    """What a function said that anything that runs the texts would find, and an ear on the interpreter."""
    sys.addaudithook(EAR.hear)
    builtins.canary = lambda: EAR.heard.append("canary")  # type: ignore[attr-defined]
    read_all(0, 50)
    EAR.heard.clear()
    yield EAR.heard
    del builtins.canary  # type: ignore[attr-defined]


def test_an_ear_hears_what_is_run(canary: list[str]) -> None:
    """Were a text run, the canary and the interpreter would both tell."""
    EAR.on = True
    eval("canary()", {})
    EAR.on = False
    assert canary == ["exec", "canary"]
    canary.clear()


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_written_is_read_or_refused(seed: int, canary: list[str]) -> None:
    """A thousand texts each: nothing is run, nothing hangs, and each refusal has one message and its column."""
    told = read_all(seed, 1_000)
    assert canary == []
    assert told["read"] > 20
    assert told["refused"] > 1_000


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_a_hundred_thousand_texts_are_read_or_refused(seed: int, canary: list[str]) -> None:
    """The same of five thousand texts each."""
    told = read_all(seed, 5_000)
    assert canary == []
    assert told["read"] > 100
    assert told["refused"] > 5_000
