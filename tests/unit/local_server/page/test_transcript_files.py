"""Transcripts that people take away: their forms, their names, and that nothing in them comes alive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from tests.support.local_client import message

if TYPE_CHECKING:
    import requests

    from tests.support.local_client import Local

TIMES = {"startTime": "2026-03-01T10:00:00Z", "endTime": "2026-03-01T11:01:05Z"}
LATER = {"startTime": "2026-03-01T11:01:06Z", "endTime": "2026-03-01T11:01:07Z"}
SAID = [message("Good morning.", "Ann", **TIMES), message("Hi.", "Bob", **LATER), message("Who is that?")]


def take(local: Local, ids: dict[str, str], suffix: str) -> requests.Response:
    """Ask for a form as a browser does: without a token."""
    path = f"/__local__/conversations/{ids['conversationId']}/transcript.{suffix}"
    answer = local.send("GET", path, headers={"Authorization": ""})
    assert answer.status_code == 200
    return answer


TEXT = """\
Call
2026-03-01T10:00:00.000Z

[0:00:00] Ann: Good morning.
[1:01:06] Bob: Hi.
[1:01:07] Unknown speaker: Who is that?
"""
MARKDOWN = r"""# Call

2026-03-01T10:00:00.000Z

**Ann** 0\:00\:00

Good morning.

**Bob** 1\:01\:06

Hi.

**Unknown speaker** 1\:01\:07

Who is that?
"""
SRT = """\
1
00:00:00,000 --> 01:01:05,000
Ann: Good morning.

2
01:01:06,000 --> 01:01:07,000
Bob: Hi.

3
01:01:07,000 --> 01:01:08,200
Who is that?
"""


@pytest.mark.parametrize(
    ("suffix", "media", "content"),
    [
        ("txt", "text/plain; charset=utf-8", TEXT),
        ("md", "text/markdown; charset=utf-8", MARKDOWN),
        ("srt", "application/x-subrip", SRT),
    ],
)
def test_a_transcript_is_taken_away(at_once: Local, suffix: str, media: str, content: str) -> None:
    """As a file: it is saved, and never shown as a page of this server."""
    ids = at_once.submit("text", json={"name": "Call", "messages": SAID})
    answer = take(at_once, ids, suffix)
    assert answer.headers["content-type"] == media
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content.decode() == content


def test_json_holds_all_that_the_page_shows(at_once: Local) -> None:
    """Messages as the reader has them, and what was found."""
    ids = at_once.submit("text", json={"name": "Call", "messages": SAID})
    answer, path = take(at_once, ids, "json"), f"/__local__/conversations/{ids['conversationId']}"
    shown = at_once.get(path)
    assert answer.json() == {
        **{name: shown[name] for name in ("id", "name", "startTime", "endTime", "messageCount", "members", "messages")},
        "insights": at_once.get(f"{path}/insights"),
    }
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("name", "saved", "plain"),
    [
        ("calls/late parcel.wav (1a2b3c4d)", "late parcel.wav (1a2b3c4d).txt", "late parcel.wav (1a2b3c4d).txt"),
        ("Grüße aus Köln", "Grüße aus Köln.txt", "Gre aus Kln.txt"),
        ('a"b\r\nSet-Cookie: x=1', "a_b_Set-Cookie_ x_1.txt", "a_b_Set-Cookie_ x_1.txt"),
        ("..\\..\\autorun.inf", "autorun.inf.txt", "autorun.inf.txt"),
        ("ab\u202etxt.exe", "ab_txt.exe.txt", "ab_txt.exe.txt"),
        ("x" * 500, "x" * 80 + ".txt", "x" * 80 + ".txt"),
        ("日本", "日本.txt", "ID.txt"),
        ("///", "ID.txt", "ID.txt"),
    ],
)
def test_a_file_is_called_after_its_conversation(at_once: Local, name: str, saved: str, plain: str) -> None:
    """As far as names of files go; after its id where nothing is left of the name."""
    ids = at_once.text("Hello.", name=name)
    told = take(at_once, ids, "txt").headers["content-disposition"]
    found = re.fullmatch(r"attachment; filename=\"([^\"]+)\"; filename\*=UTF-8''([\w.%~-]+)", told)
    assert found is not None
    known = ids["conversationId"]
    assert (unquote(found[2]), found[1]) == (saved.replace("ID", known), plain.replace("ID", known))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("![x](http://a.b/c) <img src=x>", r"\!\[x\]\(http\://a.b/c\) \<img src\=x\>"),
        ("# 1. *a* _b_ `c` | www.a.b me@a.b", r"\# 1\. \*a\* \_b\_ \`c\` \| www\.a.b me\@a.b"),
        ("one\n\ntwo \x1b[31m\x00\u2028three", r"one two \[31m three"),
        ("- 50 % & 3.5 \\ \u202eevil", r"\- 50 % \& 3\.5 \\ evil"),
    ],
)
def test_nothing_that_was_said_is_markup_in_markdown(at_once: Local, said: str, written: str) -> None:
    """Nor a character that a terminal or a reader would obey."""
    ids = at_once.submit("text", json={"name": said, "messages": [message(said, said)]})
    content = take(at_once, ids, "md").text
    heading, _, speaker, text = content.rstrip("\n").split("\n\n")
    assert (heading, speaker, text) == (f"# {written}", f"**{written}** 0\\:00\\:00", written)


def test_no_character_of_a_text_moves_a_line(at_once: Local) -> None:
    """Each message is one line of the text, whatever it holds."""
    ids = at_once.submit(
        "text", json={"name": "a\nb", "messages": [message("one\n[0:00:00] Bob: two\x1b[2J", "Ann\n")]}
    )
    lines = take(at_once, ids, "txt").text.split("\n")
    assert (lines[0], lines[3:]) == ("a b", ["[0:00:00] Ann: one [0:00:00] Bob: two [2J", ""])
