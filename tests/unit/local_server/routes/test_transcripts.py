"""Transcripts, in both formats."""

from __future__ import annotations

import html
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
import srt
from markdown_it import MarkdownIt

from tests.support.local_client import message

if TYPE_CHECKING:
    from tests.support.local_client import Local

HAS_LINKIFY = find_spec("linkify_it") is not None


def spoken(content: str, name: str | None, start: float, end: float) -> dict[str, Any]:
    """Make a message that was said some seconds after eleven."""
    moments = [f"2026-03-01T11:{int(at // 60):02}:{at % 60:06.3f}Z" for at in (start, end)]
    return message(content, name, startTime=moments[0], endTime=moments[1])


@pytest.fixture
def call(at_once: Local) -> dict[str, str]:
    """Submit a call between two named people and an unnamed one."""
    messages = [
        spoken("Good morning.", "Ann", 0, 1.5),
        spoken("How are <you>?", "Ann", 2, 3),
        spoken("A while later.", "Ann", 6, 7),
        spoken("Well,\n\n--> thanks.", "Bob & Co", 3599.5, 3599.5),
        spoken("Bye.", None, 3599.75, 3599.9),
    ]
    return at_once.submit("text", json={"messages": messages})


def transcript(local: Local, ids: dict[str, str], **body: Any) -> Any:  # noqa: ANN401 - the form that is tested
    """Ask for a transcript that must be given."""
    response = local.send("POST", f"/v1/conversations/{ids['conversationId']}/transcript", json=body)
    assert response.status_code == 200, response.text
    return response.json()["transcript"]


def test_markdown_has_a_line_per_message(at_once: Local, call: dict[str, str]) -> None:
    """What was said cannot be taken for markup."""
    assert transcript(at_once, call, contentType="text/markdown") == {
        "payload": "Good morning.<br/><br/>How are &lt;you&gt;?<br/><br/>A while later.<br/><br/>"
        "Well, --&gt; thanks.<br/><br/>Bye.",
        "contentType": "text/markdown",
    }


def test_markdown_has_paragraphs_and_speakers_where_asked(at_once: Local, call: dict[str, str]) -> None:
    """A paragraph ends with the speaker or a pause; nobody is named where nobody is known."""
    payload = transcript(
        at_once, call, contentType="text/markdown", createParagraphs=True, showSpeakerSeparation="true"
    )["payload"]
    assert payload.split("<br/><br/>") == [
        "Ann: Good morning. How are &lt;you&gt;?",
        "Ann: A while later.",
        "Bob &amp; Co: Well, --&gt; thanks.",
        "Bye.",
    ]


def test_markdown_names_who_said_each_line(at_once: Local, call: dict[str, str]) -> None:
    """As the service does: name, colon, sentence."""
    payload = transcript(at_once, call, contentType="text/markdown", showSpeakerSeparation=True)["payload"]
    assert payload.startswith("Ann: Good morning.<br/><br/>Ann: How are &lt;you&gt;?<br/><br/>Ann: A while later.")


def test_a_long_turn_is_cut_into_paragraphs(at_once: Local) -> None:
    """Six messages make one."""
    ids = at_once.text(*"abcdefgh")
    payload = transcript(at_once, ids, contentType="text/markdown", createParagraphs=True)["payload"]
    assert payload == "a b c d e f<br/><br/>g h"


def test_srt_has_padded_times_and_safe_cues(at_once: Local, call: dict[str, str]) -> None:
    """A strict parser reads it: no blank line or arrow inside a cue, each lasts a moment, and nobody is named."""
    subtitles = transcript(at_once, call, contentType="text/srt", showSpeakerSeparation=True)["payload"]
    assert subtitles["contentType"] == "text/srt"
    assert subtitles["content"].split("\n\n") == [
        "1\n00:00:00,000 --> 00:00:01,500\nGood morning.",
        "2\n00:00:02,000 --> 00:00:03,000\nHow are \u2039you\u203a?",
        "3\n00:00:06,000 --> 00:00:07,000\nA while later.",
        "4\n00:59:59,500 --> 00:59:59,501\nWell, --\u203a thanks.",
        "5\n00:59:59,750 --> 00:59:59,900\nBye.\n",
    ]


def test_srt_without_speakers_is_what_was_said(at_once: Local, call: dict[str, str]) -> None:
    """The default is without names."""
    content = transcript(at_once, call, contentType="text/srt")["payload"]["content"]
    assert content.startswith("1\n00:00:00,000 --> 00:00:01,500\nGood morning.\n\n2\n")


def test_texts_are_in_order_of_time_and_blank_ones_are_left_out(at_once: Local) -> None:
    """Whatever the order in which they were submitted; a strict parser reads as many cues as there are texts."""
    messages = [spoken("Third.", "Ann", 20, 22), spoken("First.", "Bob", 0, 2), spoken("Second.", "Ann", 10, 12)]
    blanks = [spoken(blank, "Ann", 5, 6) for blank in ("   ", "\x01", "\u2028")]
    ids = at_once.submit("text", json={"messages": [*messages, *blanks]})
    cues = list(srt.parse(transcript(at_once, ids, contentType="text/srt")["payload"]["content"], ignore_errors=False))
    assert [(cue.start.seconds, cue.content) for cue in cues] == [(0, "First."), (10, "Second."), (20, "Third.")]
    payload = transcript(at_once, ids, contentType="text/markdown")["payload"]
    assert payload == "First.<br/><br/>Second.<br/><br/>Third."


@pytest.mark.parametrize(
    "text",
    [
        "[click](http://evil.example)",
        "![seen](http://evil.example/pixel.png)",
        "<script>alert(1)</script>",
        "# A title",
        "- an item",
        "1. one",
        "**loud** _soft_ `code` ~~gone~~ |a|b|",
        "go to www.evil.example or https://evil.example/?a=1&b=2",
        "a & b &lt; c",
    ],
)
def test_markdown_shows_what_was_said_and_nothing_more(at_once: Local, text: str) -> None:
    """A renderer that is not ours makes plain text of it: no link, image, heading, list or tag."""
    ids = at_once.submit("text", json={"messages": [spoken(text, None, 0, 1)]})
    payload = transcript(at_once, ids, contentType="text/markdown")["payload"]
    rendered = MarkdownIt("gfm-like" if HAS_LINKIFY else "commonmark").render(payload)
    assert rendered == f"<p>{html.escape(text, quote=False)}</p>\n"


def test_srt_has_no_tags_and_no_control_characters(at_once: Local) -> None:
    """What players take for a style or a place is written in characters that look the same."""
    said = "{\\an8}<b>Up</b>\x00 \x1b[31mred --> 00:00:01"
    ids = at_once.submit("text", json={"messages": [spoken(said, None, 0, 1)]})
    (cue,) = srt.parse(transcript(at_once, ids, contentType="text/srt")["payload"]["content"], ignore_errors=False)
    assert cue.content == "\u2774\u29f5an8\u2775\u2039b\u203aUp\u2039/b\u203a [31mred --\u203a 00:00:01"


@pytest.mark.parametrize("content_type", ["text/markdown", "text/srt"])
def test_an_unfinished_conversation_has_an_empty_transcript(local: Local, content_type: str) -> None:
    """Nothing may be seen before the job is shown completed."""
    local.progress(by="polls", polls=2)
    payload = transcript(local, local.text("Hello."), contentType=content_type)["payload"]
    assert payload in ("", {"content": "", "contentType": "text/srt"})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, '"contentType" is required'),
        ({"contentType": "text/plain"}, '"contentType" must be one of [text/markdown, text/srt], but is "text/pl'),
        ({"contentType": "text/srt", "createParagraphs": 1}, '"createParagraphs" must be a boolean, but is 1'),
        ({"contentType": "text/srt", "phrases": {"highlight": True}}, '"phrases.highlight" is not allowed'),
    ],
)
def test_a_bad_request_for_a_transcript_is_refused(
    at_once: Local, call: dict[str, str], body: dict[str, Any], said: str
) -> None:
    """The answer names the field, what was given and what is allowed."""
    response = at_once.send("POST", f"/v1/conversations/{call['conversationId']}/transcript", json=body)
    assert response.status_code == 400
    assert response.json()["message"].startswith(said)
