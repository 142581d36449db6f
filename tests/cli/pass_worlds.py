"""A small market on which every trade hangs on the path, and strategies that remember something in many ways."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from cli_worlds import say

START_MS = 1_704_067_200_000  # 2024-01-01
HOUR_MS, QUARTER_MS = 3_600_000, 900_000
SYMBOLS = ("BTCUSDT", "ETHUSDT")
SPECS = (
    "{tick_size: 0.01, qty_step: 0.001, min_qty: 0.001, max_qty: 1000000,"
    " tiers: [{limit_usdt: 1000000000, maintenance_rate: 0.005, max_leverage: 100}]}"
)
SYSTEM = """\
system: t
venue: sample
symbols: [SYMBOLS]
timeframes: {ltf: 1h}
windows: {w: {start: 2024-01-02, end: 2024-01-03}}
account: {initial_equity_usdt: 10000, leverage: 10}
costs: {taker_fee_rate: 0, maker_fee_rate: 0, slippage_bps: 0, stop_slippage_bps: 0}
fills: {mark_source: last}
risk: {sizing: {qty: 1}}
instruments: {RULES}
strategy: {STRATEGY}
"""
ONE, TWO = ("BTCUSDT",), SYMBOLS
SHAPES: dict[str, tuple[tuple[str, ...], str]] = {
    "one": (ONE, 'use: "s.py:S"'),
    "two": (TWO, 'use: "s.py:S"'),
    "per_symbol": (TWO, 'use: "s.py:S", per_symbol: {ETHUSDT: {use: "s.py:Other"}}'),
}

PLAIN = """\
from btcli.strategies import Direction, Signal, Strategy

HEAD

class S(Strategy):
    asked = 0

    def decide(self, snapshot):
        self.asked += 1
        if self.asked > 7:
            MARK
        if CHECK:
            return None
        return Signal(Direction.LONG, stop_distance=0.5, target_distance=0.5)


class Other(S):
    pass
"""


@dataclass(frozen=True)
class Memory:
    """Where a strategy remembers that it is done, after seven questions; `head` stands at the top of its file."""

    mark: str
    check: str
    head: str = ""

    @property
    def source(self) -> str:
        """The strategy: seven longs at most, as long as nothing reminds it of an earlier life."""
        return PLAIN.replace("HEAD", self.head).replace("MARK", self.mark).replace("CHECK", self.check)


INSTANCE = Memory("self.done = True", "getattr(self, 'done', False)")


def attribute(owner: str, head: str = "") -> Memory:
    """An attribute that is put on some object."""
    return Memory(f"setattr({owner}, 'done_before', True)", f"hasattr({owner}, 'done_before')", head)


MEMORIES = {
    "instance": INSTANCE,
    "class": attribute("type(self)"),
    "base class": attribute("Strategy"),
    "parameters of the base class": attribute("Strategy.Params"),
    "method of the base class": attribute("Strategy.decide"),
    "module": Memory("SEEN.append(1)", "SEEN", "SEEN = []"),
    "helper module": Memory("helper.SEEN.append(1)", "helper.SEEN", "import helper"),
    "lazily imported module": Memory("__import__('lazy').SEEN.append(1)", "__import__('lazy').SEEN"),
    "lazily imported package": Memory(
        "__import__('deep.inner').inner.SEEN.append(1)", "__import__('deep.inner').inner.SEEN"
    ),
    "default argument": Memory("memory().append(1)", "memory()", "def memory(seen=[]):\n    return seen"),
    "closure": Memory(
        "NOTE()", "DONE()", "def pair():\n    n = []\n    return lambda: n.append(1), lambda: n\nNOTE, DONE = pair()"
    ),
    "generator": Memory(
        "FLAGS.send(True)",
        "FLAGS.send(False)",
        "def flags():\n    done = False\n    while True:\n        done |= (yield done)\nFLAGS = flags()\nnext(FLAGS)",
    ),
    "cache decorator": Memory(
        "box().append(1)", "box()", "from functools import cache\n@cache\ndef box():\n    return []"
    ),
    "descriptor": Memory(
        "self.kept = 1",
        "self.kept",
        "class Kept:\n    def __get__(self, *_):\n        return vars(self)\n    def __set__(self, _, value):\n"
        "        self.value = value\n\nclass Keeping:\n    kept = Kept()\n"
        "Strategy = type('Base', (Keeping, Strategy), {})",
    ),
    "enum of its own": attribute("Mood.GLAD", "from enum import Enum\nclass Mood(Enum):\n    GLAD = 1"),
    "direction": attribute("Direction"),
    "member of direction": attribute("Direction.LONG"),
    "signal": attribute("Signal"),
    "built-in strategy": attribute("EmaRsiAtr", "from btcli.strategies.builtin.ema_rsi_atr import EmaRsiAtr"),
    "features of a built-in strategy": Memory(
        "EmaRsiAtr.features['ltf']['done'] = 'x'",
        "'done' in EmaRsiAtr.features['ltf']",
        "from btcli.strategies.builtin.ema_rsi_atr import EmaRsiAtr",
    ),
    "list of names of btcli": Memory(
        "btcli.strategies.__all__.append('done')", "'done' in btcli.strategies.__all__", "import btcli.strategies"
    ),
    "module of btcli": attribute("btcli.strategies", "import btcli.strategies"),
    "another module of btcli": attribute("btcli.timeframe", "import btcli.timeframe"),
    "random": Memory(
        "random.seed(5)", "random.getstate() == FIVE", "import random\nFIVE = random.Random(5).getstate()"
    ),
    "random numbers never seeded": Memory(
        "random.random()", "random.getstate() != FIRST", "import random\nFIRST = random.Random(0).getstate()"
    ),
    "numpy's generator": Memory("np.random.seed(5)", "np.random.get_state()[1][0] == 5", "import numpy as np"),
    "numpy's errors": Memory("np.seterr(under='raise')", "np.geterr()['under'] == 'raise'", "import numpy as np"),
    "environment": Memory("os.environ['DONE_BEFORE'] = '1'", "'DONE_BEFORE' in os.environ", "import os"),
    "working directory": Memory("os.chdir('/')", "os.getcwd() == '/'", "import os"),
    "import path": Memory("sys.path.append('/done')", "'/done' in sys.path", "import sys"),
    "arguments": Memory("sys.argv.append('done')", "'done' in sys.argv", "import sys"),
    "stash among the modules": Memory("sys.modules['stash'] = sys", "'stash' in sys.modules", "import sys"),
    "module put in another's place": Memory(
        "sys.modules['colorsys'] = sys", "__import__('colorsys') is sys", "import sys, colorsys"
    ),
    "builtins": attribute("builtins", "import builtins"),
    "sys": attribute("sys", "import sys"),
    "recursion limit": Memory("sys.setrecursionlimit(4321)", "sys.getrecursionlimit() == 4321", "import sys"),
    "main module": attribute("__import__('__main__')"),
    "module of the standard library": attribute("math", "import math"),
    "class of the standard library": attribute("PurePath", "from pathlib import PurePath"),
    "function of the standard library put in place": Memory(
        "math.floor = len", "math.floor is len", "import math, builtins"
    ),
    "numpy": attribute("np", "import numpy as np"),
    "metaclass": Memory(
        "Meta.seen.append(1)", "Meta.seen", "class Meta(type):\n    seen = []\nStrategy = Meta('B', (Strategy,), {})"
    ),
    "registry of an abstract class": Memory(
        "Known.register(int)", "issubclass(int, Known)", "from abc import ABC\nclass Known(ABC):\n    pass"
    ),
    "subclasses of the base class": Memory(
        "type(self).done = True", "any(getattr(each, 'done', 0) for each in BASE.__subclasses__())", "BASE = Strategy"
    ),
    "set of weak references": Memory("KNOWN.add(S)", "len(KNOWN)", "from weakref import WeakSet\nKNOWN = WeakSet()"),
    "context variable": Memory(
        "DONE.set(1)", "DONE.get()", "from contextvars import ContextVar\nDONE = ContextVar('done', default=0)"
    ),
    "thread's own": Memory("OWN.done = 1", "hasattr(OWN, 'done')", "import threading\nOWN = threading.local()"),
    "warnings": Memory(
        "warnings.filterwarnings('ignore', 'done')",
        "any(each[1] and each[1].pattern == 'done' for each in warnings.filters)",
        "import warnings",
    ),
    "warnings given once": Memory(
        "warnings.onceregistry['done'] = 1", "'done' in warnings.onceregistry", "import warnings"
    ),
    "logger": attribute("logging.getLogger('mine')", "import logging"),
    "handlers of the root logger": Memory(
        "logging.root.addHandler(Silent())",
        "any(type(each).__name__ == 'Silent' for each in logging.root.handlers)",
        "import logging\nclass Silent(logging.NullHandler):\n    pass",
    ),
    "decimals": Memory("getcontext().prec = 5", "getcontext().prec == 5", "from decimal import getcontext"),
    "members of direction": Memory("Direction._member_map_['DONE'] = 1", "'DONE' in Direction._member_map_"),
    "method of the base class replaced": Memory(
        "BASE.__init__ = init",
        "BASE.__init__ is init",
        "BASE = Strategy\ndef init(self, params):\n    self.params = params",
    ),
    "attribute of a class of the standard library replaced": Memory(
        "JSONEncoder.item_separator = '!'", "JSONEncoder.item_separator == '!'", "from json import JSONEncoder"
    ),
    "function of btcli replaced": Memory(
        "timeframe.utc_text = str", "timeframe.utc_text is str", "from btcli import timeframe"
    ),
    "thing without a name among the modules": Memory(
        "sys.modules['thing'] = Thing()",
        "'thing' in sys.modules",
        "import sys\nclass Thing:\n    def __getattr__(self, name):\n        raise ValueError(name)",
    ),
    "umask": Memory(
        "os.umask(0o011)",
        "mask() == 0o011",
        "import os\ndef mask():\n    os.umask(now := os.umask(0))\n    return now",
    ),
    "switch interval": Memory("sys.setswitchinterval(0.25)", "sys.getswitchinterval() == 0.25", "import sys"),
    "cached property": Memory(
        "self.kept.append(1)",
        "self.kept",
        "from functools import cached_property\nclass Base(Strategy):\n    @cached_property\n    def kept(self):\n"
        "        return []\nStrategy = Base",
    ),
    "garbage that lives on": Memory(
        "HELD.append(self); self.done = 1",
        "any(type(each).__name__ == 'S' and hasattr(each, 'done') for each in HELD)",
        "import sys\nHELD = sys.__dict__.setdefault('held', [])",
    ),
    "class of the standard library that was not loaded": attribute("Cmd", "from cmd import Cmd"),
    "module of the standard library imported while deciding": attribute("__import__('tabnanny')"),
    "policy of event loops": Memory(
        "asyncio.set_event_loop_policy(Policy())",
        "type(asyncio.get_event_loop_policy()).__name__ == 'Policy'",
        "import asyncio\nclass Policy(asyncio.DefaultEventLoopPolicy):\n    pass",
    ),
    "defaults of a method of the base class": Memory(
        "BASE.decide.__defaults__ = (1,)", "BASE.decide.__defaults__ == (1,)", "BASE = Strategy"
    ),
    "code of a method of the base class": Memory(
        "BASE.__init__.__code__ = NEW.__code__",
        "BASE.__init__.__code__.co_name == 'init'",
        "BASE = Strategy\ndef init(self, params):\n    self.params = params\nNEW = init",
    ),
    "answer to a signal": Memory(
        "signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN",
        "import signal",
    ),
    "timer": Memory(
        "signal.setitimer(signal.ITIMER_VIRTUAL, 9999)", "signal.getitimer(signal.ITIMER_VIRTUAL)[0]", "import signal"
    ),
    "collector switched off": Memory("gc.disable()", "not gc.isenabled()", "import gc"),
    "collector's frozen objects": Memory("gc.freeze()", "gc.get_freeze_count()", "import gc"),
    "collector's listeners": Memory(
        "gc.callbacks.append(heard)",
        "any(each.__name__ == 'heard' for each in gc.callbacks)",
        "import gc\ndef heard(*_):\n    pass",
    ),
    "profiler": Memory(
        "sys.setprofile(watch)",
        "getattr(sys.getprofile(), '__name__', '') == 'watch'",
        "import sys\ndef watch(*_):\n    pass",
    ),
    "how numpy prints": Memory(
        "np.set_printoptions(precision=3)", "np.get_printoptions()['precision'] == 3", "import numpy as np"
    ),
    "time zone": Memory("os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()", "time.timezone == -32400", "import os, time"),
}
DRAWN = """\
from btcli.strategies import Direction, Signal, Strategy
HEAD

class S(Strategy):
    def decide(self, snapshot):
        return Signal(Direction.LONG, stop_distance=0.5 + (DRAW), target_distance=0.5)
"""


def drawn(head: str, draw: str) -> str:
    """A strategy whose every stop is a little elsewhere."""
    return DRAWN.replace("HEAD", head).replace("DRAW", draw)


OUTSIDE = {
    "file": Memory(
        "FILE.touch()", "FILE.exists()", "from pathlib import Path\nFILE = Path(__file__).with_name('done')"
    ).source,
    "installed package": Memory(
        "INSTALLED.SEEN.append(1)",
        "INSTALLED.SEEN",
        "import sys\nfrom pathlib import Path\n"
        "sys.path.append(str(Path(__file__).parent / 'site-packages'))\nimport INSTALLED",
    ).source,
    "clock": drawn("import time", "time.perf_counter_ns() % 10**6 * 1e-7"),
    "unseeded entropy": drawn("import os", "int.from_bytes(os.urandom(4)) * 2e-11"),
}


def candles(step_ms: int, symbol: str) -> str:
    """Four days of bars that reach 1 beyond open and close; the quarters of an hour make up the hours."""
    rng, price, rows = random.Random(symbol), 100.0, []
    for quarter in range(4 * 24 * 4):
        close = round(price + rng.uniform(-0.4, 0.4), 2)
        high, low = max(price, close) + rng.choice((0.1, 0.6)), min(price, close) - rng.choice((0.1, 0.6))
        rows.append((START_MS + quarter * QUARTER_MS, price, high, low, close))
        price = close
    lines, each = [], step_ms // QUARTER_MS
    for bar in (rows[first : first + each] for first in range(0, len(rows), each)):
        high, low = max(row[2] for row in bar), min(row[3] for row in bar)
        lines.append(f"{bar[0][0]},{bar[0][1]:.2f},{high:.2f},{low:.2f},{bar[-1][4]:.2f},5")
    return "open_time,open,high,low,close,volume\n" + "\n".join(lines) + "\n"


def market(folder: Path) -> Path:
    """The store with both symbols in hours and quarters of an hour."""
    folder.mkdir(parents=True, exist_ok=True)
    funding = "".join(f"{START_MS - 2 * 86_400_000 + k * 28_800_000},0\n" for k in range(30))
    (folder / "funding.csv").write_text("fundingTime,fundingRate\n" + funding)
    for symbol in SYMBOLS:
        for label, step_ms in (("1h", HOUR_MS), ("15m", QUARTER_MS)):
            (folder / "candles.csv").write_text(candles(step_ms, symbol))
            words = ("--venue", "sample", "--symbol", symbol, "--series", "trade", "--timeframe", label)
            said = say(folder, "data", "import", "candles.csv", *words)
            assert said.code == 0, said.err
        said = say(folder, "data", "import", "funding.csv", "--venue", "sample", "--symbol", symbol)
        assert said.code == 0, said.err
    return folder / "data"


def project(folder: Path, source: str, shape: str = "one") -> Path:
    """A folder with a system of this shape and a strategy of these lines, with every module that it may import."""
    symbols, strategy = SHAPES[shape]
    folder.mkdir(parents=True)
    specs = ", ".join(f"{symbol}: {SPECS}" for symbol in symbols)
    text = SYSTEM.replace("SYMBOLS", ", ".join(symbols)).replace("STRATEGY", strategy)
    (folder / "system.yml").write_text(text.replace("{RULES}", f"{{{specs}}}"))
    installed = f"package_{crc32(bytes(folder))}"  # another name in each test: what is installed stays loaded
    (folder / "s.py").write_text(source.replace("INSTALLED", installed))
    for name in ("helper.py", "lazy.py", "deep/inner.py", f"site-packages/{installed}.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("SEEN = []\n")
    return folder


def figures(metrics: dict[str, Any]) -> dict[str, Any]:
    """What stands in the table, of the run itself."""
    return {
        name: metrics[name] for name in ("status", "final_equity_usdt", "max_drawdown_pct", "trades", "liquidations")
    }


def metrics_of(folder: Path) -> dict[str, Any]:
    """metrics.json of the one run below a folder."""
    (found,) = (folder / "runs").glob("*/*/*/metrics.json")
    return dict(json.loads(found.read_text()))
