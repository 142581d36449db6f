"""Every way to read inside a sealed window: asked for, recorded, and said ever after."""

from __future__ import annotations

import json
import shutil
import sys
from io import StringIO
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, Said, inside, only_run, say

from btcli.errors import RequestError
from btcli.notebook import open_run

HOLD = "  hold: {start: 2024-01-22, end: 2024-01-31, sealed: true}\n"
SEALED = SYSTEM.replace("account:", f"{HOLD}account:").replace("end: 2024-01-31}\n", "end: 2024-01-21}\n", 1)
AFTER = "after the reveal of a sealed window"
WAYS = {  # every command that reads inside, of a run that was made there or of the store
    "run by the window's name": ("run", "--window", "hold"),
    "run by its dates": ("run", "--start", "2024-01-25", "--end", "2024-01-28"),
    "run that ends inside": ("run", "--start", "2024-01-10", "--end", "2024-01-22"),
    "run that contains it": ("run", "--start", "2024-01-01", "--end", "2024-01-31"),
    "run whose warm-up lies inside": ("run", "--start", "2024-02-01", "--end", "2024-02-10"),
    "run that nobody checks": ("run", "--window", "hold", "--no-preflight"),
    "run decided by finer candles": ("run", "--window", "hold", "--detail", "5m"),
    "sweep": ("sweep", "--window", "hold", "--grid", "strategy.params.atr_stop=[2, 3]"),
    "sweep of which one world lies inside": (
        *("sweep", "--start", "2024-02-01", "--end", "2024-02-10"),
        *("--grid", "timeframes.htf=[1h, 4h]"),
    ),
    "sweep show": ("sweep", "show"),
    "sweep best": ("sweep", "best"),
    "sweep export": ("sweep", "export", "latest", "--to", "x.parquet"),
    "run of a trial": ("run", "--trial", "latest:1"),
    "replay": ("replay", "latest"),
    "replay that verifies alone": ("replay", "latest", "--no-run"),
    "show": ("show", "latest"),
    "show in full": ("show", "latest", "--full"),
    "report": ("report", "latest"),
    "trades": ("trades", "latest"),
    "explain": ("explain", "latest"),
    "explain of a trade": ("explain", "latest", "--trade", "1"),
    "explain of a moment": ("explain", "latest", "--at", "2024-01-25 10:00"),
    "diff": ("diff", "latest", "latest"),
    "export of a run": ("export", "latest", "--to", "csv"),
    "export of stored candles": (
        *("data", "export", "x.csv", "--venue", "sample", "--symbol", "BTCUSDT"),
        *("--series", "trade", "--timeframe", "1h"),
    ),
}
DATA = SYSTEM.replace("end: 2024-01-31", "end: 2024-02-29").replace("exec: 1h", "exec: 5m")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two months of data, and a run over the days that are sealed after it was made."""
    folder = tmp_path_factory.mktemp("sealed") / "small"
    folder.mkdir()
    for text in (DATA, SYSTEM):
        (folder / "system.yml").write_text(text)
    (folder / "system.yml").write_text(DATA)
    assert say(folder, "data", "sample").code == 0
    (folder / "system.yml").write_text(SYSTEM)
    made_inside = ("--start", "2024-01-22", "--end", "2024-01-31")
    assert say(folder, "run", *made_inside).code == 0
    assert say(folder, "sweep", *made_inside, "--grid", "strategy.params.atr_stop=[2, 3]").code == 0
    (folder / "trials.jsonl").unlink()
    (folder / "system.yml").write_text(SEALED)
    assert say(folder, "preflight", "--window", "jan").code == 0
    return folder


@pytest.fixture
def world(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "project"))


def kinds(world: Path) -> list[str]:
    """The kinds of lines of the registry."""
    return [json.loads(line)["kind"] for line in (world / "trials.jsonl").read_text().splitlines()]


def openings(world: Path) -> list[str]:
    """By what seals were opened."""
    lines = map(json.loads, (world / "trials.jsonl").read_text().splitlines())
    return [line["by"] for line in lines if line["kind"] == "opening"]


def answering(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """Sit at a terminal and say this."""

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(words))


@pytest.mark.parametrize("way", WAYS)
def test_where_nobody_can_be_asked_nothing_is_read(world: Path, way: str) -> None:
    """The answer names the window and the option; no opening, no run and no file comes of it."""
    before = sorted(path for path in world.rglob("*") if path.is_file())
    done = say(world, *WAYS[way], "--json")
    assert done.code == 2
    (error,) = done.envelope["errors"]
    assert "sample BTCUSDT, 2024-01-22 00:00 to 2024-02-01 00:00, is sealed" in error["message"]
    assert "--unseal" in error["hint"]
    assert openings(world) == []
    assert sorted(path for path in world.rglob("*") if path.is_file()) == before


@pytest.mark.parametrize("way", WAYS)
def test_an_opening_is_recorded_and_nobody_is_asked_again(world: Path, way: str) -> None:
    """By what it was opened stands in the registry; the next reading goes on without the option."""
    done = say(world, *WAYS[way], "--unseal", "--json")
    assert done.code in (0, 1, 2, 5), done.err  # a trade that there is not: the seal was passed
    assert not any("is sealed" in each["message"] for each in done.envelope["errors"])
    (by,) = openings(world)
    assert by.startswith(("run ", "sweep ", "export of "))
    again = say(world, *WAYS[way], "--json")
    assert not any("is sealed" in each["message"] for each in again.envelope["errors"])
    assert len(openings(world)) == 1


@pytest.mark.parametrize("way", ["run by the window's name", "show", "export of stored candles"])
def test_a_no_is_an_answer(world: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Exit code 1: asked, and the answer is no; the seal stays closed."""
    answering(monkeypatch, "n\n")
    done = say(world, *WAYS[way])
    assert done.code == 1
    assert "Open it, for good?" in done.err
    assert openings(world) == []


def test_a_yes_opens(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The question is asked once."""
    answering(monkeypatch, "y\n")
    assert say(world, "run", "--window", "hold").code == 0
    assert len(openings(world)) == 1


def test_what_is_made_of_it_says_so_ever_after(world: Path) -> None:
    """In the summary, its manifest, the registry, and whenever it is shown; runs beside the window do not."""
    first = say(world, "run", "--window", "hold", "--unseal")
    again = say(world, "run", "--window", "hold", "--set", "strategy.params.atr_stop=3")
    beside = say(world, "run", "--window", "jan", "--set", "strategy.params.atr_stop=3")
    assert AFTER in first.out
    assert AFTER in again.out
    assert AFTER not in beside.out
    lines = [json.loads(line) for line in (world / "trials.jsonl").read_text().splitlines()]
    assert [line["after_reveal"] for line in lines if line["kind"] == "tried"] == [True, True, False]
    shown = [say(world, "show", path).out for path in (world / "runs/small/hold").iterdir()]
    assert all(AFTER in each for each in shown)
    manifests = [json.loads((path / "run_manifest.json").read_text()) for path in (world / "runs/small/hold").iterdir()]
    assert all(each["environment"]["after_reveal"] is True for each in manifests)


def test_a_sweep_that_is_made_of_it_says_so_ever_after(world: Path, tmp_path: Path) -> None:
    """Wherever it is looked at, with how many results there are; one made before, and one beside it, do not."""
    grid = ("--grid", "strategy.params.atr_stop=[2, 3, 4]")
    inside_it = say(world, "sweep", "--window", "hold", *grid, "--unseal", "--json").envelope["data"]
    beside = say(world, "sweep", "--window", "jan", *grid, "--json").envelope["data"]
    (before,) = (world / "sweeps/small/adhoc").iterdir()
    for folder, is_after, count in (
        (inside_it["sweep_dir"], True, 3),
        (beside["sweep_dir"], False, 3),
        (before, False, 0),
    ):
        for way in (("show",), ("best",), ("export", "--to", tmp_path / "x.csv", "--overwrite")):
            told = say(world, "sweep", way[0], folder, *way[1:], "--json").envelope["data"]
            assert (told["after_reveal"], told["on_this_data"]) == (is_after, count)
            shown = say(world, "sweep", way[0], folder, *way[1:])
            assert (AFTER in " ".join(f"{shown.out} {shown.err}".split())) is is_after


GRID = ("--grid", "strategy.params.atr_stop=[2, 3]")
DAYS = ("--start", "2024-01-22", "--end", "2024-01-31")


@pytest.fixture
def early(world: Path) -> Path:
    """The project with a run and a sweep that its registry knows, of days that are sealed after they were made."""
    (world / "trials.jsonl").unlink()
    (world / "system.yml").write_text(SYSTEM)
    assert say(world, "run", *DAYS).code == 0
    assert say(world, "sweep", *DAYS, *GRID).code == 0
    (world / "system.yml").write_text(SEALED)
    assert say(world, "preflight", "--window", "jan").code == 0
    return world


def marks(world: Path) -> list[bool]:
    """Of the lines of results in the registry, whether each was made after a reveal."""
    lines = map(json.loads, (world / "trials.jsonl").read_text().splitlines())
    return [line["after_reveal"] for line in lines if line["kind"] == "tried"]


@pytest.mark.parametrize("first", [("sweep", *DAYS, *GRID), ("sweep", "show"), ("show", "latest")], ids=" ".join)
def test_a_sweep_that_was_made_before_the_seal_stays_so(early: Path, tmp_path: Path, first: tuple[str, ...]) -> None:
    """Whoever opens the seal, it is asked for and recorded; asked again, shown or exported, it is not of after it."""
    assert say(early, *first, "--json").code == 2
    assert say(early, *first, "--unseal", "--json").code == 0
    assert len(openings(early)) == 1
    ways = (("sweep", *DAYS, *GRID), ("sweep", "show"), ("sweep", "best"))
    for words in (*ways, ("sweep", "export", "latest", "--to", tmp_path / "x.csv")):
        told = say(early, *words, "--json").envelope["data"]
        assert (told["after_reveal"], told["on_this_data"]) == (False, 3)
    assert AFTER not in say(early, "sweep", *DAYS, *GRID).out
    assert marks(early) == [False, False]


@pytest.mark.parametrize("words", [("--start", "2024-01-22", "--end", "2024-01-31"), ("--trial", "latest:1")])
def test_a_run_that_came_to_its_result_before_the_seal_stays_so(early: Path, words: tuple[str, ...]) -> None:
    """Made again, with a pack besides, or in full of a trial: its summary, manifest and registry agree."""
    for more in ((), ("--pack",)):
        done = say(early, "run", *words, *more, "--unseal", "--json")
        assert done.code == 0, done.err
        folder = done.envelope["data"]["run_dir"]
        assert AFTER not in say(early, "run", *words, *more).out
        assert AFTER not in say(early, "show", folder).out
        manifest = json.loads((early / folder / "run_manifest.json").read_text())
        assert "after_reveal" not in manifest["environment"]
    assert not any(marks(early))


def test_a_run_that_is_gone_and_made_again_is_what_the_registry_knows(early: Path) -> None:
    """It came to its result before the seal, whatever became of its folder."""
    shutil.rmtree(early / "runs")
    assert AFTER not in say(early, "run", *DAYS, "--unseal").out
    assert AFTER not in say(early, "show", "latest").out
    assert not any(marks(early))


def test_a_run_that_lies_there_is_what_it_says_of_itself(early: Path) -> None:
    """Where the registry is gone, its manifest knows."""
    (early / "trials.jsonl").unlink()
    assert AFTER not in say(early, "run", *DAYS, "--unseal").out
    assert AFTER not in say(early, "show", "latest").out
    assert marks(early) == [False]


def test_what_came_after_the_seal_is_marked_beside_what_came_before(early: Path) -> None:
    """A sweep with one value more is of after it as a whole; a new run too, and the earlier sweep is not."""
    grid = ("--grid", "strategy.params.atr_stop=[2, 3, 4]")
    wider = say(early, "sweep", *DAYS, *grid, "--unseal", "--json").envelope["data"]
    assert (wider["after_reveal"], wider["on_this_data"]) == (True, 4)
    assert say(early, "sweep", "show", wider["sweep_dir"], "--json").envelope["data"]["after_reveal"] is True
    again = say(early, "sweep", *DAYS, *grid, "--json").envelope["data"]
    earlier = say(early, "sweep", *DAYS, *GRID, "--json").envelope["data"]
    assert (again["after_reveal"], earlier["after_reveal"]) == (True, False)
    for _ in range(2):
        assert AFTER in say(early, "run", *DAYS, "--set", "strategy.params.atr_stop=5").out


@pytest.mark.parametrize("verb", ["sweep", "run"])
def test_what_one_project_came_to_before_the_seal_stays_so_asked_from_another(
    early: Path, tmp_path: Path, verb: str
) -> None:
    """The registry of the project that it reads from is believed what it knew before the seal, and no more."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place = ("--data", early / "data", "--json", *(("--out", early / "sweeps") if verb == "sweep" else ()))
    assert say(elsewhere, verb, early / "system.yml", *DAYS, *(GRID if verb == "sweep" else ()), *place).code == 2
    words = (verb, early / "system.yml", *DAYS, *place, "--unseal")
    grid = ("--grid", "strategy.params.atr_stop=[2, 3, 4]") if verb == "sweep" else ("--set", "account.leverage=2")
    again = say(elsewhere, *words, *(GRID if verb == "sweep" else ()))
    assert again.code == 0, again.err
    assert marks(elsewhere) == [False]
    assert say(elsewhere, *words, *grid, "--set", "strategy.params.atr_target=9").code == 0
    assert marks(elsewhere) == [False, True]


def test_what_was_come_to_elsewhere_while_it_was_sealed_here_is_marked(early: Path, tmp_path: Path) -> None:
    """Another project that does not know of a seal proves nothing of what it came to since."""
    copy = Path(shutil.copytree(early, tmp_path / "copy"))
    (copy / "trials.jsonl").write_text("")
    (copy / "system.yml").write_text(SYSTEM)
    assert say(copy, "sweep", *DAYS, *GRID).code == 0
    assert marks(copy) == [False]
    kept = [line for line in (early / "trials.jsonl").read_text().splitlines() if json.loads(line)["kind"] == "seal"]
    (early / "trials.jsonl").write_text("\n".join(kept) + "\n")
    done = say(early, "sweep", copy / "system.yml", *DAYS, *GRID, "--data", copy / "data", "--unseal", "--json")
    assert done.envelope["data"]["after_reveal"] is True
    assert marks(early) == [True]


def test_a_sweep_that_no_registry_knows_counts_as_made_after_the_seal(early: Path) -> None:
    """That its chunks lie there tells nothing of when they were made; every command agrees."""
    (early / "trials.jsonl").write_text("")
    assert say(early, "preflight", "--window", "jan").code == 0
    told = say(early, "sweep", *DAYS, *GRID, "--unseal", "--json").envelope["data"]
    shown = say(early, "sweep", "show", "--json").envelope["data"]
    assert (told["after_reveal"], shown["after_reveal"]) == (True, True)
    assert marks(early) == [True]


def test_the_page_of_a_run_says_so(world: Path) -> None:
    """At its head; the page of a run beside the window does not."""
    pages = []
    for window in ("hold", "jan"):
        folder = say(world, "run", "--window", window, "--unseal", "--json").envelope["data"]["run_dir"]
        assert say(world, "report", folder, "--unseal").code == 0
        pages.append((world / folder / "report.html").read_text("utf-8"))
    assert ["Made after the reveal of a sealed window" in page for page in pages] == [True, False]


def test_the_list_of_runs_tells_no_figures_of_a_sealed_window(world: Path) -> None:
    """Neither does its order; once it was opened it tells them."""
    listed = say(world, "runs", "--json").envelope["data"]["runs"]
    assert [(each["sealed"], each["return_pct"], each["trades"]) for each in listed] == [(True, None, None)]
    assert "inside a sealed window" in say(world, "runs").out
    assert say(world, "show", "latest", "--unseal").code == 0
    listed = say(world, "runs", "--json").envelope["data"]["runs"]
    assert listed[0]["sealed"] is False
    assert listed[0]["return_pct"] is not None


def test_a_notebook_is_refused_until_it_was_opened(world: Path) -> None:
    """`open_run` can ask nobody."""
    with inside(world):
        with pytest.raises(RequestError, match="is sealed"):
            open_run()
        assert say(world, "show", "latest", "--unseal").code == 0
        assert open_run().run_id == only_run(world).name


@pytest.mark.parametrize(
    "words",
    [
        ("preflight", "--window", "hold"),
        ("preflight",),
        ("run", "--window", "jan"),
        ("run", "--start", "2024-01-01", "--end", "2024-01-21"),
        ("data", "list"),
        ("data", "verify"),
        ("runs",),
        ("strategies",),
    ],
    ids=" ".join,
)
def test_what_looks_at_no_result_is_not_asked_for(world: Path, words: tuple[str, ...]) -> None:
    """Data is checked and healed as ever, and what lies before the window is free."""
    done = say(world, *words)
    assert done.code == 0, done.err
    assert openings(world) == []


def test_a_seal_outlives_its_system(world: Path) -> None:
    """It was seen once: taking it out of the file, or writing another system, opens nothing."""
    (world / "system.yml").write_text(SYSTEM.replace("system: small", "system: other"))
    done = say(world, "run", "--window", "jan", "--json")
    assert done.code == 2
    assert "is sealed" in done.envelope["errors"][0]["message"]


@pytest.mark.parametrize("has_own", [False, True])
@pytest.mark.parametrize("way", ["show", "trades", "explain", "diff", "export", "report", "replay", "runs"])
def test_a_run_is_guarded_wherever_it_is_seen_from(world: Path, tmp_path: Path, way: str, *, has_own: bool) -> None:
    """The registry of the project that it lies in counts as well as that of the working folder."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if has_own:
        (elsewhere / "trials.jsonl").touch()
    run = only_run(world)
    words = {"diff": (run, run), "export": (run, "--to", "csv"), "runs": ("--out", world / "runs")}.get(way, (run,))
    done = say(elsewhere, way, *words, "--json")
    if way == "runs":
        assert [each["sealed"] for each in done.envelope["data"]["runs"]] == [True]
    else:
        assert done.code == 2
        assert "is sealed" in done.envelope["errors"][0]["message"]
        assert say(elsewhere, "show", run, "--unseal").code == 0
        assert len(openings(world)) == 1


@pytest.mark.parametrize("way", [("show",), ("best",), ("export", "--to", "x.csv")])
def test_a_sweep_is_guarded_wherever_it_is_seen_from(world: Path, tmp_path: Path, way: tuple[str, ...]) -> None:
    """Its folder lies in a project with a registry of its own."""
    (tmp_path / "elsewhere").mkdir()
    (sweep,) = (world / "sweeps").glob("*/*/*")
    done = say(tmp_path / "elsewhere", "sweep", way[0], sweep, *way[1:], "--json")
    assert done.code == 2
    assert "is sealed" in done.envelope["errors"][0]["message"]


OF_CANDLES = ("run by its dates", "run whose warm-up lies inside", "sweep of which one world lies inside")


@pytest.mark.parametrize("way", [*OF_CANDLES, "run that nobody checks", "sweep", "export of stored candles"])
def test_candles_are_guarded_wherever_they_are_read_from(world: Path, tmp_path: Path, way: str) -> None:
    """A store lies in a project, and what is sealed there is sealed for a system elsewhere that reads it."""
    if way == "run of a trial" or (way.startswith("sweep ") and "world" not in way):
        pytest.skip("of what was made, not of the store")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "system.yml").write_text(SEALED.replace(", sealed: true", ""))
    done = say(tmp_path / "elsewhere", *WAYS[way], "--data", world / "data", "--json")
    assert done.code == 2
    assert "sample BTCUSDT, 2024-01-22 00:00 to 2024-02-01 00:00, is sealed" in done.envelope["errors"][0]["message"]
    opened = say(tmp_path / "elsewhere", *WAYS[way], "--data", world / "data", "--unseal", "--json")
    assert opened.code in (0, 1)
    again = say(tmp_path / "elsewhere", *WAYS[way], "--data", world / "data", "--json")
    assert not any("is sealed" in each["message"] for each in again.envelope["errors"])


@pytest.mark.parametrize("way", ["store", "files of a run", "system"])
def test_a_link_to_a_file_is_guarded_where_the_file_lies(world: Path, tmp_path: Path, way: str) -> None:
    """A folder of links is another way to what lies in a project, and what is sealed there stays so."""
    elsewhere, files = tmp_path / "elsewhere", {"files of a run": only_run(world), "store": world / "data"}
    folder = elsewhere / ("run" if way == "files of a run" else "data" if way == "store" else ".")
    folder.mkdir(parents=True)
    (world / "system.yml").write_text(SEALED.replace(", sealed: true", ""))
    for file in files[way].iterdir() if way in files else [world / "system.yml"]:
        (folder / file.name).symlink_to(file)
    (folder / "0").symlink_to("0")  # leads nowhere, and away from none of the others
    words = WAYS["run by its dates"]
    if way == "store":
        shutil.copy(world / "system.yml", elsewhere)
    elif way == "system":
        shutil.copytree(world / "data", elsewhere / "data")
    else:
        words = ("show", "./run")
    done = say(elsewhere, *words, "--json")
    assert (done.code, "is sealed" in done.envelope["errors"][0]["message"]) == (2, True)
    assert say(elsewhere, *words, "--unseal").code in (0, 1)


@pytest.mark.parametrize("way", ["run by its dates", "sweep"])
def test_a_system_is_guarded_wherever_it_is_run_from(world: Path, tmp_path: Path, way: str) -> None:
    """Another system of the project, with candles from elsewhere: what the project has sealed is sealed for it."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copytree(world / "data", elsewhere / "data")
    (world / "other.yml").write_text(SEALED.replace(", sealed: true", "").replace("system: small", "system: other"))
    verb, *words = WAYS[way]
    done = say(elsewhere, verb, world / "other.yml", *words, "--json")
    assert done.code == 2
    assert "is sealed" in done.envelope["errors"][0]["message"]
    assert say(elsewhere, verb, world / "other.yml", *words, "--unseal", "--json").code == 0


def test_a_notebook_elsewhere_is_refused_as_well(world: Path, tmp_path: Path) -> None:
    """`open_run` of a folder in a project with a sealed window."""
    run = only_run(world)
    (tmp_path / "elsewhere").mkdir()
    with inside(tmp_path / "elsewhere"), pytest.raises(RequestError, match="is sealed"):
        open_run(run)


def test_another_symbol_is_free(world: Path) -> None:
    """A seal is of the symbols of the system that named it."""
    other = SYSTEM.replace("BTCUSDT", "ETHUSDT").replace("system: small", "system: eth")
    (world / "eth.yml").write_text(other)
    assert say(world, "data", "sample", "eth.yml").code == 0
    assert say(world, "run", "eth.yml").code == 0
    assert openings(world) == []


LOOKS = "{rules: {long: {enter: 'close > open and OTHER.htf.close > OTHER.htf.open', stop: 0.02 * close}}}"


def test_a_symbol_that_is_only_looked_at_is_not_free(world: Path) -> None:
    """A system that trades another symbol, and whose rules name the sealed one, reads inside."""
    rules = LOOKS.replace("OTHER", "BTCUSDT")
    eth = SYSTEM.replace("[BTCUSDT]", "[ETHUSDT]").replace("{use: mtf_trend}", rules)
    (world / "eth.yml").write_text(eth)
    assert say(world, "data", "sample", "eth.yml").code == 0
    done = say(world, "run", "eth.yml", "--start", "2024-01-22", "--end", "2024-01-31", "--json")
    assert done.code == 2
    assert "sample BTCUSDT" in done.envelope["errors"][0]["message"]


def test_what_a_system_looks_at_is_sealed_with_it(world: Path) -> None:
    """The candles of the other symbol tell as much of the window."""
    (world / "system.yml").write_text(SEALED.replace("{use: mtf_trend}", LOOKS.replace("OTHER", "ETHUSDT")))
    assert say(world, "data", "sample").code == 0
    assert say(world, "run", "--window", "jan").code in (0, 1)
    (world / "eth.yml").write_text(SYSTEM.replace("[BTCUSDT]", "[ETHUSDT]").replace("system: small", "system: eth"))
    done = say(world, "run", "eth.yml", "--json")
    assert done.code == 2
    assert "sample ETHUSDT" in done.envelope["errors"][0]["message"]


RULED = SEALED.replace("{use: mtf_trend}", LOOKS.replace("OTHER", "BTCUSDT"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("symbols", "[ETHUSDT]"),
        ("strategy.rules.long.enter", "close > open and ETHUSDT.htf.close > ETHUSDT.htf.open"),
        ("strategy.rules.long.stop", "0.01 * ETHUSDT.close"),
        ("strategy.per_symbol", "{BTCUSDT: {rules: {long: {enter: ETHUSDT.close > ETHUSDT.open, stop: atr(14)}}}}"),
    ],
)
@pytest.mark.parametrize("span", [("--window", "hold"), ("--start", "2024-01-24", "--end", "2024-01-26")])
def test_what_only_values_of_a_sweep_read_is_sealed_with_the_system(
    world: Path, key: str, value: str, span: tuple[str, ...]
) -> None:
    """The window is sealed for the symbols of every trial, and each that a trial would look at is asked for."""
    (world / "system.yml").write_text(RULED)
    quoted = value if value.startswith(("[", "{")) else f"'{value}'"
    done = say(world, "sweep", *span, "--grid", f"{key}=[{quoted}]", "--json")
    assert done.code == 2
    assert "sample ETHUSDT" in done.envelope["errors"][0]["message"]
    assert "is sealed" in done.envelope["errors"][0]["message"]


def test_a_window_that_did_not_pass_preflight_opens_nothing(world: Path) -> None:
    """The seal was agreed to, and nothing was read but by the check."""
    done = say(world, "run", "--start", "2024-01-25", "--end", "2024-04-01", "--unseal")
    assert done.code == 1
    assert openings(world) == []


def test_a_seal_changes_no_run(world: Path) -> None:
    """The key is no part of a run's identity, and stands in none of its files."""
    before = only_run(world)
    done = say(world, "run", "--start", "2024-01-22", "--end", "2024-01-31", "--unseal", "--json")
    assert done.envelope["data"]["run_id"] == before.name
    assert done.envelope["data"]["identical"] is True
    assert "sealed" not in (before / "system.resolved.yml").read_text()


def test_sealed_wants_a_yes_or_a_no(world: Path) -> None:
    """Anything else is a mistake with its place."""
    (world / "system.yml").write_text(SEALED.replace("sealed: true", "sealed: soon"))
    done: Said = say(world, "run", "--window", "jan", "--json")
    assert done.code == 2
    assert done.envelope["errors"][0]["where"].startswith("system.yml:7:")
