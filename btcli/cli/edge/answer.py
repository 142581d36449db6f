"""What a verb answers: values for machines, and how to show them to people."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from btcli.errors import BtcliError, Problem
from btcli.frozen import frozen

if TYPE_CHECKING:
    from rich.console import Console

ENVELOPE_SCHEMA = 1
_UNESCAPED = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)  # as a terminal obeys, and JSON lets pass


def show_nothing(console: Console) -> None:
    """For answers that are all in their data."""


@frozen
class Answer:
    """A verb's result; `show` draws it on stdout when the reader is a person.

    `problems` say why `exit_code` is not 0, as (code, problem); `title` stands above them.
    """

    data: Mapping[str, Any]
    show: Callable[[Console], None] = show_nothing
    exit_code: int = 0
    warnings: tuple[str, ...] = ()
    problems: tuple[tuple[str, Problem], ...] = ()
    title: str = "No"


def warned(answer: Answer, warnings: Sequence[str]) -> Answer:
    """The same answer with these warnings before its own."""
    return replace(answer, warnings=(*warnings, *answer.warnings))


said_words: ContextVar[tuple[str, ...]] = ContextVar("said_words", default=())


def completed(answer: Answer) -> Answer:
    """The same answer with the command line of this process completed, where a problem says what it lacks."""

    def complete(problem: Problem) -> Problem:
        step = f"as in: {shlex.join(('btcli', *said_words.get()))} {problem.adds}"
        return replace(problem, steps=(*problem.steps, step)) if problem.adds else problem

    return replace(answer, problems=tuple((code, complete(problem)) for code, problem in answer.problems))


def refusal(error: BtcliError) -> Answer:
    """The answer that an error is."""
    problems = tuple((error.code, problem) for problem in error.problems)
    return Answer({}, exit_code=error.exit_code, problems=problems, title=error.title)


def envelope(command: str, answer: Answer, *, ascii_only: bool = False) -> str:
    """The one JSON form of all answers, on one line without a control character; absent numbers are null."""
    body = {
        "schema": ENVELOPE_SCHEMA,
        "command": command,
        "ok": answer.exit_code == 0,
        "exit_code": answer.exit_code,
        "data": _plain(answer.data),
        "warnings": list(answer.warnings),
        "errors": [
            {"code": code, "message": problem.message, "where": problem.where, "hint": problem.told}
            for code, problem in answer.problems
        ],
    }
    text = json.dumps(body, allow_nan=False, ensure_ascii=ascii_only)
    return _UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
