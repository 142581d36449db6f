"""The JSON schema of system.yml, for editors; committed as configs/schema.json."""

from __future__ import annotations

import json
from typing import Any

from btcli.config.model import System
from btcli.config.specs.symbol import PACKAGED

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema as plain values; `none` is allowed wherever a key may be absent."""
    made = System.model_json_schema(by_alias=True)
    _adjust(made)
    specs = made["properties"]["instruments"]
    inline = {key: specs.pop(key) for key in ("additionalProperties", "patternProperties", "propertyNames", "type")
              if key in specs}  # fmt: skip
    specs["anyOf"] = [{"type": "string", "description": f"{PACKAGED}, or a path"}, inline]
    specs["default"] = PACKAGED
    costs = made["$defs"]["Costs"]
    costs["required"] = [key for key in costs["required"] if not key.endswith("_fee_rate")]
    sizing = made["$defs"]["Sizing"]
    sizing |= {"minProperties": 1, "maxProperties": 1}
    made["$defs"]["Strategy"]["oneOf"] = [{"required": ["use"]}, {"required": ["rules"]}]
    made["required"] = [*made["required"], "timeframes", "risk", "strategy"]
    return {"$schema": _DIALECT, "title": "btcli system.yml", **_without(made, "title")}


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _adjust(node: Any) -> None:
    """Drop the titles of keys, and let `none` stand for null."""
    if isinstance(node, list):
        for item in node:
            _adjust(item)
    if not isinstance(node, dict):
        return
    if {"type": "null"} in node.get("anyOf", []):
        node["anyOf"].append({"const": "none"})
    for below in node.get("properties", {}).values():
        below.pop("title", None)
    for below in node.values():
        _adjust(below)


def _without(node: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name != key}
