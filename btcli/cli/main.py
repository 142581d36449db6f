"""The edge: runs one command, prints its answer, and turns every failure into a panel and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from typer import TyperException

from btcli.cli.answer import Answer, envelope, refusal
from btcli.cli.app import command_named, command_tree
from btcli.cli.usage import usage_error
from btcli.errors import AccessError, BtcliError, Problem

INTERRUPTED = 130
BUG = 70


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script: never returns, never shows a traceback unless BTCLI_DEBUG is set."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = answered(words)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def answered(words: list[str]) -> int:
    """Run the command in `words`, print what it has to say, return its exit code."""
    as_json = "--json" in words
    outcome = _outcome(words or ["--help"])
    if isinstance(outcome, int):  # --help and --version have printed already
        return outcome
    if as_json:
        print(envelope(command_named(words), outcome))
    else:
        _show(outcome)
    return outcome.exit_code


def _outcome(words: list[str]) -> Answer | int:
    try:
        result = command_tree().main(args=words, prog_name="btcli", standalone_mode=False)
    except BtcliError as error:
        return refusal(error)
    except TyperException as error:
        return refusal(usage_error(error))
    except OSError as error:
        return refusal(AccessError(error.strerror or str(error), where=str(error.filename or "")))
    except Exception as error:  # noqa: BLE001  the one place that may catch everything
        return _bug(error)
    if result == INTERRUPTED:
        stopped = (("Interrupted", Problem("stopped by Ctrl-C")),)
        return Answer({}, exit_code=INTERRUPTED, problems=stopped, title="Interrupted")
    answer: Answer | int = result
    return answer


def _bug(error: Exception) -> Answer:
    from btcli.cli.crash import crash_report

    return Answer({}, exit_code=BUG, problems=(("Bug", crash_report(error)),), title="This is a bug in btcli")


def _show(answer: Answer) -> None:
    from rich.markup import escape

    from btcli.cli.screen import SHOWN_PROBLEMS, answers, notices, problem_panel

    answer.show(answers())
    sys.stdout.flush()
    for warning in answer.warnings[:SHOWN_PROBLEMS]:
        notices().print(f"[yellow]warning:[/] {escape(warning)}", soft_wrap=True)
    if len(answer.warnings) > SHOWN_PROBLEMS:
        notices().print(f"[yellow]warning:[/] … and {len(answer.warnings) - SHOWN_PROBLEMS} more", soft_wrap=True)
    if answer.problems:
        notices().print(problem_panel(answer.title, [problem for _, problem in answer.problems], answer.exit_code))
