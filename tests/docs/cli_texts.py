"""The reference of all commands, made from what they say of themselves; run this file to write it anew."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HEAD = "# Commands\n\nWritten by `make docs` from the commands themselves.\n"


def verbs_with_options() -> str:
    """Markdown: a section per verb with its arguments and options."""
    from btcli.cli.edge.app import command_tree

    root = command_tree()
    return HEAD + "".join(_section(f"btcli {verb}", root.get_command(None, verb)) for verb in root.list_commands(None))


def _section(name: str, command: Any) -> str:
    if not hasattr(command, "commands"):
        return _alone(name, command)
    own = _alone(name, command) if command.invoke_without_command else ""
    return own + "".join(_section(f"{name} {nested}", below) for nested, below in command.commands.items())


def _alone(name: str, command: Any) -> str:
    rows = "".join(_row(param) for param in command.params if param.name != "help")
    return f"\n## {name}\n\n{command.help}\n\n| | |\n|---|---|\n{rows}"


def _row(param: Any) -> str:
    if not param.opts[0].startswith("-"):
        return f"| `{param.metavar or param.name.upper()}` | {param.help} |\n"
    return f"| `{', '.join(sorted(param.opts, key=len, reverse=True))}` | {param.help} |\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    (ROOT / "docs" / "commands.md").write_text(verbs_with_options())
