"""btcli's errors as text between processes, and the same errors again on the other side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from btcli import errors
from btcli.errors import BtcliError, Problem

Changed = Callable[[str], str]


def written(error: BtcliError, changed: Changed = str) -> dict[str, Any]:
    """An error as JSON holds it: its kinds, the nearest first, and its problems with each sentence `changed`."""
    kinds = [kind.__name__ for kind in type(error).__mro__ if issubclass(kind, BtcliError)]
    return {"kinds": kinds, "problems": [asdict(_with(problem, changed)) for problem in error.problems]}


def read(said: Mapping[str, Any]) -> BtcliError:
    """The same error, or the nearest kind of it that this process knows."""
    kind = next(getattr(errors, name) for name in said["kinds"] if hasattr(errors, name))
    problems = tuple(Problem(**{**each, "steps": tuple(each["steps"])}) for each in said["problems"])
    error: BtcliError = kind.__new__(kind)
    Exception.__init__(error, problems[0].message)
    error.problems = problems
    return error


def _with(problem: Problem, changed: Changed) -> Problem:
    message, where, hint = (changed(text) for text in (problem.message, problem.where, problem.hint))
    return replace(problem, message=message, where=where, hint=hint)
