"""A store is one value: its file, its environment, and the options by which a command names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from btcli.market.store.where import Store, Stores


@pytest.mark.parametrize(
    ("store", "path", "options"),
    [
        (Store(Path("data")), "data/market_live.duckdb", ""),
        (Store(Path("data"), "demo"), "data/market_demo.duckdb", " --env demo"),
        (Store(Path("/srv/a b")), "/srv/a b/market_live.duckdb", " --data '/srv/a b'"),
        (Store(Path("x"), "demo"), "x/market_demo.duckdb", " --data x --env demo"),
    ],
)
def test_a_store_names_its_file_and_its_options(store: Store, path: str, options: str) -> None:
    """What is meant anyway is left out of the options; the rest can be pasted."""
    assert (store.path, store.options) == (Path(path), options)


def test_the_environment_joins_what_is_known_of_the_stores() -> None:
    """The folder and the patience stay; without an environment no option speaks of one."""
    stores = Stores(Path("x"), 0.5)
    assert stores.of("demo") == Store(Path("x"), "demo", 0.5)
    assert stores.options == " --data x"
