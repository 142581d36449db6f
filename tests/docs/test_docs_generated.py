"""The pages that are made from the code are what the code says; `make docs` writes them anew."""

from __future__ import annotations

from cli_texts import verbs_with_options
from command_line import ROOT
from feature_texts import functions_page
from system_texts import DEFAULTS, VALUES, reference


def test_every_option_is_documented() -> None:
    """docs/commands.md is what the commands say of themselves."""
    assert (ROOT / "docs" / "commands.md").read_text() == verbs_with_options()


def test_every_key_is_documented() -> None:
    """docs/system.md is what the model of a system file says."""
    assert (ROOT / "docs" / "system.md").read_text() == reference()


def test_every_function_is_documented() -> None:
    """docs/features.md is what the catalog says of the functions of features."""
    assert (ROOT / "docs" / "features.md").read_text() == functions_page()


def test_no_words_are_kept_for_keys_that_are_gone() -> None:
    """Every key whose values or default are worded by hand is on the page."""
    page = reference()
    assert [key for key in (*VALUES, *DEFAULTS) if f"| `{key}` |" not in page] == []
