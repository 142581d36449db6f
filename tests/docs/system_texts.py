"""docs/system.md, the reference of every key of system.yml, from the schema that an editor reads."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
Node = Mapping[str, Any]

HEAD = """\
# system.yml

Written by `make docs` from the model of a system file; every row is what the program accepts.

A system file says what is tested: venue, symbols, timeframes, costs, risk, features, strategy. It is YAML 1.2:
`1e-4` is a number, `no` is a word, a key that stands twice is an error. Unknown keys are errors too, and every
problem of a file is told at once, as `file:line:column key: message`. `--set key=value` replaces one value; the
value is YAML (`--set 'risk.sizing={qty: 0.1}'`). With the first line `# yaml-language-server: $schema=schema.json`
an editor checks and completes while you type; `btcli schema` prints that file. Examples lie in
[configs](../configs/README.md).

## Every key
"""
FEES = "\nThe fee rates default to the venue's: {}.\n"

SPECS = """
## Trading rules

The packaged snapshots hold BTCUSDT and ETHUSDT of each venue with the source of every group of figures. For any
other symbol write the rules under `instruments` (see [inline_rules.yml](../configs/inline_rules.yml)), or name a
JSON file of the same shape: `{"format": 1, "as_of": "2024-01-31", "instruments": {"SOLUSDT": {...}}}`, its path
counted from the system file; `btcli data instruments import` makes one of a venue's saved answers. A snapshot that
names its `venue` is refused where the system's is another one (venue `sample` takes any). A run spells the rules it
used out in `system.resolved.yml`, and says in its summary and its manifest where they are from and how old they
were. Fees are not here: they are `costs`.
"""
TABLE = "\n| key | values | default | meaning |\n|---|---|---|---|\n"
TIMEFRAMES = "1m … 1d"
VALUES = {  # where the schema's own words would be a pattern or a type
    "system": "letters, digits, `-`, `_`",
    "symbols": "list, one to 128",
    "windows": "name: {start, end}",
    "account.leverage": "1 … 200",
    "costs.per_symbol": "symbol: {any rate or share above}",
    "risk.sizing": "{one of qty, notional_usdt, notional_pct, margin_pct, risk_pct: value}",
    "warmup.bars": "role: bars",
    "instruments": "packaged, a path, or rules per symbol",
    "features": "role: {name: expression, or {python, bars, args}}",
    "signals.file": "a path",
    "signals.available_at": "text",
    "signals.columns": "list of names, none",
    "signals.symbol": "text, none",
    "signals.max_age": "as 20m, 4h or 2d, none",
    "strategy.use": "text",
    "strategy.params": "name: value",
    "strategy.per_symbol": "symbol: {use or rules, params}",
    "strategy.rules.stop": "expression, or {price: expression}",
    "strategy.rules.target": "expression, or {price: expression}",
    "strategy.rules.order": "market, or {limit: expression, stop: expression, for: bars or 20m} one price at least",
    "strategy.rules.pause_after_losses": "{losses: count, bars: count}",
    "strategy.rules.session": "{hours: 07:00-21:30, days: mon-fri, not_around_funding: 10m}, one of them at least",
    "strategy.rules.size": "{one of qty, notional_usdt, notional_pct, margin_pct, risk_pct: expression}",
    "strategy.rules.trail": "{one of distance, pct, atr; from}",
    "strategy.rules.exits": (
        "list of up to 4 {share: 0 to 1, at or when: expression, then: break_even or {stop, trail}}"
    ),
    "strategy.rules.adds": "{when: expression, most: 1 to 1000, apart: expression}",
    "strategy.rules.target_by_age": "{ltf bars: expression}, up to 8",
    "tiers": "list of {limit_usdt, maintenance_rate, max_leverage, …}",
    "listed": "a UTC time, none",
    "delisted": "a UTC time, none",
    "source": "text",
    "as_of": "text",
}
DEFAULTS = {
    **dict.fromkeys(("signals.file", "signals.available_at"), "required with `signals`"),
    "strategy.use": "required, or `rules`",
    "strategy.rules": "none, if `use` is there",
}
BLOCKS = ("strategy.rules", "strategy.rules.long", "strategy.rules.short")
SECTIONS = ("account", "costs", "data", "fills", "output", "risk", "signals", "strategy", "timeframes", "warmup")
WHOLE = (
    "risk.sizing",
    "strategy.rules.long",
    "strategy.rules.short",
    "strategy.rules.trail",
    "strategy.rules.size",
    "strategy.rules.pause_after_losses",
    "strategy.rules.session",
    "strategy.rules.exits",
    "strategy.rules.adds",
    "strategy.rules.target_by_age",
    "strategy.rules.stop_follow",
)  # told in one row, with what they hold


class Row(NamedTuple):
    """A key: what may be written, what counts when it is left out, what it does."""

    key: str
    values: str
    default: str
    meaning: str

    def __str__(self) -> str:
        return f"| `{self.key}` | {self.values} | {self.default} | {self.meaning} |\n"


def reference() -> str:
    """The page as markdown."""
    from btcli.config.schema import schema
    from btcli.config.venues import VENUES

    made = schema()
    fees = "; ".join(
        f"{name} {each.taker_fee_rate:g} taker, {each.maker_fee_rate:g} maker" for name, each in VENUES.items()
    )
    keys = "".join(map(str, rows_of(made, made["$defs"])))
    specs = "".join(map(str, spec_rows(made["$defs"])))
    return HEAD + TABLE + keys + FEES.format(fees) + SPECS + TABLE + specs


def rows_of(node: Node, defs: Node, above: str = "") -> Iterator[Row]:
    """A row for every key below a section, in the order of the model."""
    required = node.get("required", ())
    for name, said in node["properties"].items():
        key = f"{above}{name}"
        below = _resolved(said, defs)
        if key not in SECTIONS:
            yield _row(key, below, is_required=name in required)
        if "properties" in below and key not in WHOLE:
            yield from rows_of(below, defs, f"{key}.")


def spec_rows(defs: Node) -> Iterator[Row]:
    """A row for every key of a symbol's trading rules, its tiers' among them."""
    specs, tier = defs["SymbolSpecs"], defs["TierSpecs"]
    for name, said in specs["properties"].items():
        yield _row(name, said, is_required=name in specs["required"])
        if name == "tiers":
            yield from (_row(of, below, is_required=of in tier["required"]) for of, below in tier["properties"].items())


def _resolved(said: Node, defs: Node) -> Node:
    ways = [said, *said.get("anyOf", ())]
    link = next((way["$ref"] for way in ways if "$ref" in way), None)
    return said if link is None else {**defs[link.rsplit("/", 1)[1]], **said}


def _row(key: str, said: Node, *, is_required: bool) -> Row:
    meaning, _, otherwise = said["description"].partition("; default ")
    default = DEFAULTS.get(key) or otherwise or ("required" if is_required else _written(said.get("default")))
    values = VALUES.get(key) or (_keys(key) if key in BLOCKS else _values(said))
    return Row(key, values.replace("|", "\\|"), default, meaning.replace("docs/rules.md", "[rules.md](rules.md)"))


def _keys(key: str) -> str:
    """Those of rules, or of a side of them."""
    from btcli.config.rules import RULE_KEYS, Rules

    return f"{{{', '.join(Rules.model_fields if key == BLOCKS[0] else RULE_KEYS)}}}"


def _values(said: Node) -> str:
    ways = said.get("anyOf", [said])
    words = [_of_one(way) for way in ways if way.get("type") != "null" and "const" not in way]
    return ", ".join([*words, *(["none"] if len(ways) > len(words) else [])])


def _of_one(said: Node) -> str:
    if "enum" in said:
        return ", ".join(said["enum"])
    if said.get("pattern", "").endswith("[mhdw]$"):
        return TIMEFRAMES
    kind = said["type"]
    if kind == "boolean":
        return "true, false"
    if kind == ["string", "number"]:
        return "expression"
    if kind == ["number", "string"]:
        return "a decimal > 0"
    noun = "a whole number" if kind == "integer" else "a number"
    return " ".join([noun, *_limits(said)])


def _limits(said: Node) -> Iterator[str]:
    signs = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="}
    found = [f"{sign} {said[limit]:g}" for limit, sign in signs.items() if limit in said]
    yield from ([" and ".join(found)] if found else [])


def _written(default: Any) -> str:
    if default in (None, "", {}):
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else re.sub(r"\s+", " ", str(default))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    (ROOT / "docs" / "system.md").write_text(reference(), encoding="utf-8")
