"""The edge: runs one command, prints its answer, and turns every failure into a panel and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from btcli.cli.edge.answer import Answer, said_words
from btcli.cli.edge.app import command_named, command_tree
from btcli.cli.edge.completing import completed, is_asked, is_for_a_shell, script_for
from btcli.cli.edge.leaving import leave_cycles
from btcli.cli.edge.rendering import Rendered, rendered, streams, written
from btcli.cli.edge.settling import INTERRUPTED, interrupted, settled
from btcli.cli.edge.watching import command_name


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script: never returns, never shows a traceback unless BTCLI_DEBUG is set."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what their encoding lacks is shown as an escape
            stream.reconfigure(errors="backslashreplace")
    command_name.set(command_named(words))
    code = completed() if is_asked() else answered(words)
    leave_cycles()
    sys.exit(code)


def answered(words: list[str]) -> int:
    """Run the command in `words`, print what it has to say, return its exit code."""
    said_words.set(tuple(words))
    outcome = settled(lambda: _outcome(words or ["--help"]))
    if isinstance(outcome, int):  # --help and --version have printed already
        outcome = Rendered(outcome, "")
    if isinstance(outcome, Answer):
        outcome = rendered(outcome, command_named(words) if "--json" in words else None, streams())
    return written(outcome)


def _outcome(words: list[str]) -> Answer | Rendered | int:
    if is_for_a_shell(words):
        return Rendered(0, script_for(words))
    try:
        result: Any = command_tree().main(args=words, prog_name="btcli", standalone_mode=False)
    except SystemExit as end:  # of --install-completion; user code is run by verbs alone
        if command_named(words):
            raise
        return end.code if isinstance(end.code, int) else 0
    if isinstance(result, int) and result == INTERRUPTED:
        return interrupted()
    outcome: Answer | Rendered | int = result
    return outcome
