"""The schema that editors use, and the examples beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_config_defaults import DEFAULTS

from btcli.config.loading import load_system
from btcli.config.resolved import identity
from btcli.config.schema import schema, schema_text
from btcli.config.specs.instruments import load_instruments

CONFIGS = Path(__file__).parents[2] / "configs"
EXAMPLES = sorted(CONFIGS.glob("*.yml"))


def test_the_committed_schema_is_the_current_one() -> None:
    """configs/schema.json equals what the model gives; `btcli schema > configs/schema.json` renews it."""
    assert (CONFIGS / "schema.json").read_text(encoding="utf-8") == schema_text()


def node_at(key: str) -> dict[str, Any]:
    """The schema's node of a dotted key."""
    whole = schema()
    node = whole
    for part in key.split("."):
        node = node["properties"][part]
        if "$ref" in node:
            node = {**whole["$defs"][node["$ref"].rsplit("/", 1)[1]], **node}
    return node


@pytest.mark.parametrize("key", DEFAULTS)
def test_every_key_is_in_the_schema_with_default_and_description(key: str) -> None:
    """An editor can show what each key is for and what it is when left out."""
    node = node_at(key)
    assert node["description"]
    if DEFAULTS[key] != {}:
        assert node["default"] == DEFAULTS[key]


def test_the_schema_refuses_unknown_keys_in_every_section() -> None:
    """No section accepts keys that the model does not know."""
    sections = [schema(), *schema()["$defs"].values()]
    assert [section["additionalProperties"] for section in sections] == [False] * len(sections)


def test_the_schema_requires_what_the_model_requires() -> None:
    """Fees may be left out; name, venue, symbols, timeframes, sizing and strategy may not."""
    assert sorted(schema()["required"]) == ["risk", "strategy", "symbols", "system", "timeframes", "venue"]
    required = {name: section.get("required", []) for name, section in schema()["$defs"].items()}
    assert (required["Timeframes"], required["Risk"], required["Strategy"]) == (["ltf"], ["sizing"], [])
    assert schema()["$defs"]["Strategy"]["oneOf"] == [{"required": ["use"]}, {"required": ["rules"]}]
    assert (required["Costs"], required["Window"]) == ([], ["start", "end"])


def test_no_limit_may_be_written_as_none_in_an_editor() -> None:
    """Where a limit may be absent, the schema accepts the word none and null."""
    assert {"const": "none"} in node_at("risk.max_drawdown_pct")["anyOf"]
    assert {"type": "null"} in node_at("data.derive_from")["anyOf"]


def test_instruments_may_be_a_word_a_path_or_specs() -> None:
    """The three ways to give specs are in the schema."""
    word, specs = node_at("instruments")["anyOf"]
    assert (word["type"], specs["type"]) == ("string", "object")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_a_valid_system_with_specs(path: Path) -> None:
    """The committed systems load, have specs for their symbols and a window, and name the schema."""
    system = load_system(path)
    assert list(load_instruments(system)) == list(system.symbols)
    assert system.windows
    assert path.read_text().startswith("# yaml-language-server: $schema=schema.json\n")


def test_there_are_examples_of_every_venue() -> None:
    """The demo runs on sample data, and each venue has a system."""
    assert {load_system(path).venue for path in EXAMPLES} == {"bybit", "binance", "sample"}
    demo = load_system(CONFIGS / "demo.yml")
    assert (demo.venue, demo.strategy.use, list(demo.windows)) == ("sample", "mtf_trend", ["q1"])
    assert len({json.dumps(identity(load_system(path))) for path in EXAMPLES}) == len(EXAMPLES)


def test_reading_a_system_loads_no_heavy_package() -> None:
    """The config needs neither polars, numba, duckdb, numpy nor TA-Lib, whatever it does."""
    code = """
import sys
import btcli.config.specs.instruments, btcli.config.loading, btcli.config.resolved, btcli.config.schema
heavy = {"polars", "numba", "duckdb", "_duckdb", "numpy", "talib", "typer", "rich"}
heavy &= {name.split(".")[0] for name in sys.modules}
print(*sorted(heavy))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")
