"""Turns what pydantic found into sentences of our own."""

from __future__ import annotations

import sys
from typing import Any

from pydantic_core import ErrorDetails

from btcli.config.findings import REQUIRED, Finding, KeyPath, did_you_mean, key_of, listed
from btcli.config.keys import nearest_key
from btcli.config.sections import FUNCTION, TEXT

UNKNOWN = "unknown key"
KEY = "[key]"
NO_KEYS = (KEY, TEXT, FUNCTION)  # parts of a place that pydantic adds
KEYS = "keys and values"
_EXPECTED = {
    "string_type": "a word",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "model_type": KEYS,
    "model_attributes_type": KEYS,
    "dict_type": KEYS,
    "mapping_type": KEYS,
    "tuple_type": "a list",
}
_LIMITS = {
    "greater_than": ("gt", "must be above {}"),
    "greater_than_equal": ("ge", "must be at least {}"),
    "less_than": ("lt", "must be below {}"),
    "less_than_equal": ("le", "must be at most {}"),
}
_EXAMPLES = {
    "system": "such as system: btc_trend",
    "venue": "venue: bybit, binance or sample",
    "symbols": "such as symbols: [BTCUSDT]",
    "timeframes.ltf": "such as timeframes: {ltf: 15m}",
    "risk.sizing": "such as sizing: {risk_pct: 1}",
}
_PATTERNS = {
    "features": ("letters, digits and _", "such as ema_fast"),
}


def finding_of(error: ErrorDetails) -> Finding:
    """One pydantic error as a finding; its path is the key a user would look at."""
    path: KeyPath = tuple(part for part in error["loc"] if part not in NO_KEYS)
    is_key = KEY in error["loc"]
    kind, ctx, given = error["type"], error.get("ctx", {}), error["input"]
    if kind == "refused":
        return Finding((*path, *ctx["key"]), ctx["message"], ctx["hint"])
    if kind == "extra_forbidden" or (is_key and kind == "literal_error"):
        return Finding(path, UNKNOWN, nearest_key(path))
    if kind == "missing":
        return Finding(path, REQUIRED, _EXAMPLES.get(key_of(path), ""))
    if kind == "literal_error":
        words = ctx["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return Finding(path, f"{shown(given)} is not one of {listed(words)}", did_you_mean(str(given), words))
    is_listed = isinstance(given, list) and _EXPECTED.get(kind) == KEYS
    return Finding(
        path, _sentence(kind, ctx, given, path), "write each as key: value, without - or [ ]" if is_listed else ""
    )


def shown(value: Any) -> str:
    """A value as a user would recognise it, shortened."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return KEYS
    try:
        text = f"{value!r}" if isinstance(value, str) else str(value)
    except ValueError:  # of a whole number: Python writes none that long
        return f"one of more than {sys.get_int_max_str_digits():,} digits"
    return text if len(text) <= 40 else f"{text[:37]}..."


def _sentence(kind: str, ctx: dict[str, Any], given: Any, path: KeyPath) -> str:
    if kind in _LIMITS:
        key, sentence = _LIMITS[kind]
        return f"{sentence.format(f'{ctx[key]:g}')}, got {shown(given)}"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, got {shown(given)}"
    if kind == "string_pattern_mismatch":
        allowed, example = _PATTERNS.get(str(path[0]), ("letters, digits, - and _", "such as btc_trend"))
        return f"{shown(given)} must be made of {allowed}, {example}"
    return "must not be empty" if kind in ("too_short", "string_too_short") else kind.replace("_", " ")
