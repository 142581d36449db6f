"""Draws expressions from nonsense to nearly right, the same ones for the same seed."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator

VALID = (
    "close > open", "cross_above(fast, slow) and htf.close > htf.trend", "not (rising(close, 3) or volume == 0)",
    "2 * atr + abs(close[1] - open)", "highest(high, 20)[1] < close", "count(close > open, 10) >= 3",
    "bars_since(cross_below(fast, slow)) < 12", "cold < rsi(close, 14) < hot", "ltf.macd(close, 12, 26, 9).hist > 0",
    "min(close, open, 3) / max(low, 1)", "(close > htf.high)[2]", "-(close - far) * 1e-4",
    "sma(rsi(close, 14), 3) - 50", "(ema(close, 9) - ema(close, 21)) / close", "htf.sma(close - htf.trend, 20) > 0",
    "fast - fast[3]", "max(max(high, 20), open) - ltf.max(low, 5)", "ema(count(close > open and not low < 2, 9), 3)",
    "stddev(mom(close, 3) / (high - low), 20, 1)[2]", "bbands(obv() - obv()[9], 20, 2, 2).upper > 1", "-atr(14) * 2",
    "ETHUSDT.htf.close > ETHUSDT.htf.trend", "1000PEPEUSDT.close / 2",
    "cross_above(ETHUSDT.sma(ETHUSDT.close, 3), fast)",
)  # fmt: skip
WORDS = (
    "close", "open", "htf.trend", "fast", "far", "exec.volume", "ltf", "htf.", "position.bars", "time.hour", "and",
    "or", "not", "then", "within", "in", "is", "if", "else", "lambda", "lambda:", "await", "yield", "import", "from",
    "class", "def", "del", "None", "True", "False", "...", "nan", "inf", "f''", "b''", "'x'", '"x"', "'''", "\\",
    "ETHUSDT", "ETHUSDT.htf", "1000PEPEUSDT", "1000PEPEUSDT.", "ETHUSDT.close", "HTF.",
    "(", ")", "[", "]", "{", "}", ",", ":", ":=", ";", "=", "==", "!=", "<>", "<", "<=", "+", "-", "*", "**", "/", "//",
    "%", "@", "&", "|", "^", "~", "<<", ">>", ".", "..", "!", "?", "$", "`", "#", "->",
    "0", "1", "20", "1e9", "1e999", "0x1f",
    "0o7", "0b1", "1_0", "1j", "01", "1.", ".5", "9" * 400, "__import__", "__class__", "__builtins__", "canary()",
    "eval", "exec", "open('/dev/null')", "getattr", "os.system", "for x in", "async", "print", "globals()", "ema(",
    "sma(close, 3)", "highest(", "cross_above(", "*args", "**kw", "x=1", "\n", "\t", "\r", "\0",
    "\f", "\u2028", "\ufeff",
)  # fmt: skip
LOOKALIKES = str.maketrans(
    {"c": "с", "o": "ο", "e": "е", "a": "а", ">": "＞", "(": "（", "1": "１", "l": "ℓ", "-": "−"}
)
ATTACKS = (
    "canary()", "__import__('canary')", "close.__class__.__mro__[1].__subclasses__()", "(lambda: canary())()",
    "[canary() for x in close]", "f'{canary()}'", "(x := canary())", "close if canary() else open", "canary.canary",
    "close[canary()]", "highest(canary(), 3)", "rising(close, canary())", "{canary(): 1}", "*canary()", "canary@close",
    "ltf.canary()", "ltf.__class__(close, 3)", "sma.__globals__", "abs.__self__.exec", "().__class__.__base__",
    "close.__init__.__globals__", "max(close, canary(), 1)", "close[canary]", "close > canary()", "canary(close, 3)",
    "ltf.sma(canary(), 3)", "sma(sma(canary(), 3), 3)", "ema(close[canary()], 3)", "sma(close.canary, 3)",
    "htf.ema(canary - close, 9)", "max(canary(), 20)", "macd(close, 12, 26, 9).canary", "ltf.canary.x(close, 3)",
    "sma(close, canary())", "sma(close, length=canary())", "sma(*canary())", "`canary()`",
)  # fmt: skip
NESTED = (
    ("(", "close", ")"), ("-", "close", ""), ("not ", "close > 1", ""), ("abs(", "close", ")"), ("", "close", "[1]"),
    ("highest(", "close", ", 2)"), ("sma(", "close", ", 2)"),
    ("htf.ema(", "close", ", 2)"), ("max(", "close", ", 20)"), ("-abs(sma(", "close", ", 3)[1])"),
    ("close + (", "1", ")"), ("[", "1", "]"), ("close if ", "1", " else 2"),
    ("close ** ", "1", ""), ("close < ", "1", ""), ("close and ", "close", ""), ("lambda: ", "1", ""), ("", "a", ".a"),
)  # fmt: skip


def texts(seed: int, count: int) -> Iterator[str]:
    """So many texts, a seventh of each kind."""
    draw = random.Random(seed)
    kinds = (_bytes, _soup, _mutated, _attack, _deep, _lookalike, _long)
    for number in range(count):
        yield kinds[number % len(kinds)](draw)


def _bytes(draw: random.Random) -> str:
    if draw.random() < 0.5:
        return draw.randbytes(draw.randrange(1, 60)).decode("latin-1")
    return "".join(
        chr(draw.choice([draw.randrange(1, 0xD800), draw.randrange(128)])) for _ in range(draw.randrange(40))
    )


def _soup(draw: random.Random) -> str:
    return draw.choice(["", " "]).join(draw.choices(WORDS, k=draw.randrange(1, 16)))


def _mutated(draw: random.Random) -> str:
    text = draw.choice(VALID)
    for _ in range(draw.choice([0, 1, 1, 2, 4])):
        at = draw.randrange(len(text) + 1)
        new = draw.choice(["", draw.choice(string.printable), draw.choice(WORDS), f" {draw.choice(WORDS)} ", text[:at]])
        text = text[:at] + new + text[at + draw.choice([0, 1, 3]) :]
    return text


def _attack(draw: random.Random) -> str:
    attack, valid = draw.choice(ATTACKS), draw.choice(VALID)
    return draw.choice([attack, f"{attack} > 1", f"{valid} and {attack}", valid.replace("close", attack, 1)])


def _deep(draw: random.Random) -> str:
    count = draw.choice([3, 20, 49, 50, 51, 60, 150, 900, 5_000])
    opening, inside, closing = draw.choice(NESTED)
    return opening * count + inside + closing * count


def _lookalike(draw: random.Random) -> str:
    text = draw.choice(VALID)
    at = draw.randrange(len(text))
    return text[:at] + text[at : at + draw.randrange(1, 9)].translate(LOOKALIKES) + text[at + 3 :]


def _long(draw: random.Random) -> str:
    part = draw.choice(["9", "close+", "a", "1,", " ", ".", "1e", "close>", "close and ", "(close)+", "+", "~", "é"])
    return part * draw.choice([10, 64, 400, 1_300, 3_999, 9_000]) + draw.choice(["", "1", "close", "close > 1"])
