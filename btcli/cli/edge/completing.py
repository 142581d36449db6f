"""Answers a shell that asks what a word may be completed to; a question that cannot be answered has no answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

from btcli.errors import RequestError

VARIABLE = "_BTCLI_COMPLETE"
ASKED = "complete_"
SHOW, INSTALL = "--show-completion", "--install-completion"
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
WORDS, PLACE = "COMP_WORDS", "COMP_CWORD"  # bash's own


def is_asked() -> bool:
    """Whether it is the shell that calls, with a question or for the script that asks it."""
    return VARIABLE in os.environ


def completed() -> int:
    """Print what the shell asked for; the exit code is 0 but for a question of another protocol."""
    instruction = os.environ[VARIABLE]
    glued = _glue() if instruction == f"{ASKED}bash" else ""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = _answered()
    if not instruction.startswith(ASKED):  # the script, or what is wrong with the instruction
        sys.stderr.write(err.getvalue())
    answers = out.getvalue().splitlines(keepends=True)
    sys.stdout.write("".join(each.removeprefix(glued) for each in answers))
    return code


def is_for_a_shell(words: Sequence[str]) -> bool:
    """Whether the words ask for the script of a shell by its name; without one the shell around is found out."""
    return len(words) == 2 and words[0] in (SHOW, INSTALL)


def script_for(words: Sequence[str]) -> str:
    """The script of a named shell, or where it was installed; raises RequestError for a shell that has none."""
    from typer.completion import get_completion_script, install  # type: ignore[attr-defined]

    option, shell = words
    if shell not in SHELLS:
        hint = f"there are {', '.join(SHELLS)}; without a name it is the shell in which btcli is called"
        raise RequestError(f"no values are completed in {shell!r}", where=option, hint=hint)
    if option == SHOW:
        return get_completion_script(prog_name="btcli", complete_var=VARIABLE, shell=shell) + "\n"
    _, path = install(shell=shell, prog_name="btcli", complete_var=VARIABLE)
    return f"{shell} completion installed in {path}\nCompletion will take effect once you restart the terminal\n"


def _answered() -> int:
    from btcli.cli.edge.app import command_tree

    try:
        command_tree().main(args=[], prog_name="btcli", standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except Exception:  # noqa: BLE001  there is no place in a prompt for it
        return 0
    return 0


def _glue() -> str:
    """Put together what bash takes apart at signs of equality; what it keeps for itself of the word in question."""
    parts, place = os.environ.get(WORDS, "").split("\n"), os.environ.get(PLACE, "")
    if not place.isdecimal() or not 0 < int(place) < len(parts):
        return ""
    words, at = joined(parts, int(place))
    os.environ[WORDS], os.environ[PLACE] = "\n".join(words), str(at)
    return words[at].rpartition("=")[0] + "=" if "=" in words[at] and int(place) != at else ""


def joined(parts: Sequence[str], place: int) -> tuple[list[str], int]:
    """The words that were typed, and the place among them of the part at `place`.

    >>> joined(["btcli", "run", "--set", "strategy.use", "=", "mtf"], 5)
    (['btcli', 'run', '--set', 'strategy.use=mtf'], 3)
    """
    words, at = [parts[0]], 0
    for number, part in enumerate(parts[1:], 1):
        belongs = part.startswith("=") or (words[-1].endswith("=") and parts[number - 1].endswith("="))
        if belongs and len(words) > 1:
            words[-1] += part
        else:
            words.append(part)
        if number == place:
            at = len(words) - 1
    return words, at
