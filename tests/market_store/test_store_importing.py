"""Files of candles and funding as tools and archives write them, and what is said of bad ones."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from shared_data import shared

from btcli.errors import AccessError, RequestError
from btcli.market.importing import ImportedFile, read_candles_file, read_funding_file
from btcli.timeframe import Timeframe

NEW_YEAR = 1_704_067_200_000  # 2024-01-01T00:00:00Z
HOUR = 3_600_000
HEADER = "ts,open,high,low,close,volume"
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def csv(text: str) -> Path:
        path = tmp_path / "BTCUSDT-1h.csv"
        path.write_text(text)
        return path

    return csv


def hourly(*times: object, header: str = HEADER) -> str:
    return "\n".join([header, *(f"{time},10,12,8,11,1.5" for time in times)]) + "\n"


def parquet(folder: Path, times: pl.Series, **columns: object) -> Path:
    path = folder / "BTCUSDT-1h.parquet"
    frame = pl.DataFrame({"ts": times, "open": 10.0, "high": 12.0, "low": 8.0, "close": 11.0, "volume": 1.5})
    frame.with_columns(**columns).write_parquet(path)
    return path


def times_in(file: ImportedFile) -> list[int]:
    return file.frame["ts_open"].to_list()


@pytest.mark.parametrize(
    ("first", "second", "form"),
    [
        ("1704067200", "1704070800", "s since 1970"),
        ("1704067200.0", "1704070800.0", "s since 1970"),
        ("1704067200000", "1704070800000", "ms since 1970"),
        ("1704067200000000", "1704070800000000", "us since 1970"),
        ("1704067200000000000", "1704070800000000000", "ns since 1970"),
        ("2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z", "text with its zone"),
        ("2024-01-01T00:00:00.000Z", "2024-01-01T01:00:00Z", "text with its zone"),
        ("2024-01-01 00:00:00+00:00", "2024-01-01 03:00:00+02:00", "text with its zone"),
        ("2024-01-01 00:00:00", "2024-01-01 01:00:00.000", "text without a zone, taken as UTC"),
        ("2024-01-01 00:00", "2024-01-01 01:00", "text without a zone, taken as UTC"),
    ],
)
def test_times_in_text_are_read_in_every_usual_form(write: Write, first: str, second: str, form: str) -> None:
    """The first hour of 2024 is the same moment however it is written, and the form is reported."""
    file = read_candles_file(write(hourly(first, second)))
    assert times_in(file) == [NEW_YEAR, NEW_YEAR + HOUR]
    assert file.detection.times == form


def test_days_are_taken_as_their_midnight(write: Write) -> None:
    """A date without a time is 00:00 UTC."""
    file = read_candles_file(write(hourly("2024-01-01", "2024-01-02")))
    assert times_in(file) == [NEW_YEAR, NEW_YEAR + 24 * HOUR]
    assert file.detection.timeframe == "1d"


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"], ids=["without a zone", "UTC", "Tokyo"])
def test_datetime_columns_are_read_in_every_unit_and_zone(tmp_path: Path, unit: str, zone: str | None) -> None:
    """A column without a zone is UTC; one with a zone is the moment it means."""
    times = pl.Series([datetime(2024, 1, 1), datetime(2024, 1, 1, 1)]).cast(pl.Datetime(unit))
    if zone:
        times = times.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    file = read_candles_file(parquet(tmp_path, times))
    assert times_in(file) == [NEW_YEAR, NEW_YEAR + HOUR]


def test_date_columns_and_numbers_are_read(tmp_path: Path) -> None:
    """Parquet may also hold dates, whole numbers or floats."""
    days = pl.Series([date(2024, 1, 1), date(2024, 1, 2)])
    assert times_in(read_candles_file(parquet(tmp_path, days))) == [NEW_YEAR, NEW_YEAR + 24 * HOUR]
    seconds = pl.Series([1_704_067_200.0, 1_704_070_800.0])
    assert times_in(read_candles_file(parquet(tmp_path, seconds))) == [NEW_YEAR, NEW_YEAR + HOUR]
    nanoseconds = pl.Series([1_704_067_200_000_000_000.0, 1_704_070_800_000_000_000.0])
    assert times_in(read_candles_file(parquet(tmp_path, nanoseconds))) == [NEW_YEAR, NEW_YEAR + HOUR]


ARCHIVE = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
ARCHIVE_ROW = "{},10,12,8,11,1.5,{},16.5,7,0.5,5.5,0\n"


def archive_rows() -> str:
    return "".join(ARCHIVE_ROW.format(t, t + HOUR - 1) for t in (NEW_YEAR, NEW_YEAR + HOUR))


@pytest.mark.parametrize(
    "text",
    [
        f"{ARCHIVE}\n{archive_rows()}",
        archive_rows(),
        hourly(NEW_YEAR, NEW_YEAR + HOUR).replace(",", ";"),
        hourly(NEW_YEAR, NEW_YEAR + HOUR, header="Timestamp,Open,High,Low,Close,Volume"),
        hourly(NEW_YEAR, NEW_YEAR + HOUR, header="Open Time,Open Price,High Price,Low Price,Close Price,Vol"),
        hourly(NEW_YEAR, NEW_YEAR + HOUR, header='"t","o","h","l","c","v"'),
        hourly(NEW_YEAR, NEW_YEAR + HOUR).replace("\n", "\r\n"),
        "\ufeff" + hourly(NEW_YEAR, NEW_YEAR + HOUR),
        "https://www.example.org\n"
        "unix,date,symbol,open,high,low,close,Volume BTC,Volume USDT\n"
        "1704070800,2024-01-01 01:00:00,BTC/USDT,10,12,8,11,1.5,16.5\n"
        "1704067200,2024-01-01 00:00:00,BTC/USDT,10,12,8,11,1.5,16.5\n",
    ],
    ids=[
        "archive",
        "no header",
        "semicolons",
        "capitals",
        "words",
        "letters",
        "CRLF",
        "BOM",
        "a line above, newest first",
    ],
)
def test_candles_are_found_in_the_files_of_common_tools(write: Write, text: str) -> None:
    """The same two candles come out of every one of them."""
    file = read_candles_file(write(text))
    assert file.frame.rows() == [(NEW_YEAR, 10.0, 12.0, 8.0, 11.0, 1.5), (NEW_YEAR + HOUR, 10.0, 12.0, 8.0, 11.0, 1.5)]
    assert (file.detection.symbol, file.detection.timeframe) == ("BTCUSDT", "1h")


def test_gzipped_text_is_read(tmp_path: Path) -> None:
    """A compressed file is recognised by its content."""
    path = tmp_path / "BTCUSDT-1h.csv.gz"
    path.write_bytes(gzip.compress(hourly(NEW_YEAR, NEW_YEAR + HOUR).encode()))
    assert times_in(read_candles_file(path)) == [NEW_YEAR, NEW_YEAR + HOUR]


def test_columns_that_are_not_needed_are_reported(write: Write) -> None:
    """Which column was taken for which, and which were left alone, is part of the answer."""
    detection = read_candles_file(write(f"{ARCHIVE}\n{archive_rows()}")).detection
    assert detection.columns["ts_open"] == "open_time"
    assert detection.columns["volume"] == "volume"
    assert detection.ignored == tuple(ARCHIVE.split(",")[6:])


def test_a_column_can_be_named_by_the_caller(write: Write) -> None:
    """What is named wins over what would be found, and wrong names are refused."""
    path = write(
        "ts,open,high,low,close,volume,adjusted\n" + f"{NEW_YEAR},10,12,8,11,1,9\n{NEW_YEAR + HOUR},10,12,8,11,1,9\n"
    )
    assert read_candles_file(path, names={"close": "adjusted"}).frame["close"].to_list() == [9.0, 9.0]
    with pytest.raises(RequestError, match="no column nosuch"):
        read_candles_file(path, names={"close": "nosuch"})
    with pytest.raises(RequestError, match="no column closing"):
        read_candles_file(path, names={"closing": "adjusted"})


def test_mark_candles_need_no_volume(write: Write) -> None:
    """A mark price has none; trades without volume are refused."""
    path = write(f"ts,open,high,low,close\n{NEW_YEAR},1,2,1,2\n{NEW_YEAR + HOUR},1,2,1,2\n")
    assert read_candles_file(path, kind="mark").frame["volume"].to_list() == [0.0, 0.0]
    with pytest.raises(RequestError, match="no column for volume"):
        read_candles_file(path)


@pytest.mark.parametrize(
    "header",
    [
        "ts,funding_rate",
        "fundingTime,fundingRate",
        "calc_time,last_funding_rate",
        "fundingRateTimestamp,fundingRate",
        "date,rate",
    ],
)
def test_funding_is_found_under_every_usual_name(write: Write, header: str) -> None:
    """Times stay as received, milliseconds of jitter included."""
    file = read_funding_file(write(f"{header}\n{NEW_YEAR},0.0001\n{NEW_YEAR + 8 * HOUR + 8},-0.00025\n"))
    assert file.frame.rows() == [(NEW_YEAR, 0.0001), (NEW_YEAR + 8 * HOUR + 8, -0.00025)]


def test_rows_out_of_order_are_sorted_and_repeated_ones_merged(write: Write) -> None:
    """Both are reported in words."""
    file = read_candles_file(write(hourly(NEW_YEAR + HOUR, NEW_YEAR, NEW_YEAR + HOUR, NEW_YEAR + 2 * HOUR)))
    assert times_in(file) == [NEW_YEAR, NEW_YEAR + HOUR, NEW_YEAR + 2 * HOUR]
    assert file.detection.notes == (
        "rows were out of order and have been sorted",
        "1 rows that repeat another were merged",
    )


def test_two_rows_that_contradict_each_other_are_refused(write: Write) -> None:
    """Both lines are named, in the order of the file."""
    text = hourly(NEW_YEAR, NEW_YEAR + HOUR, NEW_YEAR + 2 * HOUR) + f"{NEW_YEAR + HOUR},10,12,8,11.5,1.5\n"
    with pytest.raises(RequestError, match=r"^BTCUSDT-1h\.csv:5 .*same time than BTCUSDT-1h\.csv:3"):
        read_candles_file(write(text))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (f"{NEW_YEAR + HOUR},10,12,8,nan,1", r"BTCUSDT-1h.csv:3 close 'nan' is not a finite number"),
        (f"{NEW_YEAR + HOUR},10,inf,8,11,1", r"BTCUSDT-1h.csv:3 high 'inf' is not a finite number"),
        (f"{NEW_YEAR + HOUR},10,12,8,eleven,1", r"BTCUSDT-1h.csv:3 close 'eleven' is not a finite number"),
        (f"{NEW_YEAR + HOUR},10,12,8,,1", r"BTCUSDT-1h.csv:3 close is empty"),
        ("yesterday,10,12,8,11,1", r"BTCUSDT-1h.csv:\d ts .* is no time"),
        (",10,12,8,11,1", r"BTCUSDT-1h.csv:3 ts .*is empty"),
        ("1704070800,10,12,8,11,1", r"BTCUSDT-1h.csv:3 ts '1704070800' is no time in ms, as the first row is"),
        ("9999999999999999,10,12,8,11,1", r"BTCUSDT-1h.csv:3 ts .* is no time in ms"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(write: Write, bad: str, said: str) -> None:
    """Nothing is guessed, dropped or invented: the line, the column and the value are named."""
    with pytest.raises(RequestError, match=said) as caught:
        read_candles_file(write(f"{hourly(NEW_YEAR)}{bad}\n"))
    assert caught.value.exit_code == 2


def test_a_bad_row_of_a_parquet_file_is_counted_from_one(tmp_path: Path) -> None:
    """The third row holds the NaN."""
    times = pl.Series([NEW_YEAR + n * HOUR for n in range(4)])
    close = pl.Series([1.0, 1.0, float("nan"), float("nan")])
    with pytest.raises(RequestError, match=r"parquet row 3 close nan is not a finite number, and 1 more rows"):
        read_candles_file(parquet(tmp_path, times, close=close))


def test_numbers_that_are_no_times_are_refused(write: Write) -> None:
    """A row counter is not taken for the year 1970."""
    with pytest.raises(RequestError, match=r"csv:2 ts '1' is no time between 2009 and 2100"):
        read_candles_file(write(hourly(1, 2, 3)))


def test_missing_columns_are_listed_with_those_there_are(write: Write) -> None:
    """All that are missing at once, and how to name them."""
    with pytest.raises(
        RequestError, match=r"no column for high, volume; its columns are ts, open, low, close .*--map high="
    ):
        read_candles_file(write(f"ts,open,low,close\n{NEW_YEAR},1,1,1\n"))


def test_the_timeframe_is_the_commonest_step(write: Write) -> None:
    """A hole does not hide it, and another one than asked is refused."""
    path = write(hourly(*(NEW_YEAR + n * HOUR for n in (0, 1, 2, 7, 8, 9))))
    assert read_candles_file(path).detection.timeframe == "1h"
    assert read_candles_file(path, timeframe=Timeframe.parse("1h")).detection.timeframe == "1h"
    with pytest.raises(RequestError, match="rows are 1h apart, not 5m"):
        read_candles_file(path, timeframe=Timeframe.parse("5m"))


def test_one_candle_needs_a_timeframe_said(write: Write) -> None:
    """A single row shows no step."""
    path = write(hourly(NEW_YEAR))
    with pytest.raises(RequestError, match="--timeframe"):
        read_candles_file(path)
    assert read_candles_file(path, timeframe=Timeframe.parse("4h")).detection.timeframe == "4h"


def test_a_candle_in_progress_is_left_out_and_reported(write: Write) -> None:
    """Only candles that have closed by the given moment are taken."""
    path = write(hourly(NEW_YEAR, NEW_YEAR + HOUR, NEW_YEAR + 2 * HOUR))
    file = read_candles_file(path, closed_before_ms=NEW_YEAR + 2 * HOUR)
    assert times_in(file) == [NEW_YEAR, NEW_YEAR + HOUR]
    assert file.detection.notes == ("1 candles not closed yet were left out",)


@pytest.fixture
def two_symbols(tmp_path: Path) -> Path:
    path = tmp_path / "universe.csv"
    path.write_text(
        f"symbol,ts,open,high,low,close,volume\nAAAUSDT,{NEW_YEAR},1,1,1,1,1\nBBBUSDT,{NEW_YEAR},2,2,2,2,2\n"
        f"AAAUSDT,{NEW_YEAR + HOUR},1,1,1,1,1\nBBBUSDT,{NEW_YEAR + HOUR},2,2,2,bad,2\n"
    )
    return path


def test_one_symbol_is_taken_out_of_a_file_of_several(two_symbols: Path) -> None:
    """Rows of the others do not matter, and lines are still counted in the file."""
    file = read_candles_file(two_symbols, symbol="AAAUSDT")
    assert file.frame["close"].to_list() == [1.0, 1.0]
    with pytest.raises(RequestError, match=r"universe\.csv:5 close 'bad'"):
        read_candles_file(two_symbols, symbol="BBBUSDT")


def test_a_file_of_several_symbols_asks_which(two_symbols: Path) -> None:
    """The symbols are listed, also when another one was asked for."""
    with pytest.raises(RequestError, match=r"holds AAAUSDT, BBBUSDT .*--symbol"):
        read_candles_file(two_symbols)
    with pytest.raises(RequestError, match="and no CCCUSDT"):
        read_candles_file(two_symbols, symbol="CCCUSDT")


def test_a_file_that_does_not_say_whose_it_is_asks(tmp_path: Path) -> None:
    """Without a symbol column and a telling name the caller has to say it."""
    path = tmp_path / "candles.csv"
    path.write_text(hourly(NEW_YEAR, NEW_YEAR + HOUR))
    with pytest.raises(RequestError, match="--symbol"):
        read_candles_file(path)
    assert read_candles_file(path, symbol="ETHUSDT").detection.symbol == "ETHUSDT"


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", RequestError, "no table"),
        (b"hello\nworld\n", RequestError, "no table"),
        (b'[{"ts": 1}]', RequestError, "no column for"),
        (b'{"answer": 42}', RequestError, "no rows of candles"),
        (b"[[1, 2", AccessError, "no JSON"),
        (b"PK\x03\x04 and so on", AccessError, "damaged"),
        (b"ARROW1\x00\x00", AccessError, "cannot be read|damaged"),
        (b"FEA1 and so on", RequestError, "first version"),
        (b"PAR1 and no more", AccessError, "damaged"),
        (b"ts,open\n\xff\xfe\x00,1\n", RequestError, "no text"),
        (b"\x1f\x8b broken", AccessError, "cannot be read|damaged"),
        (b"ts,open,high,low,close,volume\n", RequestError, "no rows"),
    ],
    ids=[
        "empty",
        "prose",
        "JSON",
        "JSON object",
        "JSON cut off",
        "zip",
        "Feather",
        "old Feather",
        "Parquet cut off",
        "no UTF-8",
        "gzip broken",
        "header only",
    ],
)
def test_files_that_are_no_tables_are_named(tmp_path: Path, content: bytes, error: type[Exception], said: str) -> None:
    """Every kind of wrong file is one clear sentence with its name."""
    path = tmp_path / "BTCUSDT-1h.csv"
    path.write_bytes(content)
    with pytest.raises(error, match=rf"BTCUSDT-1h\.csv.*({said})"):
        read_candles_file(path)


def test_a_file_that_does_not_exist_is_not_readable(tmp_path: Path) -> None:
    """It is an AccessError with the file's name."""
    with pytest.raises(AccessError, match=r"nowhere\.parquet.*No such file"):
        read_candles_file(tmp_path / "nowhere.parquet")


def test_the_digest_is_over_content_and_not_over_the_file(tmp_path: Path, write: Write) -> None:
    """The same candles from CSV and from Parquet, shuffled, have one digest; another price has another."""
    times = [NEW_YEAR + n * HOUR for n in (2, 0, 1)]
    from_csv = read_candles_file(write(hourly(*times)))
    from_parquet = read_candles_file(parquet(tmp_path, pl.Series(times)))
    assert from_csv.digest == from_parquet.digest
    other = read_candles_file(parquet(tmp_path, pl.Series(times), close=pl.lit(11.5)))
    assert other.digest != from_csv.digest


def test_a_real_archive_is_read_whole() -> None:
    """Rows and bounds are those of the description that comes with the file."""
    candles = read_candles_file(shared("data/BTCUSDT-5m-perp-cyft.parquet"))
    assert (candles.frame.height, candles.detection.timeframe) == (143_900, "5m")
    assert candles.frame["ts_open"][0] == int(datetime(2023, 1, 1, tzinfo=UTC).timestamp() * 1000)
    assert candles.frame["ts_open"][-1] == int(datetime(2024, 5, 14, 15, 35, tzinfo=UTC).timestamp() * 1000)
    funding = read_funding_file(shared("data/BTCUSDT-funding-cyft.parquet"))
    assert funding.frame.height == 1_498
    assert funding.frame.row(1) == (1_672_560_000_008, 0.0001)
