"""The tree of verbs; each verb's module is loaded when it is the one that was asked for, or when help lists them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from btcli import __version__

ROOMS = {  # of the verbs, in the order of a day's work
    "preflight": "run",
    "heal": "run",
    "run": "run",
    "replay": "run",
    "sweep": "research",
    "data": "data",
    "init": "system",
    "runs": "runs",
    "show": "runs",
    "trades": "runs",
    "explain": "runs",
    "diff": "runs",
    "export": "runs",
    "report": "runs",
    "strategies": "system",
    "features": "system",
    "tools": "system",
    "schema": "system",
}
VERBS = tuple(ROOMS)
EPILOG = "btcli --install-completion, once, lets the shell complete runs, windows and symbols too."
HELP = {"help_option_names": ["--help", "-h"]}  # of every command below the root too
NESTED = {
    "data": ("import", "list", "sample", "instruments", "sync", "export", "verify", "delete", "compact"),
    "data instruments": ("import",),
    "sweep": ("show", "best", "export"),
}


class VerbGroup(TyperGroup):
    """Verbs in the order of a day's work, loaded one by one."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = dict.fromkeys(VERBS)  # names only, for suggestions

    def list_commands(self, ctx: Any) -> list[str]:
        """All verbs, in their order."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The verb's command; None for an unknown word."""
        if cmd_name not in VERBS:
            return None
        verb: typer.Typer = import_module(f"btcli.cli.{ROOMS[cmd_name]}.{cmd_name}").app
        command = get_command(verb)
        command.name = cmd_name
        return command


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"btcli {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """A backtester for crypto USDT perpetual futures whose results can be trusted and proved."""


def command_tree() -> Any:
    """The root command, ready to be given words."""
    app = typer.Typer(
        cls=VerbGroup, pretty_exceptions_enable=False, rich_markup_mode=None, context_settings=HELP, epilog=EPILOG
    )
    app.callback()(_root)
    return get_command(app)


def command_named(words: Sequence[str]) -> str:
    """The verb that `words` ask for, "data import" for a nested one, "" when there is none."""
    plain = [word for word in words if not word.startswith("-")]
    if not plain or plain[0] not in VERBS:
        return ""
    named = plain[0]
    for word in plain[1:]:
        if word not in NESTED.get(named, ()):
            break
        named = f"{named} {word}"
    return named
