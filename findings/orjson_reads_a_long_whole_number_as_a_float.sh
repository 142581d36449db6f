#!/bin/sh
# orjson (PyPI) 3.13.0: loads of a whole number beyond 64 bits, such as an identifier of 20 digits.
# Behaviour: it comes as a float, rounded, without an error: two different identifiers are equal then. The standard
# library gives both exactly.
# Guessed otherwise because the range of 64 bits is documented for reading and writing alike, dumps refuses such a
# number, and loads refuses other numbers that it cannot hold (1e400).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "orjson==3.13.0"
"$folder/venv/bin/python" - <<'PYTHON'
import json

import orjson

print("orjson", orjson.__version__)
texts = ("20241129000000000001", "20241129000000000002")


def said(call, value):
    try:
        call(value)
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


by_json, by_orjson = [json.loads(text) for text in texts], [orjson.loads(text) for text in texts]
print("json reads", by_json, "orjson reads", by_orjson)
refused = [said(orjson.dumps, by_json[0]), said(orjson.loads, "1e400")]
print("orjson writes such a number:", refused[0], "and reads 1e400:", refused[1])
assert by_json[0] != by_json[1]
assert "nothing" not in refused
assert by_orjson[0] == by_orjson[1] and isinstance(by_orjson[0], float), "long whole numbers are exact now, or refused"
PYTHON
