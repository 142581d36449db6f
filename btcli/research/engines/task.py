"""What crosses between processes: the name of a function, texts and whole numbers, and one text back."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from btcli.errors import BtcliError, StrategyError
from btcli.research.crossing import read, written

Plain = str | int
Function = Callable[..., str]


class Task(NamedTuple):
    """A function by its name, `module:name`, and what it is given before a chunk's index."""

    function: str
    arguments: tuple[Plain, ...]


def task_of(function: Function, *arguments: Plain) -> Task:
    """The task that does a chunk by `function(*arguments, index)`, which any process can import."""
    name = f"{function.__module__}:{function.__qualname__}"
    if function.__module__ == "__main__" or "<" in name:
        raise ValueError(f"{name} cannot be imported by another process")
    return Task(name, arguments)


def answer(task: tuple[str, tuple[Plain, ...]], index: int) -> str:
    """Do a chunk and say what became of it, as JSON: `[index, text, null]`, or `[index, null, error]`.

    This runs in a worker. What btcli raises itself is put into words; anything else is a fault and crosses as it is.
    """
    name, arguments = task
    module, function = name.split(":")
    try:
        said = getattr(import_module(module), function)(*arguments, index)
    except BtcliError as error:
        return json.dumps([index, None, written(error)])
    except SystemExit as error:
        ended = StrategyError(f"something ended the process of a worker, with {error.code!r}", where=f"chunk {index}")
        return json.dumps([index, None, written(ended)])
    return json.dumps([index, said, None])


class Done(NamedTuple):
    """A chunk that is done, and what the task said of it."""

    chunk: int
    said: str


def done_of(text: str) -> Done:
    """What an answer says was done; raises the error that it says ended it."""
    index, said, error = json.loads(text)
    if error is not None:
        raise read(error)
    return Done(index, said)
