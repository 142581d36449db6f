#!/bin/sh
# ruamel.yaml (PyPI) 0.19.1 and PyYAML (PyPI) 6.0.4, and so the format YAML: a plain value such as ema(close, 9).
# Behaviour: in a block it is one text; between braces it ends at the comma, and what follows is another key without a
# value: {average: ema(close, 9)} is {"average": "ema(close", "9)": None}, without error or warning.
# Guessed otherwise because the same text is one value in a block, because [1, 2] in the same place is an error, and
# because an unclosed parenthesis and a key without a colon look like mistakes to any reader.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "ruamel.yaml==0.19.1" "PyYAML==6.0.4"
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import yaml
from ruamel.yaml import YAML

print("ruamel.yaml", version("ruamel.yaml"), "PyYAML", version("PyYAML"))
TEXTS = ("average: ema(close, 9)", "{average: ema(close, 9)}", "{average: ema[close, 9]}")


def read_by(load, text):
    try:
        return dict(load(text))
    except Exception as error:  # each library has its own
        return type(error).__name__


for name, load in (("ruamel.yaml", YAML().load), ("PyYAML", yaml.safe_load)):
    block, braces, brackets = (read_by(load, text) for text in TEXTS)
    for text, read in zip(TEXTS, (block, braces, brackets), strict=True):
        print(f"{name}: {text} -> {read}")
    assert block == {"average": "ema(close, 9)"}
    assert brackets == "ParserError"
    assert braces == {"average": "ema(close", "9)": None}, "a call between braces is one value now, or an error"
PYTHON
