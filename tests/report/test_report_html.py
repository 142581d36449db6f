"""What gets on a page, and that no text of a user is more there than a text."""

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from btcli.report.html import Markup, element, joined, json_block, own_source, plain, text

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    "<!--",
    "--><b>",
    "<![CDATA[",
    "<?php",
    "&lt;b&gt;",
    "&#x3c;b&#x3e;",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "`onload=alert(1)`",
    "javascript:alert(1)",
    "${7*7}",
    "{{7*7}}",
    "{%for x in y%}",
    "@{trade_id}",
    "$$\\int$$",
    "\\(x\\)",
    "\\u003cb\\u003e",
    "%3Cb%3E",
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x00<b>",
    "a\rb",
    "\u202egnp.exe",
    "\u2066left\u2069",
    "\u2028line",
    "\ud800",
    "\udc80name",
    "'; DROP TABLE runs; --",
    "../../etc/passwd",
    "\ufeffbom",
    "=cmd|' /C calc'!A0",
    "x" * 5000,
    "مرحبا",
    "🏴\u200d☠️",
    "Ａ＜ｂ＞",
    "\n\n<b>\t",
    "",
)


class Tree(HTMLParser):
    """What a browser's parser makes of a page: starts with their attributes, ends, and the text between."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.nodes: list[object] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.nodes.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.nodes.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.nodes.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.nodes.append(("decl", decl))

    def handle_pi(self, data: str) -> None:
        self.nodes.append(("pi", data))

    def unknown_decl(self, data: str) -> None:
        self.nodes.append(("unknown", data))


def parsed(page: str) -> Tree:
    tree = Tree()
    tree.feed(page)
    tree.close()
    return tree


ANYTHING = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_text(name: str) -> None:
    """A name of any kind leaves the elements of the page as they are and reads as it is written."""
    tree = parsed(element("td", name, title=name, class_="tag"))
    assert tree.nodes == [("td", {"title": plain(name), "class": "tag"}), "/td"]
    assert tree.text == plain(name)


@given(ANYTHING, ANYTHING)
@example("<", "script>")
@example("&", "lt;")
def test_no_text_makes_an_element(first: str, second: str) -> None:
    """Whatever two neighbouring texts are, the page has the elements that were asked for, no more."""
    page = element("p", first, element("em", second, data_name=first), second)
    page.encode()
    tree = parsed(page)
    assert tree.nodes == [("p", {}), ("em", {"data-name": plain(first)}), "/em", "/p"]
    assert tree.text == plain(first) + plain(second) + plain(second)


@given(ANYTHING)
@example("</script>")
@example("</SCRIPT ")
@example("<!--<script>")
def test_no_text_ends_a_block_of_values(name: str) -> None:
    """A block of values is one element whose content is JSON, whatever texts are in it."""
    tree = parsed(json_block("rows", {"tag": [plain(name)]}))
    assert tree.nodes == [("script", {"type": "application/json", "class": "rows"}), "/script"]
    assert "<" not in tree.text
    assert ">" not in tree.text


def test_values_in_a_block_read_back_as_they_are() -> None:
    """What the page's script parses is what was put there."""
    import json

    values = {"tag": ["</script>", "a&b", "\u2028", 'q"'], "net": [1.5, None, -0.25]}
    assert json.loads(parsed(json_block("rows", values)).text) == values


def test_markup_is_not_escaped_twice() -> None:
    """An element inside another stays an element."""
    assert element("p", element("em", "a < b")) == "<p><em>a &lt; b</em></p>"


def test_what_is_done_to_markup_makes_it_text_again() -> None:
    """Markup joined to a text by hand is escaped: nothing slips through by concatenation."""
    assert text(element("em", "a") + "<b>") == "&lt;em&gt;a&lt;/em&gt;&lt;b&gt;"


def test_parts_are_joined_with_what_is_between_them_escaped() -> None:
    """None is left out, and the separator is text."""
    assert joined(["a", None, Markup("<b>"), "c"], " & ") == "a &amp; <b> &amp; c"


def test_an_attribute_without_a_value() -> None:
    """True stands alone; False and None leave it out."""
    assert element("input", type="search", disabled=True, hidden=False, id=None) == '<input type="search" disabled>'


@pytest.mark.parametrize("tag", ["script", "style", "iframe", "img", "object", "td onclick=x", "Td", ""])
def test_an_element_that_is_not_listed_is_refused(tag: str) -> None:
    """Nothing that could load or run anything can be asked for."""
    with pytest.raises(ValueError, match="no element"):
        element(tag)


@pytest.mark.parametrize("name", ["onclick", "style", "src", "srcdoc", "formaction", "data-", "x y", "data-a=b"])
def test_an_attribute_that_is_not_listed_is_refused(name: str) -> None:
    """No attribute runs a script, loads a file or carries a style."""
    with pytest.raises(ValueError, match="no attribute"):
        element("a", **{name: "x"})


@pytest.mark.parametrize("where", ["https://example.org", "javascript:alert(1)", "//example.org", "", "report.html"])
def test_a_link_leads_to_the_page_itself_only(where: str) -> None:
    """A link that would leave the page is refused."""
    with pytest.raises(ValueError, match="leaves the page"):
        element("a", "out", href=where)


@pytest.mark.parametrize("source", ["a</script>b", "a</ SCRIPT>", "<!-- x", "</style>"])
def test_a_source_that_would_end_its_element_is_refused(source: str) -> None:
    """The own scripts and styles hold no end of their element."""
    with pytest.raises(ValueError, match="end early"):
        own_source("script", source)


def test_an_own_source_stands_as_it_is() -> None:
    """A script is not escaped, its attributes are."""
    assert own_source("script", "a < b && c", nonce='x"y') == '<script nonce="x&quot;y">a < b && c</script>'
