#!/bin/sh
# typer (PyPI) 0.29.2 with pydantic 2.14.3: calling a command that has options of plain types.
# Behaviour: the call loads pydantic, and makes a validator for every option of the command, also for those that were
# not given and keep their default (one more for --help itself); only a call for help goes without.
# Guessed otherwise because click, of which typer is made, turns a text into a whole number by itself, and because an
# option that was not given has no text that anything could be made of.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check typer==0.29.2 pydantic==2.14.3
cat > "$folder/asked.py" <<'PY'
import sys

counting, verb, *words = sys.argv[1:]
made = []
if counting == "count":
    from pydantic import TypeAdapter

    begin = TypeAdapter.__init__
    TypeAdapter.__init__ = lambda self, *given, **named: (made.append(self), begin(self, *given, **named))[1]

import typer


def flag(loud: bool = False) -> None:
    """A flag."""


def many(name: str = "a", count: int = 1, share: float = 0.5, words: list[str] = []) -> None:
    """Options."""


app = typer.Typer(add_completion=False)
app.command()({"flag": flag, "many": many}[verb])
app(words, standalone_mode=False)
if counting == "count":
    print(verb, *words, "| validators:", len(made), file=sys.stderr)
    sys.exit(len(made))
print(verb, *words, "| loads pydantic:", "pydantic" in sys.modules, file=sys.stderr)
sys.exit("pydantic" in sys.modules)
PY
"$folder/venv/bin/pip" list --disable-pip-version-check 2> /dev/null | grep -E "^(typer|pydantic) "
exits() {
    wanted=$1
    shift
    code=0
    "$folder/venv/bin/python" "$folder/asked.py" "$@" > /dev/null || code=$?
    test "$code" -eq "$wanted"
}
exits 1 look flag
exits 0 look many --help
exits 1 look many
exits 1 count flag
exits 6 count many
