#!/bin/sh
# pydantic (PyPI) 2.14.3: a field Annotated[T, PlainValidator(function)].
# Behaviour: to build the model, T is asked for its core schema twice, although values are read by the function alone;
# the schemas serve how a value is written, and T is asked as often where a PlainSerializer after it says that too.
# Guessed otherwise because the function is said to be all that reads a value, in place of what T would do, so that a
# large T beside it seemed to cost nothing; without a PlainValidator T is asked once.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydantic==2.14.3
"$folder/venv/bin/python" - <<'PY'
from typing import Annotated

import pydantic
from pydantic_core import core_schema

asked = []


class Price(float):
    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        asked.append(source.__name__)
        return core_schema.float_schema()


def times(*said):
    asked.clear()
    model = pydantic.create_model("Model", price=(Annotated[(Price, *said)] if said else Price, ...))
    assert model.model_validate({"price": 1.5}).price == 1.5
    return len(asked)


plain, written = pydantic.PlainValidator(float), pydantic.PlainSerializer(str)
found = {"alone": times(), "PlainValidator": times(plain), "and PlainSerializer": times(plain, written)}
print(f"pydantic {pydantic.VERSION}: the type was asked for its schema {found}")
assert found == {"alone": 1, "PlainValidator": 2, "and PlainSerializer": 2}
PY
