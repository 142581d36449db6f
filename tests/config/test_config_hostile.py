"""Configs that were written to hurt: each ends at once, with little memory, in a clear error."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_configs import HEAD, configs, many_aliases

from btcli.config.document import MOST_NODES
from btcli.config.loading import load_system, parse_system
from btcli.errors import ConfigError

SCRIPT = Path(__file__).parent / "hostile_configs.py"
MOST_UNITS, MOST_MEGABYTES = 3, 200  # a unit is what the YAML library takes for the longest plain list
BATCHES = 3


@pytest.mark.parametrize("batch", range(BATCHES))
def test_hostile_configs_end_at_once_in_a_clear_error(batch: int) -> None:
    """Nesting, aliases, tags, huge numbers and names, damaged bytes: little work and 200 MB each."""
    numbers = [str(number) for number in range(batch, len(configs()), BATCHES)]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *numbers], capture_output=True, text=True, timeout=300, check=False
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [str(number) for number, *_ in told] == numbers, done.stderr
    bad = [each for each in told if each[1] >= MOST_UNITS or each[2] >= MOST_MEGABYTES]
    bad += [each for each in told if not each[3].startswith("refused: ")]
    assert not bad
    unplaced = [each[3] for each in told if not re.search(r"system\.yml:\d+:\d+ ", each[3])]
    assert not [said for said in unplaced if not re.search("cannot be read as text|has [0-9,]+ (letters|bytes);", said)]


def test_what_aliases_repeat_is_counted_before_it_is_copied() -> None:
    """Three thousand aliases of a list of a thousand numbers are three million values; the place is that of one."""
    with pytest.raises(ConfigError, match=rf"^small\.yml:8:\d+ .*more than {MOST_NODES:,} keys and values"):
        parse_system(many_aliases(1_000, 3_000), "small.yml")


def test_a_file_is_not_read_where_its_size_says_enough(tmp_path: Path) -> None:
    """A gigabyte of nothing is refused by its size: it would not fit into the memory that one may take."""
    path = tmp_path / "system.yml"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(ConfigError, match="has 1,073,741,824 bytes; a system file has at most 1,048,576 letters"):
        load_system(path)


def test_there_are_two_hundred_of_them() -> None:
    """Each is another text."""
    assert len(set(configs())) >= 200


def test_keys_count_as_values_do() -> None:
    """A mapping of half as many keys is too large, one key less than that is not; a list holds twice as many."""
    for text, large in ((_keys(MOST_NODES // 2 + 1), True), (_keys(MOST_NODES // 4), False)):
        with pytest.raises(ConfigError) as refused:
            parse_system(text, "small.yml")
        assert ("keys and values" in str(refused.value)) is large


def _keys(count: int) -> str:
    return f"{HEAD}a:\n" + "".join(f"  k{k}: 1\n" for k in range(count))
