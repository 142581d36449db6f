"""Reads hostile configs in a process of their own and tells of each what it cost: run with numbers of configs."""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import process_time

HEAD = """\
system: hostile
venue: sample
symbols: [BTCUSDT]
timeframes: {ltf: 1h}
windows: {w: {start: 2024-01-01, end: 2024-02-01}}
risk: {sizing: {qty: 0.01}}
"""
RULED = HEAD + "strategy: {rules: {long: {enter: %s}}}\n"
KEYS = (
    "system", "venue", "symbols", "timeframes", "windows", "account", "risk", "features", "strategy", "fills", "data",
    "output", "costs", "instruments",
)  # fmt: skip
WRONG = ("17", "[[[]]]", "{a: {b: 1}}", "null", "-1e400", "'\\0'", "!!python/object:os.system 1", "__class__", "true")
MEGABYTE = 1 << 20


def laughs(levels: int, wide: int) -> str:
    """A billion laughs: every line names the one before `wide` times."""
    lines = ["a0: &a0 [lol]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [{', '.join(wide * [f'*a{level - 1}'])}]")
    return "\n".join(lines)


def many_aliases(nodes: int, aliases: int) -> str:
    """One large anchor, named often: flat, so that no alias stands inside an anchor."""
    return f"{HEAD}a: &a [{', '.join(nodes * ['1'])}]\nb: [{', '.join(aliases * ['*a'])}]\n"


def deep_and_long() -> Iterator[str]:
    """Nesting of YAML and of expressions."""
    for count in (6_000, 300_000):
        yield "a: " + "[" * count
        yield "a: " + "{a: " * count
        yield "a: " + "[" * count + "]" * count
        yield "".join(f"{' ' * (k % 1_000)}a:\n" for k in range(min(count, 2_000)))
        yield "- " * count
        yield "? " * count
        yield RULED % ("(" * count + "close" + ")" * count + " > 1")
        yield RULED % ("'" + "not " * count + "close > 1'")
        yield RULED % ("'" + "-" * count + "close > 1'")
        yield RULED % ("'close" + "[1]" * count + " > 1'")
        yield RULED % ("'close > " + "9" * count + "'")
        yield RULED % ("'close > 1" + " and close > 1" * count + "'")
        yield RULED % ("'close > 1" + " + close" * count + "'")


def aliases_and_tags() -> Iterator[str]:
    """Anchors, merges, tags and directives."""
    yield from (laughs(levels, wide) for levels, wide in ((5, 10), (12, 10), (40, 20), (3, 3_000)))
    yield from (many_aliases(nodes, count) for nodes, count in ((10, 100_000), (10_000, 10_000), (100_000, 50_000)))
    yield f"{HEAD}a: &a {{{', '.join(f'k{k}: {{b: [1, 2]}}' for k in range(5_000))}}}\n" + "".join(
        f"b{k}: *a\n" for k in range(20_000)
    )
    yield "a: &a [*a]"
    yield "a: &a {b: *b, c: &b {d: *a}}"
    yield f"{HEAD}<<: *nobody\n"
    yield f"{HEAD}base: &b {{risk: 1}}\n<<: *b\n"
    yield f"{HEAD}<<: [{{a: 1}}, {{b: 2}}]\n"
    for tag in ("!!python/object/apply:os.system ['true']", "!!python/name:os.system", "!!binary aGk=", "!!set {a}"):
        yield f"{HEAD}strategy: {tag}\n"
        yield RULED % tag
    yield from (f"%TAG ! tag:evil,2000:\n---\n{HEAD}a: !x 1\n", "%YAML 9.9\n---\na: 1\n", "%FOO\n---\na: 1")


def bytes_and_blocks() -> Iterator[str | bytes]:
    """What is no text, or a great deal of it."""
    yield from (b"\xff\xfe" + HEAD.encode("utf-16-le"), b"\xff\xff\xff", b"a: \xc3\x28", b"\x80" * 1_000)
    yield from (b"\x00" * MEGABYTE, HEAD.encode() + b"\x00", b"a: \x00", b"\xef\xbb\xbf" * 3, b"\xef\xbb\xbf")
    yield from (b"x" * 10 * MEGABYTE, b"a: 1\n" * (2 * MEGABYTE), b"[" * 10 * MEGABYTE, b"\n" * 10 * MEGABYTE)
    yield from (b"#" * 900_000, b"a: '" + b"x" * 900_000, b"a: " + b"x" * 900_000, b" " * 900_000 + b"a", b"\t" * 900)
    yield "a: |\n" + " x\n" * 300_000
    yield "a: >\n" + " x\n" * 300_000
    yield 'a: "' + "\\x41" * 200_000 + '"'
    yield "".join(f"k{k}: 1\n" for k in range(90_000))
    yield "a: 1\n" * 30_000
    yield "---\na: 1\n" * 20_000
    yield "&a " * 100_000
    yield "! " * 100_000
    yield "a: [" + ",".join(200_000 * ["1"]) + "]"


def numbers_and_names() -> Iterator[str]:
    """Values of known keys that are too many, too large or not what they ought to be."""
    yield f"{HEAD}symbols: [" + ",".join(f"S{k}USDT" for k in range(60_000)) + "]"
    yield f"{HEAD}features: {{ltf: {{" + ", ".join(f"f{k}: 'ema(close, 5)'" for k in range(20_000)) + "}}"
    yield f"{HEAD}features: {{ltf: {{f: 'ema(close, {'9' * 100_000})'}}}}"
    yield f"{HEAD}features: {{ltf: {{f: '{'ema(' * 50_000}close{')' * 50_000}'}}}}"
    yield f"{HEAD}strategy: {{params: {{" + ", ".join(f"p{k}: 1" for k in range(40_000)) + "}, use: ema_rsi_atr}"
    yield f"{HEAD}account: {{initial_equity_usdt: {'9' * 400_000}}}"
    yield f"{HEAD}account: {{initial_equity_usdt: 0x{'f' * 400_000}}}"
    yield f"{HEAD}account: {{initial_equity_usdt: 1e{'9' * 100_000}}}"
    yield f"{HEAD}windows: {{w: {{start: '{'2' * 300_000}', end: 2024-01-01}}}}"
    yield f"{HEAD}timeframes: {{ltf: {'9' * 300_000}m}}"
    for name in ("__class__", "__import__('os')", "__builtins__", "close.__class__.__mro__", "(lambda: 1)()"):
        yield RULED % f'"{name} > 1"'
        yield f"{HEAD}{name.partition('(')[0]}: 1\n"
    yield "ключ: значение\n" * 20_000
    yield "a: \u202e\u2066\ufeff1"
    yield "a\u2028b: \x85 c"
    yield "😀" * 100_000
    for key in KEYS:
        for wrong in WRONG:
            yield f"{HEAD}{key}: {wrong}\n" if f"\n{key}:" not in f"\n{HEAD}" else _replaced(key, wrong)


def _replaced(key: str, value: str) -> str:
    lines = [f"{key}: {value}" if line.startswith(f"{key}:") else line for line in HEAD.splitlines()]
    return "\n".join(lines) + "\nrisk_: 1\n"


def features() -> Iterator[str]:
    """Features that are too deep, too long, too many, or made of themselves."""
    whole = RULED % "'close > open'"

    def of(named: Mapping[str, str]) -> str:
        return f"{whole}features:\n  ltf:\n" + "".join(f"    {name}: '{text}'\n" for name, text in named.items())

    for count in (60, 3_000, 100_000):
        for before, after in (("(", ")"), ("sma(", ", 2)"), ("ema(close - ", ", 9)"), ("-", ""), ("", "[1]")):
            yield of({"a": before * count + "close" + after * count})
    yield of({"a": "close+" * 1_300 + "close"})
    yield of({"a": f"close[{'9' * 900}]"})
    yield of({"a": f"ema(close, {'9' * 900})"})
    yield of({"a": "close.__class__.__mro__"})
    yield of({"a": "sma(close, 9).__init__"})
    yield of({"f0": "close - open", **{f"f{n}": f"f{n - 1} * f{n - 1}" for n in range(1, 5_000)}})
    yield of({"f0": "close - open", **{f"f{n}": f"-f{n - 1}" for n in range(1, 10_000)}})
    yield of({f"f{n}": f"f{(n + 1) % 10_000}" for n in range(10_000)})
    yield of({f"f{n}": " + ".join(f"f{(n + k) % 300}" for k in range(1, 40)) for n in range(300)})
    yield of({f"a_long_name_{n}": f"a_long_name_{n}x" for n in range(10_000)})
    yield of({f"f{n}": "emma(clse, 3)" for n in range(10_000)})


def damaged() -> Iterator[bytes]:
    """A whole system with bytes changed, left out and doubled."""
    whole = (RULED % "'close > open'").encode()
    for seed in range(60):
        draw, data = random.Random(seed), bytearray(whole)
        for _ in range(draw.choice([1, 3, 10])):
            at = draw.randrange(len(data))
            data[at : at + draw.choice([0, 1, 5])] = draw.choice([b"", draw.randbytes(2), bytes(data[at : at + 9]) * 9])
        yield bytes(data) + b"\nnobody_knows: 1\n"


def configs() -> list[bytes]:
    """All of them as bytes."""
    drawn = (*deep_and_long(), *aliases_and_tags(), *bytes_and_blocks(), *numbers_and_names(), *features(), *damaged())
    return [text if isinstance(text, bytes) else text.encode() for text in drawn]


def unit_s() -> float:
    """The CPU seconds that the YAML library alone takes for a plain list of as many values as a config may have."""
    from ruamel.yaml import YAML

    from btcli.config.document import MOST_NODES

    text, costs = "- 1\n" * MOST_NODES, []
    for _ in range(3):
        began = process_time()
        deque(YAML(typ="safe", pure=True).parse(text), maxlen=0)
        costs.append(process_time() - began)
    return min(costs)


def least_cost_of(read: Callable[[Path], object], path: Path, enough_s: float) -> tuple[float, str]:
    """The least CPU seconds of three times, or the first that are few enough: what works beside it costs some, too."""
    found = [cost_of(read, path)]
    while found[-1][0] > enough_s and len(found) < 3:
        found.append(cost_of(read, path))
    return min(found)


def cost_of(read: Callable[[Path], object], path: Path) -> tuple[float, str]:
    """The CPU seconds until it ended, and how: the first line of the error."""
    from btcli.errors import ConfigError

    began = process_time()
    try:
        read(path)
        ended = "accepted"
    except ConfigError as error:
        ended = f"refused: {str(error)[:200]}"
    except BaseException as error:  # noqa: BLE001 - what comes through here is what is looked for
        ended = f"broken: {type(error).__name__}: {str(error)[:200]}"
    return process_time() - began, ended


def peak_mb() -> float:
    """The most memory that this process has had; where the system tells it, without what its parent had."""
    try:
        told = Path("/proc/self/status").read_text()
        return int(told.partition("VmHWM:")[2].split()[0]) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(numbers: list[int]) -> None:
    """Print a JSON line per config: number, cost, peak memory of the process so far in MB, and how it ended.

    The cost is in units, which no machine's speed changes.
    """
    from btcli.config.loading import load_system
    from btcli.features.plan import plan_features
    from btcli.features.talib_calls import load_for_arrays
    from btcli.simulation.ruled import ruled_strategy

    def read(path: Path) -> None:
        system = load_system(path)
        if system.strategy is not None and system.strategy.rules is not None:
            ruled_strategy(system, system.strategy, system.where)
        plan_features(system.features, locate=system.where_value)

    load_for_arrays()
    every, unit = configs(), unit_s()
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            path = Path(folder) / "system.yml"
            path.write_bytes(every[number])
            seconds, ended = least_cost_of(read, path, 2 * unit)
            sys.stdout.write(json.dumps([number, round(seconds / unit, 2), round(peak_mb()), ended]) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]])
