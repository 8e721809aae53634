"""Links to the pages on which a person reads conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.support.audio import Sound
from tests.support.local_client import TIMEOUT

if TYPE_CHECKING:
    from tests.support.local_client import Local
    from tests.support.web_server import WebServer

LOOKS = {
    "logo": "https://example.com/logo.png",
    "favicon": "https://example.com/icon.png",
    "color": {"background": "#fff", "topicsFilter": "#000", "insightsFilter": "#0f0"},
    "font": {"family": "serif"},
    "summaryURLExpiresIn": 0,
    "readOnly": True,
    "enableCustomDomain": False,
}
INSIGHTS = "/v1/conversations/experiences/insights"


def link(local: Local, ids: dict[str, str], **body: Any) -> tuple[int, Any]:
    """Ask for a link, and give status and answer."""
    answer = local.send("POST", f"/v1/conversations/{ids['conversationId']}/experiences", json=body)
    return answer.status_code, answer.json()


def test_a_summary_leads_to_the_reader(at_once: Local) -> None:
    """At the server's own page, which is there; looks may be given, and are the page's own."""
    ids = at_once.text("Hello.")
    url = f"{at_once.url}/__local__/#conversations/{ids['conversationId']}"
    expected = (200, {"name": "verbose-text-summary", "url": url})
    assert link(at_once, ids, name="verbose-text-summary", **LOOKS) == expected
    assert requests.get(url, timeout=TIMEOUT).headers["Content-Type"].startswith("text/html")


def test_a_video_summary_needs_the_videos_url(at_once: Local) -> None:
    """Without one there is nothing to show."""
    ids = at_once.text("Hello.")
    said = {"message": '"videoUrl" is required when "name" is "video-summary"'}
    assert link(at_once, ids, name="video-summary") == (400, said)
    status, answer = link(at_once, ids, name="video-summary", videoUrl="https://example.com/a.mp4")
    assert (status, answer["name"]) == (200, "video-summary")


@pytest.mark.process
def test_an_audio_summary_is_of_the_url_submitted(at_once: Local, web_server: WebServer) -> None:
    """To the letter, whichever of the conversation's recordings it was."""
    wav = Sound().tone(0.2).wav()
    urls = [web_server.serve(f"/{name}?signature=secret", wav) for name in "ab"]
    ids = at_once.submit("audio/url", json={"url": urls[0]})
    at_once.submit(f"audio/url/{ids['conversationId']}", "PUT", json={"url": urls[1]})
    for url in urls:
        assert link(at_once, ids, name="audio-summary", audioUrl=url)[0] == 200
    said = {"message": '"audioUrl" must be the URL that was submitted'}
    assert link(at_once, ids, name="audio-summary", audioUrl=urls[0][:-1]) == (400, said)
    said = {"message": '"audioUrl" is required when "name" is "audio-summary"'}
    assert link(at_once, ids, name="audio-summary") == (400, said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, '"name" is required'),
        ({"name": "summary"}, '"name" must be one of [verbose-text-summary, video-summary, audio-summary], but is "su'),
        ({"name": "verbose-text-summary", "logo": "logo.png"}, '"logo" must be a valid uri'),
        ({"name": "verbose-text-summary", "color": {"text": "#000"}}, '"color.text" is not allowed'),
        ({"name": "verbose-text-summary", "summaryURLExpiresIn": -1}, '"summaryURLExpiresIn" must be greater than or'),
    ],
)
def test_a_bad_request_for_a_link_is_refused(at_once: Local, body: dict[str, Any], said: str) -> None:
    """The answer names the field, what was given and what is allowed."""
    status, answer = link(at_once, at_once.text("Hello."), **body)
    assert status == 400
    assert answer["message"].startswith(said)


def test_insights_have_links_too(at_once: Local) -> None:
    """To one conversation, and to all."""
    conversation_id = at_once.text("Hello.")["conversationId"]
    url = f"{at_once.url}/__local__/#conversations"
    assert at_once.get(f"{INSIGHTS}/details/{conversation_id}", includeCallScore="true") == {
        "url": f"{url}/{conversation_id}"
    }
    assert at_once.get(f"{INSIGHTS}/list", includeCallScore="false") == {"url": url}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/conversations/1234567890123456/experiences"), ("GET", f"{INSIGHTS}/details/1234567890123456")],
)
def test_no_link_leads_to_an_unknown_conversation(local: Local, method: str, path: str) -> None:
    """The answer is the contract's own."""
    answer = local.send(method, path, json={"name": "verbose-text-summary"})
    said = {"message": "The conversationId is either invalid or does not exist."}
    assert (answer.status_code, answer.json()) == (404, said)
