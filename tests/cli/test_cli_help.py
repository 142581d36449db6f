"""-h is --help, of every command."""

from __future__ import annotations

import pytest
from cli_worlds import say

from btcli.cli.edge.app import NESTED, VERBS

COMMANDS = [(), *((verb,) for verb in VERBS)]
COMMANDS += [(*group.split(), verb) for group, verbs in NESTED.items() for verb in verbs]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words) or "btcli")
def test_both_forms_say_the_same(words: tuple[str, ...], tmp_path: object) -> None:
    """Exit 0, the usage of just that command, and both forms named in it."""
    short, long = (say(tmp_path, *words, form) for form in ("-h", "--help"))  # type: ignore[arg-type]
    assert (short.code, short.out) == (0, long.out)
    assert short.out.startswith(f"Usage: {' '.join(('btcli', *words))} ")
    assert "-h, --help" in short.out
