"""YAML 1.2 in, plain values and places out."""

from __future__ import annotations

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.config.document import MOST_NODES, plain_value, read_document
from btcli.config.findings import Place


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-4", 0.0001),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("none", "none"),
        ("0o17", 15),
        ("0x1F", 31),
        ("010", 10),
        ("-3", -3),
        ("+.5e3", 500.0),
        ("1.", 1.0),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T08:00:00Z", "2024-01-31T08:00:00Z"),
        ("<<", "<<"),
        ("=", "="),
        (".inf", math.inf),
        ("-.INF", -math.inf),
    ],
)
def test_words_mean_what_yaml_1_2_says(word: str, value: object) -> None:
    """An unquoted word is a number, a truth value, nothing or text by the core schema of YAML 1.2."""
    read = read_document(f"key: {word}\n").tree["key"]
    assert (read, type(read)) == (value, type(value))


def test_nan_is_a_number() -> None:
    """`.nan` is read as a float, so that a later check can refuse it."""
    assert math.isnan(read_document("key: .nan").tree["key"])


def test_quotes_make_text() -> None:
    """Quoted and block scalars are text, whatever they look like."""
    assert read_document("a: '1'\nb: \"true\"\nc: |\n  2\nd: ''\n").tree == {"a": "1", "b": "true", "c": "2\n", "d": ""}


def test_a_version_directive_changes_nothing() -> None:
    """Even a file that claims to be YAML 1.1 has no `no` that means false."""
    assert read_document("%YAML 1.1\n---\na: no\n").tree == {"a": "no"}


def test_keys_are_words_with_places() -> None:
    """Every key and list item is remembered with line and column, both from 1."""
    document = read_document("a: {b: 1,  c: [x, y]}\n2024:\n  d: 2\n")
    assert document.tree == {"a": {"b": 1, "c": ["x", "y"]}, "2024": {"d": 2}}
    assert document.places == {
        (): Place(1, 1),
        ("a",): Place(1, 1),
        ("a", "b"): Place(1, 5),
        ("a", "c"): Place(1, 12),
        ("a", "c", 0): Place(1, 16),
        ("a", "c", 1): Place(1, 19),
        ("2024",): Place(2, 1),
        ("2024", "d"): Place(3, 3),
    }


def test_every_duplicate_key_is_found_where_it_stands() -> None:
    """A second equal key is an error at its own place, the first value stays, and reading goes on."""
    document = read_document("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert document.tree == {"a": 1, "b": {"c": 1}}
    assert [(finding.path, finding.at) for finding in document.findings] == [
        (("b", "c"), Place(2, 11)),
        (("a",), Place(3, 1)),
    ]


def test_an_alias_repeats_its_anchor() -> None:
    """An alias stands for the anchored value, with the alias's own place."""
    document = read_document("a: &w {x: 1}\nb: *w\n")
    assert document.tree == {"a": {"x": 1}, "b": {"x": 1}}
    assert document.places[("b",)] == Place(2, 1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: *missing\n", "there is no anchor &missing before this alias"),
        ("a: &self [*self]\n", "an alias inside an anchor is not used here"),
        ("a: &a [1]\nb: &b [*a, *a]\n", "an alias inside an anchor is not used here"),
    ],
)
def test_an_alias_that_leads_nowhere_or_multiplies_is_refused(text: str, problem: str) -> None:
    """An alias to nothing, to itself, or inside another anchor is a finding and no endless value."""
    assert {finding.message for finding in read_document(text).findings} == {problem}


def test_tags_are_refused() -> None:
    """Explicit tags have no meaning in a config and are findings."""
    assert [finding.at for finding in read_document("a: !!str 5\nb: !foo 3\n").findings] == [Place(1, 4), Place(2, 4)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1,\n 2\n", Place(1, 4)),
        ("a:\n  b: {c: 1\n  d: 2\n", Place(2, 6)),
        ("a: 1\nb\n", Place(2, 1)),
        ("a: 1\nb: 'c\n", Place(2, 4)),
        ("a: b: c\n", Place(1, 5)),
        ("a: 1\n\tb: 2\n", Place(2, 1)),
        ('a: "\\x"\n', Place(1, 7)),
        ("a: 1\nb: \x01\n", Place(2, 4)),
        ("? [a]\n: b\n", Place(1, 3)),
        ("a: 1\n---\nb: 2\n", Place(3, 1)),
        ("[" * 500, Place(1, 42)),
    ],
)
def test_syntax_errors_have_a_place(text: str, place: Place) -> None:
    """What is no YAML, or more than one document, is one finding with line and column."""
    assert [finding.at for finding in read_document(text).findings] == [place]


QUOTED = 'quote an expression that has a comma, a bracket, a brace, ": " or " #" inside {…}, as in {limit: "close[1]"}'
ONE_COLUMN = "the keys of one block begin in one column, indented with spaces"
NO_TAB = "indent with spaces: a tab is no indentation"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: {b: close - atr[1], c: 3}", QUOTED),
        ("a: {b: close # low, c: 1}", QUOTED),
        ("a: {b: c: d}", QUOTED),
        ("a: {b: c > d e: f}", 'write a comma before e:, or quote a text that has ": " in it'),
        ("a: [{b: 0.5 c: 3}]", 'write a comma before c:, or quote a text that has ": " in it'),
        ("a: {b: x, c: 3 d: 4}", 'write a comma before d:, or quote a text that has ": " in it'),
        ("a: {b: 1, c: 2\nd: {e: 3}", "close the {"),
        ("a:\n  - {b: 1}\n  - {c: 2\n", "close the {"),
        ("a: [1, 2", "close the ["),
        ("a:\n  b: [1,\n  c: 2", "close the ["),
        ("a: {b: 1}}\nc: 2", "take the } out: nothing before it is open"),
        ("a: [1]]", "take the ] out: nothing before it is open"),
        ("a:\n  - {b: 1, c: {x > 1} > 2}", QUOTED),
        ("a: [high[1] * 1.001]", QUOTED),
        ("[x, {stop: high[1] * 2, limit: high}]", QUOTED),
        ("a: * 2", "quote a text that has such a character in it"),
        ("a: & 2", "quote a text that has such a character in it"),
        ("a: b: c", 'quote a text that has ": " in it'),
        ("a: %b", "quote a text that has such a character in it"),
        ("a:\n  b: 1\n c: 2", ONE_COLUMN),
        ("a:\n  b: 1\n   c: 2", ONE_COLUMN),
        ("a:\n  b: 1\n  cc\n  d: 2", "write cc: and its value, or take it out"),
        ("a:\n  b: 1\n  cc 5", "write cc: 5"),
        ("a:\n  b: 1\n  cc 5\n  d: 2", "write cc: 5"),
        ("a:\n  b: 1\n  cc = d > e", "write cc: d > e"),
        ("a:\n  b c > d\n  e: 5", "in line 2 write b: c > d"),
        ("a:\n\tb: 2", NO_TAB),
        ("a:\n  b: 1\n\tc: 2", NO_TAB),
        ("a:\n  b: 1\n \tc: 2", NO_TAB),
        ('a: "b', "close the quote"),
        ("a: 'b\nc: 1\n", "close the quote"),
    ],
)
def test_a_mistake_of_syntax_has_a_next_step(text: str, hint: str) -> None:
    """What the parser says stays, and what to do about it is told in plain words."""
    [finding] = read_document(text).findings
    assert finding.message.startswith("syntax: ")
    assert finding.hint == hint


@pytest.mark.parametrize(
    ("inside", "value", "rest"),
    [
        ("b: max(close, open), c: 45m", "max(close, open)", {"c": "45m"}),
        ("b: f(x, g(y, 2)) > z, 'c': 3", "f(x, g(y, 2)) > z", {"c": 3}),
        ("b: f(x,\n    y)", "f(x, y)", {}),
        ("b: f(x, y, c: 3", "f(x, y", {"c": 3}),
        ("b: f(x, y): 3", "f(x, y)", {}),
        ("b: f(x, y): 3, c: 4", "f(x, y)", {"c": 4}),
        ("c: 3, b: min(1, 2)", "min(1, 2)", {"c": 3}),
    ],
)
def test_an_expression_that_a_comma_cuts_is_told_whole(inside: str, value: str, rest: dict[str, object]) -> None:
    """It is one mistake, at the place of the value, with the expression quoted; the rest is read as it stands."""
    read = read_document(f"a: {{{inside}}}")
    assert read.tree == {"a": {"b": value, **rest}}
    said = "is cut at a comma: inside {…} an expression with a comma has to be quoted"
    assert [(each.path, each.message, each.hint) for each in read.findings] == [
        (("a", "b"), said, f'write b: "{value}"')
    ]
    assert read.findings[0].at == Place(1, 8 + inside.index("b:"))


@pytest.mark.parametrize(
    "inside", ['b: "max(x, y)"', "b: 'f(x', c", "b: f(x", "b: f(x, c: 3", "b: [(x), y]", "b: (x), c"]
)
def test_nothing_is_joined_that_no_comma_cuts(inside: str) -> None:
    """Quoted texts, texts that close what they open, and keys with a value of their own stay as they are."""
    assert read_document(f"a: {{{inside}}}").findings == ()


@pytest.mark.parametrize(
    ("inside", "values"),
    [
        ("max(x, y), z", ["max(x, y)", "z"]),
        ("z, f(x, g(y, 2)) > 1", ["z", "f(x, g(y, 2)) > 1"]),
        ("f(x, y), g(x, y)", ["f(x, y)", "g(x, y)"]),
    ],
)
def test_an_item_of_a_list_that_a_comma_cuts_is_told_whole(inside: str, values: list[str]) -> None:
    """Each once, with the text to write in its place; the others keep theirs."""
    read = read_document(f"a: [{inside}]")
    assert read.tree == {"a": values}
    said = "is cut at a comma: inside […] an expression with a comma has to be quoted"
    wanted = [(said, f'write "{value}"') for value in values if "," in value]
    assert [(each.message, each.hint) for each in read.findings] == wanted


@pytest.mark.parametrize("inside", ["f(x", "f(x, {y: 1}", '"f(x", y)', "(x), y", "f(x, [y)]"])
def test_items_that_no_comma_cuts_stay_apart(inside: str) -> None:
    """What is quoted, never closed, or followed by something else than words."""
    assert read_document(f"a: [{inside}]").findings == ()


def test_ten_thousand_texts_that_are_never_closed_are_read() -> None:
    """What was looked at ahead does not pile up."""
    text = "a: {" + ", ".join(f"k{n}: f(x" for n in range(10_000)) + "}"
    assert len(read_document(text).tree["a"]) == 10_000


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_nothing_is_read_as_none(text: str) -> None:
    """A text without content has no tree and no findings."""
    assert read_document(text).tree is None


@given(st.text(alphabet=string.printable, max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text gives a document, never an exception."""
    assert read_document(text).places is not None


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**17), 10**17))
def test_numbers_written_by_repr_read_back(number: float) -> None:
    """A number written in its shortest form is the same number again, bit for bit."""
    assert repr(plain_value(repr(number))) == repr(number)


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=127), max_size=9), max_size=5), st.data())
def test_a_list_of_words_in_quotes_reads_as_the_parser_reads_it(words: list[str], draw: st.DataObject) -> None:
    """With any blanks between them, and with quotes, backslashes, colons and signs of YAML in them."""
    blanks = st.sampled_from(("", " ", "   ", "\n", "\t"))
    parts = [f'{draw.draw(blanks)}"{word}"{draw.draw(blanks)}' for word in words]
    same_as_parsed(f"[{','.join(parts)}]")


@pytest.mark.parametrize(
    "text",
    [
        '["a", "b"]', '[ "a" , "b" ]', '["a" "b"]', '["a",]', '["a",,"b"]', '["a", b]', '["a"', '"a"]', '["a"]]',
        '[]', '[""]', '["a: b", "# c", "%d", "@", "&x", "*x", "!t", "---", "...", "{}", "[]", "1", "null", "~", "\'"]',
        '["a" : "b"]', '["a": 1]', r'["\n"]', r'["a\\"]', '["é"]', '["\x7f"]', '["a\tb"]', ' ["a"]', '["a"] ',
        '["  a  b "]', '["' + 5_000 * "x" + '", "y"]', "['a', 'b']", '["a"] # said', '["a"] x', '["a"]\n',
    ],
)  # fmt: skip
def test_what_looks_like_words_in_quotes_reads_as_the_parser_reads_it(text: str) -> None:
    """Whether it is such a list or nearly one, of plain letters or of others."""
    same_as_parsed(text)


@pytest.mark.parametrize("count", [29_999, 30_000])
def test_a_list_of_words_in_quotes_is_as_long_as_any(count: int) -> None:
    """The most keys and values that a document may have count here, too."""
    document = read_document("[" + ", ".join(['"a"'] * count) + "]")
    assert (document.tree is None) == (count + 1 > MOST_NODES)


def same_as_parsed(text: str) -> None:
    """The document of a text, and of one that says the same and is no list of words in quotes alone."""
    read, parsed = read_document(text), read_document(f"{text}\n#")
    assert (read.tree, read.places, read.values) == (parsed.tree, parsed.places, parsed.values)
    assert [(each.path, each.message) for each in read.findings] == [
        (each.path, each.message) for each in parsed.findings
    ]
