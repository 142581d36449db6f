"""Times btcli beside other backtesters on the same work, whole processes in turns; prints, and judges nothing.

`python benchmarks/bench_peers.py [SHARED] --peers PYTHON [--quick] [--only WORD] [--repeats N] [--growth] …`

SHARED is the folder of the shared loads, as `make bench` takes it; PYTHON the interpreter that has the peers. First
every contestant's trades, fees and equity are held against btcli's Python strategy, on settings that peers can state;
one that differs is not timed. btcli is then timed on the work as given, with funding and mark. `--growth` adds other
numbers of bars and of symbols, at most three turns each. `--folder` keeps what the work needs, and takes what already
lies there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import RUNS, commit, shared_folder
from contestants import (
    AGREED,
    COLUMNS,
    CONTESTANTS,
    LEANEST,
    PLAIN,
    Contestant,
    Told,
    Work,
    complaint,
    done,
    symbol_names,
    write_symbol,
)
from loads import GENERATOR, digest_of
from measuring import ROOT, machine, process, python
from peer_tables import Row, said
from variations import VARIATIONS_OF, Place, vary

YEAR, MONTH = Work(364), Work(28)
SYMBOLS = (1, 5, 20)
FEW = 3  # turns of the works that only show growth
VERSIONS = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
PEERS = ("raptorbt", "vectorbt", "vectorbt-rust", "backtesting", "numpy", "pandas", "numba")
LEFT_OUT = (
    "vectorbt's run of many columns at once, which needs several GB for 200 variations of a year",
    "one account for several symbols: peers are run with one a symbol, btcli with one for all",
)


def main() -> None:
    """Print everything."""
    asked = asked_of_line()
    shared = shared_folder(asked.shared)
    if not (shared / GENERATOR).is_file():
        raise SystemExit(f"{shared} has no {GENERATOR}: give the folder of the shared loads, LOADS=/path/to/load")
    if asked.folder:
        asked.folder.mkdir(parents=True, exist_ok=True)
        bench(asked.folder.resolve(), shared, asked)
        return
    with tempfile.TemporaryDirectory(prefix="btcli-peers-") as scratch:
        bench(Path(scratch), shared, asked)


def asked_of_line() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path, nargs="?", help="the folder of the shared loads")
    parser.add_argument("--peers", type=Path, required=True, help="the interpreter that has the peers")
    parser.add_argument("--quick", action="store_true", help="a month instead of a year")
    parser.add_argument("--only", default="", metavar="WORD", help="only contestants with this in their name")
    parser.add_argument("--repeats", type=int, default=5, help="of each process (default 5)")
    parser.add_argument("--growth", action="store_true", help="also other numbers of bars and of symbols")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--folder", type=Path, help="work in this folder and keep it")
    return parser.parse_args()


def bench(folder: Path, shared: Path, asked: argparse.Namespace) -> None:
    """Make what the work needs, hold all against btcli, time who agrees, and print."""
    peers = asked.peers.absolute()  # not resolved: a venv's interpreter is a link
    figures: dict[str, Any] = {
        "machine": machine(),
        "commit": commit(),
        "candles": f"{GENERATOR} {digest_of(shared / GENERATOR)}",
        "peers": json.loads(process(folder, str(peers), "-c", VERSIONS, *PEERS).out),
        "repeats": asked.repeats,
        "base": LEANEST,
    }
    prepare(folder, shared, asked.growth)
    work = MONTH if asked.quick else YEAR
    wanted = [who for who in CONTESTANTS if asked.only in who.name or who.name == LEANEST]
    figures["parity_of"] = f"{work.name} of W1 with {' and '.join(PLAIN)}, prices not rounded"
    figures["parity"] = agreement(folder, peers, wanted, work)
    refused = {held["name"] for held in figures["parity"] if not held["holds"]}
    agreed = [who for who in wanted if who.name not in refused]
    figures["rows"] = timed(folder, peers, agreed, work, asked.repeats)
    few = min(FEW, asked.repeats)
    for each in growing(work) if asked.growth else ():
        figures["rows"] += timed(folder, peers, [who for who in agreed if who.grows], each, few)
    figures["variations_of"] = VARIATIONS_OF.format(work.name)
    figures["variations"], unable = vary(Place(folder, peers, work), asked.repeats, asked.only)
    figures["left_out"] = [*unable, *LEFT_OUT]
    print("\n".join(said(figures)))
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(figures, indent=1) + "\n")


def prepare(folder: Path, shared: Path, growth: bool) -> None:
    """Systems, stores and columns, but for what already lies in the folder."""
    for path in shared.iterdir():
        if path.suffix in (".yml", ".py"):
            (folder / path.name).write_bytes(path.read_bytes())
    for place, name in enumerate(symbol_names(SYMBOLS[-1] if growth else 1)):
        if not (folder / COLUMNS / name / "candles.csv").exists():
            note(f"candles of {name}")
            write_symbol(folder, shared, place)


def growing(work: Work) -> list[Work]:
    """Parts of its days for one symbol, and some of its days for more symbols."""
    days = min(28, work.days // 4)
    works = [*(Work(work.days // parts) for parts in (8, 4, 2)), *(Work(days, count) for count in SYMBOLS)]
    return list(dict.fromkeys(works))


def agreement(folder: Path, peers: Path, wanted: list[Contestant], work: Work) -> list[dict[str, Any]]:
    """Whether each found the same trades, fees and equity as btcli's Python strategy, and in words how far."""
    first, *others = CONTESTANTS[0], *(who for who in wanted if who is not CONTESTANTS[0])
    done(folder, peers, first, work, *AGREED)
    ours = folder / "ours"
    shutil.rmtree(ours, ignore_errors=True)
    shutil.copytree(next((folder / RUNS).glob("*/*/*/")), ours)
    return [{"name": who.name, "work": work.name, **held_against(folder, peers, who, work, ours)} for who in others]


def held_against(folder: Path, peers: Path, who: Contestant, work: Work, ours: Path) -> dict[str, Any]:
    """One of them; one that cannot do the work is told with what it said."""
    note(f"parity, {work.name}: {who.name}")
    more = AGREED if who.is_btcli else ("--out", "peer.npz")
    try:
        told = done(folder, peers, who, work, *more)
    except SystemExit as ended:
        return {"holds": False, "told": f"cannot do it: {complaint(str(ended))}"}
    other = next((folder / RUNS).glob("*/*/*/")) if who.is_btcli else folder / "peer.npz"
    script = str(ROOT / "benchmarks" / "parity.py")
    answer: dict[str, Any] = json.loads(python(folder, script, str(ours), str(work.start_ms), str(other)).out)
    return {**answer, "sha256": told.sha256, "differs": who.differs}


def timed(folder: Path, peers: Path, agreed: list[Contestant], work: Work, repeats: int) -> list[Row]:
    """The processes of all, in turns."""
    found: dict[str, list[Told]] = {who.name: [] for who in agreed}
    for turn in range(repeats):
        note(f"{work.name}: turn {turn + 1} of {repeats}")
        for who in agreed:
            found[who.name].append(done(folder, peers, who, work))
    return [row_of(name, work, turns) for name, turns in found.items()]


def row_of(name: str, work: Work, turns: list[Told]) -> Row:
    """The figures of one."""
    spent = {key: [getattr(each.spent, key) for each in turns] for key in ("wall_s", "cpu_s", "peak_mb")}
    what = {"name": name, "work": work.name, "days": work.days, "symbols": work.symbols}
    digests = sorted({each.sha256 for each in turns})
    return {**what, **spent, "count": turns[-1].trades, "sha256": digests}


def note(what: str) -> None:
    """Say on stderr what is being done."""
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
