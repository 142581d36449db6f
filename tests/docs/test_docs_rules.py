"""docs/rules.md shows systems that are read, and tells limits and words that are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from btcli.config.document import MOST_NODES
from btcli.config.loading import MOST_LETTERS as OF_A_FILE
from btcli.config.loading import parse_system
from btcli.config.rule_gates import Pause, Session
from btcli.config.rule_values import FOR, LEVEL_KEYS, ORDER_KEYS, SIZE_KEYS, TRAIL_KEYS
from btcli.config.rules import RULE_KEYS
from btcli.exchange.book.states import STATES
from btcli.expressions.looking import MOST_BARS
from btcli.expressions.names import FUNCTIONS, MARKET, MEANS, PRICES, TIMES
from btcli.expressions.scanning import MOST_LETTERS, MOST_LEVELS
from btcli.simulation.ruled import ruled_strategy
from btcli.strategies.rules.assembling import MOST_COLUMNS_BACK, MOST_INSTRUCTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
OF_FEATURES = (Path(__file__).parents[2] / "docs" / "features.md").read_text(encoding="utf-8")
BLOCKS = [each for page in (PAGE, OF_FEATURES) for each in re.findall(r"```yaml\n(.+?)```", page, re.DOTALL)]
EXAMPLES = [block for block in BLOCKS if "\nstrategy:" in block]
IN_CONFIGS = (Path(__file__).parents[2] / "configs" / "rules.yml").read_text(encoding="utf-8").partition("features:")
NAMES = (*PRICES, *MEANS, *FUNCTIONS, *MARKET, *(f"time.{name}" for name in TIMES), *STATES)
HEAD = """\
system: example
venue: bybit
symbols: [BTCUSDT]
timeframes: {exec: 1m, ltf: 15m, mtf: 1h, htf: 4h}
risk: {sizing: {qty: 0.01}}
"""


@pytest.mark.parametrize("example", [*EXAMPLES, "".join(IN_CONFIGS[1:])])
def test_the_examples_are_programs(example: str) -> None:
    """Whoever copies one of them has a strategy."""
    system = parse_system(HEAD + example, "system.yml")
    found = ruled_strategy(system, system.strategy, system.where)
    assert found.assembled is not None
    assert found.assembled.program.wants


BLOCKS = (*LEVEL_KEYS, *ORDER_KEYS, FOR, *SIZE_KEYS, *TRAIL_KEYS, *Pause.model_fields, *Session.model_fields)


@pytest.mark.parametrize("word", [*NAMES, *RULE_KEYS, *BLOCKS])
def test_every_word_is_told(word: str) -> None:
    """No name, function or key is left for the reader to guess."""
    assert re.search(rf"\b{word}\b", PAGE)


def test_the_limits_are_told() -> None:
    """As large as an expression, a program and a file may be."""
    limits = f"{MOST_LETTERS:,} letters and {MOST_LEVELS} levels, a program {MOST_INSTRUCTIONS:,} instructions"
    limits += f" and {MOST_COLUMNS_BACK} functions of earlier bars"
    assert f"An expression has at most {limits}, a system file {OF_A_FILE:,} letters." in PAGE
    assert f"It has at most {MOST_NODES:,} keys and values" in PAGE
    assert f"no expression looks back over more than {MOST_BARS:,} bars" in PAGE
