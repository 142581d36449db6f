"""Whatever is written where an expression is wanted is read, or refused at a place; and nothing else happens."""

from __future__ import annotations

import builtins
import dataclasses
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import Any, NoReturn

import numpy as np
import pytest
from fuzzed_expressions import texts

from btcli.expressions.inline import inline_features
from btcli.expressions.names import Names
from btcli.expressions.problems import RuleError
from btcli.expressions.reading import read_rule
from btcli.features.catalog import FUNCTIONS
from btcli.features.compute import compute_features
from btcli.features.expression import names_of_features, read_named
from btcli.features.plan import plan_features
from btcli.market.series import Bars
from btcli.timeframe import Timeframe

MOST_SECONDS = 60  # of CPU for one expression, thousands of times what any takes: what grows without bounds takes more
EVENTS = ("exec", "import", "open", "os.", "subprocess.", "socket.", "shutil.", "ctypes.")


FEATURES = {
    "ltf": {"fast": "ema(close, 9)", "slow": "fast - sma(close, 20)", "atr": "atr(14)"},
    "htf": {"trend": "ema(close, 50)"},
}
NAMES = Names(
    {role: tuple(named) for role, named in FEATURES.items()}, ("far", "cold", "hot"), FUNCTIONS, has_symbols=True
)
KINDS = ("condition", "number", "feature")
MINUTE = Timeframe.parse("1m")
BARS = Bars(np.arange(60) * 60_000, np.arange(1, 61) * 60_000, *(np.arange(60) % n + 1.0 for n in (7, 11, 5, 9, 3)))
OF_LTF = names_of_features("ltf", FEATURES["ltf"])


class Ear:
    """Hears what the interpreter does beside parsing while it is on: code that is run, files, processes.

    What dataclasses run is the `__init__` of a value of which there are many by now: see btcli.frozen.
    """

    def __init__(self) -> None:
        self.on = False
        self.heard: list[str] = []

    def hear(self, event: str, _: tuple[Any, ...]) -> None:
        if self.on and event.startswith(EVENTS) and sys._getframe(1).f_globals.get("__name__") != dataclasses.__name__:
            self.heard.append(event)


EAR = Ear()


def _too_long(number: int, frame: object) -> NoReturn:
    raise TimeoutError


def refusal_of(text: str, kind: str) -> RuleError | None:
    """Read one text under watch; None where it means something."""
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    EAR.on = True
    try:
        look_at(text, kind)
    except RuleError as refused:
        return refused
    finally:
        EAR.on = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


def look_at(text: str, kind: str) -> None:
    """Read a text as a condition or number of rules, or compute it as a feature; raises RuleError for what is none."""
    if kind == "feature":
        read_named("it", text, "ltf", OF_LTF)
        plan = plan_features({"ltf": {**FEATURES["ltf"], "it": text}})
        assert len(compute_features(plan, {"ltf": BARS}, {"ltf": MINUTE}, 0)["ltf"]["it"]) == len(BARS.close)
        return
    inline = inline_features([read_rule(text, NAMES, "condition" if kind == "condition" else "number")])
    plan_features({role: {**FEATURES[role], **inline.get(role, {})} for role in FEATURES})


def read_all(seed: int, count: int) -> Counter[str]:
    """Read so many texts as conditions, numbers and features; counts those that mean something, and those refused."""
    told: Counter[str] = Counter()
    before = signal.signal(signal.SIGVTALRM, _too_long)
    try:
        for text, kind in product(texts(seed, count), KINDS):
            refused = refusal_of(text, kind)
            told[f"{kind} read" if refused is None else "refused"] += 1
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
    assert min(told[f"{kind} read"] for kind in KINDS) > 10
    assert told["refused"] > 1_500


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_a_hundred_thousand_texts_are_read_or_refused(seed: int, canary: list[str]) -> None:
    """The same of five thousand texts each."""
    told = read_all(seed, 5_000)
    assert canary == []
    assert min(told[f"{kind} read"] for kind in KINDS) > 50
    assert told["refused"] > 7_500
