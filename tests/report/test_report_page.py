"""The page as a file: whole, silent, and the same whenever it is made."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html import unescape

from report_contents import content

from btcli.report.page import page_of


def test_only_the_scripts_of_the_page_itself_may_run() -> None:
    """The policy names the digest of every script of the page, and allows neither another one nor a connection."""
    page = page_of([content()]).decode()
    policy = re.search('Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    scripts = re.findall("<script>(.*?)</script>", page, re.DOTALL)
    digests = {f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in scripts}
    said = dict(part.strip().split(" ", 1) for part in unescape(policy[1]).split("; "))
    assert set(said["script-src"].split()) == digests
    assert said["default-src"] == "'none'"


def test_a_name_is_text() -> None:
    """What a run is called can't open an element."""
    page = page_of([content(name="</title><script>alert(1)</script>")]).decode()
    assert "<script>alert" not in page


def test_every_way_on_the_page_leads_somewhere() -> None:
    """The links at the head of each of two runs have their place, each of which is there once."""
    page = page_of([content(), content(run_id="b" * 12)]).decode()
    ways = re.findall('href="#([^"]*)"', page)
    places = re.findall(' id="([^"]*)"', page)
    assert {f"run{run}-{name}" for run in (0, 1) for name in ("account", "trades", "groups", "origin")} <= set(ways)
    assert set(ways) <= set(places)
    assert len(places) == len(set(places))
