"""Wrong command lines, said like every other wrong request."""

from __future__ import annotations

import re

from typer import TyperException

from btcli.errors import RequestError

EXAMPLES = {"venue": "binance", "symbol": "BTCUSDT", "series": "trade"}  # of options that some verbs require
ELSEWHERE = {"--sweeps": "--out"}  # of `run`, where --out is the folder of runs
_GUESS = re.compile(r" Did you mean (?P<names>.+)\?$")


def usage_error(error: TyperException) -> RequestError:
    """The request error for what the command-line parser refused, with the nearest known word."""
    if renamed := _renamed(error):
        return RequestError(error.message, hint=f"here it is {renamed}")
    found = _GUESS.search(error.message)
    if found:
        return RequestError(error.message[: found.start()], hint=f"did you mean {found['names']}?")
    possible = getattr(error, "possibilities", None)
    if possible:
        return RequestError(error.message, hint=f"did you mean {' or '.join(sorted(possible))}?")
    return RequestError(error.format_message(), hint=f"see {_command(error)} --help", adds=_lacking(error))


def _renamed(error: TyperException) -> str:
    """What an option of another verb is called in the one that was asked; nothing for all others."""
    context, asked = getattr(error, "ctx", None), getattr(error, "option_name", "")
    here = ELSEWHERE.get(asked, "")
    is_there = context is not None and any(here in param.opts for param in context.command.params)
    return here if is_there else ""


def _lacking(error: TyperException) -> str:
    """What the command was not told of whose rows are meant, with examples; nothing where another thing is wrong.

    A symbol is asked for only where it must be: no example of one should find its way into an import.
    """
    context, param = getattr(error, "ctx", None), getattr(error, "param", None)
    if context is None or getattr(param, "name", None) not in EXAMPLES or "Missing" not in error.format_message():
        return ""
    told = [each for each in context.command.params if each.name in EXAMPLES and context.params.get(each.name) is None]
    return " ".join(f"--{each.name} {EXAMPLES[each.name]}" for each in told if each.required or each.name == "series")


def _command(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return str(context.command_path) if context is not None else "btcli"
