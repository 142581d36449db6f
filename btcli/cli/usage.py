"""Wrong command lines, said like every other wrong request."""

from __future__ import annotations

import re

from typer import TyperException

from btcli.errors import RequestError

_GUESS = re.compile(r" Did you mean (?P<names>.+)\?$")


def usage_error(error: TyperException) -> RequestError:
    """The request error for what the command-line parser refused, with the nearest known word."""
    found = _GUESS.search(error.message)
    if found:
        return RequestError(error.message[: found.start()], hint=f"did you mean {found['names']}?")
    possible = getattr(error, "possibilities", None)
    if possible:
        return RequestError(error.message, hint=f"did you mean {' or '.join(sorted(possible))}?")
    return RequestError(error.format_message(), hint=f"see {_command(error)} --help")


def _command(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return str(context.command_path) if context is not None else "btcli"
