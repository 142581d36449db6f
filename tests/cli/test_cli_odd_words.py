"""Times, lengths, waits, addresses and names that nobody can have meant: refused with a sentence, never a bug."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, Said, say, small_world

STORED = ("--venue", "sample", "--symbol", "BTCUSDT", "--series", "trade", "--timeframe", "1h")
SYNC = ("data", "sync", "--venue", "bybit", "--symbol", "BTCUSDT")
SECRET = "hunter2"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with its data."""
    return small_world(tmp_path_factory.mktemp("odd") / "world")


@contextmanager
def told(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables of the environment, for the length of a block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def under(world: Path, variables: Mapping[str, str], *words: object) -> Said:
    """A command under variables of the environment."""
    with told(variables):
        return say(world, *words)


OUT_OF_RANGE = ("0001-01-01", "1969-12-30", "9999-12-31", "2200-01-02", "0001-01-01T00:00+23:59")


@pytest.mark.parametrize("moment", OUT_OF_RANGE)
@pytest.mark.parametrize(
    "words",
    [
        ("run", "--end", "2024-01-02", "--start"),
        ("run", "--start", "2024-01-01", "--end"),
        ("data", "export", "x.csv", *STORED, "--start"),
        ("data", "delete", "--yes", *STORED, "--end"),
        (*SYNC, "--dry-run", "--start"),
    ],
)
def test_a_time_out_of_range_is_refused(world: Path, words: tuple[str, ...], moment: str) -> None:
    """Wherever a time is taken, one before 1970 or after 2199 is a wrong request that says so."""
    done = say(world, *words, moment)
    assert (done.code, f"'{moment}' is not a time from 1970 to 2199" in done.err) == (2, True), done.err


@pytest.mark.parametrize("key", ["windows.jan.start", "windows.jan.end", "instruments.BTCUSDT.listed"])
def test_a_time_of_the_config_out_of_range_is_refused(world: Path, key: str) -> None:
    """So is one of the system file."""
    done = say(world, "run", "--set", f"{key}=0001-01-01")
    assert (done.code, "'0001-01-01' is not a time from 1970 to 2199" in done.err) == (2, True), done.err


@pytest.mark.parametrize("bars", [9_999_999, 99_999_999_999])
def test_a_warm_up_of_centuries_is_refused(world: Path, bars: int) -> None:
    """A warm-up that reaches back before there were calendars for it is a wrong request."""
    done = say(world, "run", "--set", f"warmup.bars.htf={bars}")
    assert (done.code, "reaches back before 1900" in done.err) == (2, True), done.err


@pytest.mark.parametrize("label", ["53w", "999999w"])
def test_a_timeframe_longer_than_a_year_is_refused(world: Path, label: str) -> None:
    """A length that no venue has is a wrong request."""
    for words in (("data", "export", "x.csv", *STORED[:-1], label), ("run", "--detail", label)):
        done = say(world, *words)
        assert (done.code, "is longer than a year" in done.err) == (2, True), done.err


def test_a_seed_below_zero_is_refused(world: Path) -> None:
    """A seed is 0 or more."""
    assert say(world, "data", "sample", "--seed", "-5").code == 2


@pytest.mark.parametrize("wait", ["nan", "inf", "-inf", "-1", "1e9", "x", ""])
@pytest.mark.parametrize("words", [("run",), ("preflight",), ("data", "list"), ("replay", "latest")])
def test_a_wait_that_never_ends_is_refused(world: Path, words: tuple[str, ...], wait: str) -> None:
    """--lock-wait takes a number of seconds from 0 to a day."""
    done = say(world, *words, "--lock-wait", wait, "--json")
    (error,) = done.envelope["errors"]
    assert (done.code, error["where"], "is no number of seconds" in error["message"]) == (2, "--lock-wait", True)


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "x", "1e99", "--"])
@pytest.mark.parametrize("name", ["BTCLI_RETRIES", "BTCLI_RETRY_WAIT_S", "BTCLI_TIMEOUT_S"])
def test_a_number_of_the_environment_is_a_number(world: Path, name: str, value: str) -> None:
    """The variables that say how patient to be are checked, and named."""
    done = under(world, {name: value}, *SYNC, "--start", "2024-01-01", "--end", "2024-01-01", "--json", "--yes")
    (error,) = done.envelope["errors"]
    assert (done.code, error["where"]) == (2, name)


def test_a_part_of_a_try_is_refused(world: Path) -> None:
    """BTCLI_RETRIES counts whole tries."""
    done = under(world, {"BTCLI_RETRIES": "2.5"}, *SYNC, "--start", "2024-01-01", "--json", "--yes")
    assert (done.code, done.envelope["errors"][0]["where"]) == (2, "BTCLI_RETRIES")


ADDRESSES = ("http://[::1", "http://", "ftp://host", "host", "http://host:99999", "http://ho st", "http://host:x",
             f"http://me:{SECRET}@host:x", f"socks5://me:{SECRET}@host", f"me:{SECRET}@host",
             f"http://me:{SECRET}@host/?a=b", "http://host/#x", "//host", "http://a..b",
             "http://" + "a" * 64, ":")  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("name", ["BTCLI_BYBIT_URL", "BTCLI_BINANCE_URL", "BTCLI_BINANCE_ARCHIVE_URL"])
def test_what_is_no_address_is_refused_unsaid(world: Path, name: str, address: str) -> None:
    """The variable is named, what it holds is not: it may hold a password."""
    venue = "bybit" if "BYBIT" in name else "binance"
    words = ("data", "sync", "--venue", venue, "--symbol", "BTCUSDT", "--start", "2024-01-01", "--json", "--yes")
    done = under(world, {name: address, "BTCLI_RETRIES": "0"}, *words)
    (error,) = done.envelope["errors"]
    assert (done.code, error["where"]) == (2, name)
    assert SECRET not in done.out + done.err


PROXIES = {
    f"socks5://me:{SECRET}@127.0.0.1:1": "a proxy of kind socks5 needs one more package",
    "socks5h://127.0.0.1:1": "a proxy of kind socks5h needs one more package",
    "socks4://127.0.0.1:1": "a proxy of kind socks4 cannot be used",
    "ftp://127.0.0.1:1": "a proxy of kind ftp cannot be used",
    f"http://me:{SECRET}@[::1": "is not the address of a proxy",
    f"http://me:{SECRET}@host:port": "is not the address of a proxy",
    "http://": "is not the address of a proxy",
}


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY", "http_proxy"])
def test_a_proxy_that_cannot_be_used_is_told(world: Path, name: str, proxy: str) -> None:
    """The kinds that work are named, and nothing that the variable holds."""
    done = under(world, {name: proxy}, *SYNC, "--start", "2024-01-01", "--json", "--yes")
    (error,) = done.envelope["errors"]
    assert (done.code, error["where"]) == (2, name.upper())
    assert PROXIES[proxy] in error["message"]
    assert "http://" in error["hint"]
    assert SECRET not in done.out + done.err


def test_exceptions_of_proxies_that_are_none_are_told(world: Path) -> None:
    """NO_PROXY is checked as well."""
    done = under(world, {"NO_PROXY": "[::1"}, *SYNC, "--start", "2024-01-01", "--json", "--yes")
    assert (done.code, done.envelope["errors"][0]["where"]) == (2, "NO_PROXY")


@contextmanager
def nobody() -> Iterator[int]:
    """A port of this machine that refuses connections."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_password_in_an_address_is_never_printed(world: Path, words: tuple[str, ...]) -> None:
    """A venue's address with user and password is used with them, and told without."""
    with nobody() as port:
        variables = {"BTCLI_BYBIT_URL": f"http://me:{SECRET}@127.0.0.1:{port}/v", "BTCLI_RETRIES": "1"}
        done = under(world, variables | {"BTCLI_RETRY_WAIT_S": "0"}, *SYNC, "--start", "2024-01-01", "--yes", *words)
    assert done.code == 3
    assert f"http://127.0.0.1:{port}/v/" in done.out + done.err
    assert SECRET not in done.out + done.err


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_password_of_a_proxy_is_never_printed(world: Path, words: tuple[str, ...]) -> None:
    """A proxy that cannot be reached is told without its password."""
    with nobody() as port:
        proxy = f"http://me:{SECRET}@127.0.0.1:{port}"
        variables = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "", "BTCLI_RETRIES": "0"}
        address = {"BTCLI_BYBIT_URL": "http://venue.invalid"}
        done = under(world, variables | address, *SYNC, "--start", "2024-01-01", "--yes", *words)
    assert (done.code, SECRET in done.out + done.err) == (3, False)


def test_a_hole_in_sample_data_is_generated_not_healed(world: Path) -> None:
    """The hint for data of venue sample is the command that generates it, ready to be pasted."""
    done = say(world, "run", "--start", "2025-01-01", "--end", "2025-01-05", "--json")
    assert done.code == 1
    repair = "repair it with: btcli data sample system.yml --start 2025-01-01 --end 2025-01-05"
    assert done.envelope["errors"][0]["hint"].partition("; or ")[0] == repair
    assert "btcli heal" not in done.out


USES = {
    "strategy.txt:Mine": "is no Python file: its name does not end in .py",
    "./strategy:Mine": "is no Python file: its name does not end in .py",
    "./folder:Mine": "is a folder",
    "folder.py:Mine": "is a folder",
    "/dev/null:Mine": "is no file",
    "/dev/zero:Mine": "is no file",
    "./socket.py:Mine": "is no file",
    "./pipe.py:Mine": "is no file",
    "binary.py:Mine": "not valid Python",
    "latin.py:Mine": "not valid Python",
    "nul.py:Mine": "not valid Python",
    "deep.py:Mine": "not valid Python",
    "late.py:Late": "not valid Python",
    "gone.py:Mine": "there is no strategy file",
    "nowhere.py:Mine": "there is no strategy file",
    "loop.py:Mine": "there is no strategy file",
    "x" * 300 + ".py:Mine": "there is no strategy file",
    ".relative:Mine": "is no name of a Python module",
    "a..b:Mine": "is no name of a Python module",
    "a b:Mine": "is no name of a Python module",
    "1:Mine": "is no name of a Python module",
    "binary.py:": "names no class",
    "binary.py:no name": "names no class",
}


@pytest.fixture(scope="module")
def odd_files(world: Path) -> Iterator[Path]:
    """The world with everything in it that is no strategy."""
    (world / "strategy.txt").write_text("x = 1")
    (world / "strategy").write_text("x = 1")
    (world / "folder").mkdir()
    (world / "folder.py").mkdir()
    os.mkfifo(world / "pipe.py")
    (world / "binary.py").write_bytes(bytes(range(256)))
    (world / "latin.py").write_bytes(b"x = '\xe9'\n")
    (world / "nul.py").write_bytes(b"x = 1\x00\n")
    (world / "deep.py").write_text("x = " + "(" * 5000 + ")" * 5000)
    (world / "late.py").write_text(
        "from btcli.strategies import Strategy\n\n\nclass Late(Strategy):\n    def decide(self, snapshot):\n"
        "        import broken\n"
    )
    (world / "broken.py").write_text("def (\n")
    (world / "nowhere.py").symlink_to("not_there.py")
    (world / "loop.py").symlink_to("loop.py")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(world / "socket.py"))
        yield world


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("verb", ["preflight", "run"])
def test_what_is_no_strategy_is_a_wrong_request(odd_files: Path, use: str, verb: str) -> None:
    """A strategy that is named by what is no Python file is refused with exit code 2 and what it is."""
    (odd_files / "odd.yml").write_text(SYSTEM.replace("use: mtf_trend", f'use: "{use}"'))
    done = say(odd_files, verb, "odd.yml", "--json")
    assert done.code == 2, done.out
    assert USES[use] in done.envelope["errors"][0]["message"]


def test_a_strategy_that_cannot_be_read_is_told(odd_files: Path) -> None:
    """A file that the system refuses to read is exit code 3, with its name: here the memory of this process."""
    (odd_files / "memory.py").symlink_to("/proc/self/mem")
    done = say(odd_files, "run", "--set", "strategy.use=memory.py:Mine", "--json")
    (error,) = done.envelope["errors"]
    assert done.code in (2, 3)
    assert "memory.py" in error["where"] + error["message"]
