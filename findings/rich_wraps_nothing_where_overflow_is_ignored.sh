#!/bin/sh
# rich (PyPI) 15.0.0: Text.wrap with overflow="ignore".
# Behaviour: the text is not wrapped at all, not even between its words: one line comes back, wider than was asked.
# Guessed otherwise because overflow is documented as what becomes of text that does not fit, such as a long word, and
# wrapping has a parameter of its own, no_wrap.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "rich==15.0.0"
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version
from io import StringIO

from rich.console import Console
from rich.text import Text

print("rich", version("rich"))
console = Console(file=StringIO(), width=80)
said = "two words and two more"
for overflow in ("fold", "ignore"):
    lines = [line.plain.rstrip() for line in Text(said).wrap(console, 10, overflow=overflow, no_wrap=False)]
    print(overflow, "at 10 columns:", lines)
assert [line.plain.rstrip() for line in Text(said).wrap(console, 10, overflow="fold")] == ["two words", "and two", "more"]
ignored = [line.plain for line in Text(said).wrap(console, 10, overflow="ignore", no_wrap=False)]
assert ignored == [said], "text whose overflow is ignored is wrapped now"
PYTHON
