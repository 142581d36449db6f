"""Forty kinds of names and texts that would do something to whoever shows them."""

from __future__ import annotations

import re

# What a terminal obeys, or what turns the order of what one reads.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

HOSTILE = (
    "\x1b[2Jclear",
    "\x1b]0;title\x07",
    "\x1b]8;;http://a.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;cm0=\x07",
    "\x1b[31mred",
    "\x1b[6n",
    "\x1bP+q544e\x1b\\",
    "\x1b_apc\x1b\\",
    "\x9b2Jcsi",
    "\x9d0;osc\x9c",
    "back\x08\x08space",
    "carriage\rreturn",
    "bell\x07",
    "null\x00byte",
    "tab\tbed",
    "new\nline",
    "form\x0cfeed",
    "vertical\x0btab",
    "del\x7fete",
    "next\x85line",
    "line\u2028separator",
    "paragraph\u2029separator",
    "\u202eright to left",
    "\u2066isolate\u2069",
    "\u200fmark",
    "\u061carabic mark",
    "[bold]markup[/bold]",
    "[/]",
    "[link=http://a.example]x[/link]",
    "[red",
    "\\[escaped]",
    ":warning: :smile:",
    "<script>alert(1)</script>",
    "</script><img src=x>",
    "{{ template }} @{y} $$x$$",
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE trades; --",
    "../../etc/passwd",
    "%s %n {0.__class__}",
    "long " + "x" * 2000,
    "e\u0301\u0301\u0301 combining \u200b zero",
    "\U0001f4a9\u5e01\u5b89 wide",
)
