#!/bin/sh
# bokeh (PyPI) 3.9.2: Document.to_json() of a document that holds a data source, its column a plain list of numbers.
# Behaviour: the dict that it gives is refused by json.dumps, with a TypeError that names bokeh's own class Serialized;
# bokeh.core.json_encoder.serialize_json takes it.
# Guessed otherwise because the method is called to_json and documented as giving JSON, and its counterpart
# Document.from_json() takes what json.loads gives.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "bokeh==3.9.2"
"$folder/venv/bin/python" - <<'PYTHON'
import json
from importlib.metadata import version

from bokeh.core.json_encoder import serialize_json
from bokeh.document import Document
from bokeh.models import ColumnDataSource

print("bokeh", version("bokeh"))
document = Document()
document.add_root(ColumnDataSource({"x": [1.0, 2.0]}))
given = document.to_json()
print("serialize_json:", len(serialize_json(given)), "letters")
try:
    json.dumps(given)
except TypeError as error:
    print("json.dumps:", error)
else:
    raise AssertionError("json.dumps takes what to_json gives now")
again = Document.from_json(json.loads(serialize_json(given)))
print("read back:", again.roots[0].data)
PYTHON
