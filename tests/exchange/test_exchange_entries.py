"""Entries are known before their rules are loaded: a process that has machine code of them needs no rule."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from btcli.exchange.face import entries
from btcli.exchange.machine.compiled import IS_COMPILED, Rule, entry_of, plain

KNOWN = [each for each in vars(entries).values() if callable(each) and each is not entry_of]
LOADING = """
import json, sys
from btcli.exchange.face.proof import mini_scores
said = mini_scores()
rules = [name for name in sys.modules if name.startswith(("btcli.exchange.driver.d", "btcli.exchange.phases."))]
print(json.dumps([said, "numba" in sys.modules, rules]))
"""


def _loaded(**environment: str) -> tuple[str, bool, list[str]]:
    """What a process has worked out, whether it loaded the compiler, and which rules."""
    told = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
    done = subprocess.run([sys.executable, "-c", LOADING], env={**told, **environment}, capture_output=True, check=True)
    said, has_compiler, rules = json.loads(done.stdout)
    return said, has_compiler, rules


@pytest.mark.skipif(not IS_COMPILED, reason="nothing is compiled")
def test_a_process_with_machine_code_loads_no_rules() -> None:
    """Trials by rules come to the same there as where every rule is loaded and runs as it is written."""
    _loaded()  # compiles them where nobody has yet
    said, has_compiler, rules = _loaded()
    if has_compiler:
        pytest.skip("machine code cannot be stored here")
    interpreted, _, all_rules = _loaded(NUMBA_DISABLE_JIT="1")
    assert (said, rules) == (interpreted, [])
    assert {"btcli.exchange.driver.drive", "btcli.exchange.phases.decision"} <= set(all_rules)


@pytest.mark.parametrize("entry", KNOWN, ids=lambda entry: str(entry.__name__))
def test_an_entry_known_by_its_name_is_the_one_that_is_written_there(entry: Rule) -> None:
    """Its module has it under that name, and it takes as many arguments as are handed on."""
    rule = plain(entry)
    assert getattr(sys.modules[rule.__module__], rule.__name__) is entry
    assert (rule is not entry) is IS_COMPILED


@pytest.mark.skipif(not IS_COMPILED, reason="interpreted, Python itself refuses")
def test_an_entry_takes_what_it_was_written_to_take() -> None:
    """Another number is refused before anything is called, since machine code does not count."""
    with pytest.raises(TypeError, match=r"driver\.drive\.drive takes 2 arguments here, 3 there"):
        entry_of("btcli.exchange.driver.drive", "drive", 2)
