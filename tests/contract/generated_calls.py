"""What each method of the vendor's generated client is tried with, and what it must give its user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import symbl_rest
from symbl_rest.rest import ApiException

from tests.contract.sample_conversation import TURNS, text_body

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.symbl_local import SymblLocal
    from tests.support.web_server import ClipServer

CONVERSATION_PATH = "/v1/conversations/{id}"


@dataclass(frozen=True)
class ClientSetup:
    """A server that knows one conversation, and a client with a token.

    :param ids: the conversation's and its job's.
    """

    client: symbl_rest.ApiClient
    server: SymblLocal
    web: ClipServer
    clips: Path
    ids: Any

    @property
    def conversation_id(self) -> str:
        """The conversation's id."""
        found: str = self.ids.conversation_id
        return found

    def last(self) -> dict[str, Any]:
        """Give the request that the server received last."""
        return self.server.journal()[-1]

    def member(self, name: str) -> Any:  # noqa: ANN401 - the vendor's, without types
        """Give a member of the conversation."""
        members = symbl_rest.MembersApi(self.client).get_members_by_conversation_id(self.conversation_id).members
        [found] = [member for member in members if member.name == name]
        return found


def grant(server: SymblLocal) -> dict[str, str]:
    """Return the body that asks for a token."""
    return {"type": "application", "appId": server.app_id, "appSecret": server.app_secret}


def _added(setup: ClientSetup, answer: Any) -> str:  # noqa: ANN401 - the same
    """Check that a submission was taken and its job done, and give its path."""
    sent = setup.last()
    assert sent["status"] == 201
    assert symbl_rest.JobsApi(setup.client).get_job_status(answer.job_id).status == "completed"
    assert answer.job_id != setup.ids.job_id
    assert (answer.conversation_id == setup.conversation_id) == (sent["method"] == "PUT")
    return f"{sent['method']} {sent['path'].replace(setup.conversation_id, '{id}')}"


def _texts(setup: ClientSetup, conversation_id: str) -> list[str]:
    answer = symbl_rest.MessagesApi(setup.client).get_messages_by_conversation_id(conversation_id)
    return [message.text for message in answer.messages]


def _add_text(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    answer = api.add_text(body=text_body("Hello.", "another"), webhook_url=f"{setup.web.url}/hook")
    call = _added(setup, answer)
    assert setup.web.next_post() == {"path": "/hook", "jobId": answer.job_id, "status": "scheduled"}
    assert _texts(setup, answer.conversation_id) == ["Hello."]
    return call


def _append_text(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    call = _added(setup, api.append_text(setup.conversation_id, body=text_body("Hello.", "another")))
    assert _texts(setup, setup.conversation_id) == [*(content for _, content in TURNS), "Hello."]
    return call


def _file(name: str, kind: str) -> Callable[[ClientSetup, Any], str]:
    def add(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
        data, before = (setup.clips / name).read_bytes(), _texts(setup, setup.conversation_id)
        # In a query its True would arrive as "True", which the vendor's higher client spells out too.
        call = _added(
            setup, getattr(api, f"add_{kind.partition('/')[0]}")(data, kind, name="A call", detect_phrases="true")
        )
        sent = next(entry for entry in reversed(setup.server.submissions()))
        assert sent["body_size"] == len(data)
        assert sent["query"] == [["name", "A call"], ["detectPhrases", "true"]]
        assert _texts(setup, setup.conversation_id) == before
        return call

    return add


def _appended_file(name: str, kind: str) -> Callable[[ClientSetup, Any], str]:
    def append(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
        data, before = (setup.clips / name).read_bytes(), _texts(setup, setup.conversation_id)
        # Audio with an empty type is what the vendor's higher client sends (9.12).
        medium, given = kind.partition("/")[0], "" if kind.startswith("audio/") else kind
        call = _added(setup, getattr(api, f"append_{medium}")(data, given, setup.conversation_id))
        after = _texts(setup, setup.conversation_id)
        assert after[: len(before)] == before
        assert len(after) > len(before)
        return call

    return append


def _url(method: str, name: str, *, appends: bool) -> Callable[[ClientSetup, Any], str]:
    def add(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
        target = [setup.conversation_id] if appends else []
        options = {"enable_speaker_diarization": "true", "diarization_speaker_count": 1.0}
        answer = getattr(api, method)(*target, body={"url": f"{setup.web.url}/{name}"}, **options)
        call = _added(setup, answer)
        assert _texts(setup, answer.conversation_id)
        return call

    return add


def _generate_token(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    answer = api.generate_token(symbl_rest.Grant(**_in_snake_case(grant(setup.server))))
    assert answer.access_token == setup.client.configuration.api_key["x-api-key"]
    assert 0 < answer.expires_in <= 86_400
    return "POST /oauth2/token:generate"


def _in_snake_case(grant: dict[str, str]) -> dict[str, str]:
    return {"type": grant["type"], "app_id": grant["appId"], "app_secret": grant["appSecret"]}


def _refresh_token(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    given = api.generate_token(grant(setup.server))
    account = {"app_id": setup.server.app_id, "app_secret": setup.server.app_secret}
    # The attribute is spelt so in the client, as is the key that it is read from.
    answer = api.refresh_token(symbl_rest.RefreshTokenRequest(**account, refresh_token=given.refersh_token))
    setup.client.configuration.api_key["x-api-key"] = answer.access_token
    assert _texts(setup, setup.conversation_id)
    return "POST /oauth2/token:refresh"


def _revoke_token(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    account = {"app_id": setup.server.app_id, "app_secret": setup.server.app_secret}
    assert api.revoke_token(symbl_rest.RevokeTokenRequest(**account)) is None
    with pytest.raises(ApiException) as refused:
        _texts(setup, setup.conversation_id)
    assert refused.value.status == 401
    return "DELETE /oauth2/token:revoke"


def _job(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    answer = api.get_job_status(setup.ids.job_id)
    assert (answer.id, answer.status) == (setup.ids.job_id, "completed")
    return "GET /v1/job/{jobId}"


def _conversation(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    answer = api.get_conversation_by_conversation_id(setup.conversation_id)
    assert (answer.id, answer.type, answer.name) == (setup.conversation_id, "meeting", "A late parcel")
    assert sorted(member.name for member in answer.members) == ["Ann", "Ben"]
    assert answer.end_time > answer.start_time
    return f"GET {CONVERSATION_PATH}"


def _messages(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    messages = api.get_messages_by_conversation_id(setup.conversation_id, verbose="true", sentiment="true").messages
    assert [message.text for message in messages] == [content for _, content in TURNS]
    assert [message._from.name for message in messages] == [speaker["name"] for speaker, _ in TURNS]  # noqa: SLF001 - so the client calls it
    assert all(message.words[0].end_time >= message.words[0].start_time for message in messages)
    assert messages[-1].sentiment.suggested == "positive"
    assert messages[-1].sentiment.polarity.score > 0
    return f"GET {CONVERSATION_PATH}/messages"


def _topics(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    topics = api.get_topics_by_conversation_id(setup.conversation_id, sentiment="true").topics
    said = {
        message.id
        for message in symbl_rest.MessagesApi(setup.client)
        .get_messages_by_conversation_id(setup.conversation_id)
        .messages
    }
    assert topics
    for topic in topics:
        assert topic.type == "topic"
        assert 0 <= topic.score <= 1
        assert said.issuperset(topic.message_ids)
        assert -1 <= topic.sentiment.polarity.score <= 1
    assert (
        api.get_topics_by_conversation_id(setup.conversation_id, parent_refs="true").topics[0].parent_refs is not None
    )
    return f"GET {CONVERSATION_PATH}/topics"


def _insight(path: str, attribute: str, kind: str, word: str) -> Callable[[ClientSetup, Any], str]:
    def read(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
        answer = getattr(api, f"get_{attribute}_by_conversation_id")(setup.conversation_id)
        found = [entry for entry in getattr(answer, attribute) if entry.type == kind]
        assert any(word in entry.text for entry in found), found
        assert all(0 <= entry.score <= 1 and entry.message_ids for entry in found)
        return f"GET {CONVERSATION_PATH}/{path}"

    return read


def _entities(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    found = api.get_entities_by_conversation_id(setup.conversation_id).entities
    [custom] = [entity for entity in found if entity.type == "custom"]
    assert (custom.custom_type, custom.text) == ("parcel", "parcel 4711")
    assert custom.message_refs[0]["text"] == TURNS[1][1]
    return f"GET {CONVERSATION_PATH}/entities"


def _trackers(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    [tracker] = api.get_trackers_by_conversation_id(setup.conversation_id)
    [match] = tracker.matches
    assert (tracker.name, match.type, match.value) == ("Delay", "vocabulary", "late")
    [ref] = match.message_refs
    assert (ref.text, ref.offset) == (TURNS[1][1], TURNS[1][1].index("late"))
    return f"GET {CONVERSATION_PATH}/trackers"


def _analytics(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    answer = api.get_analytics_by_conversation_id(setup.conversation_id)
    shares = {metric.type: metric.seconds for metric in answer.metrics}
    # Seven messages of seven seconds, one second apart.
    assert shares == {"total_silence": 6.0, "total_talk_time": 49.0, "total_overlap": 0.0}
    assert {member.name: member.talk_time.seconds for member in answer.members} == {"Ann": 28.0, "Ben": 21.0}
    assert all(member.pace.wpm > 0 for member in answer.members)
    return f"GET {CONVERSATION_PATH}/analytics"


def _members(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    members = api.get_members_by_conversation_id(setup.conversation_id).members
    assert {member.name: member.email for member in members} == {"Ann": "ann@example.com", "Ben": "ben@example.com"}
    return f"GET {CONVERSATION_PATH}/members"


def _put_member(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    ann = setup.member("Ann")
    changed = symbl_rest.PutMembersInformationPayload(id=ann.id, name="Anne", email=ann.email)
    assert api.put_members_information_by_members_id(changed, setup.conversation_id, ann.id).message
    assert setup.member("Anne").id == ann.id
    return f"PUT {CONVERSATION_PATH}/members/{{memberId}}"


def _put_speakers(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    user = {"id": "carl@example.com", "name": "Carl", "email": "carl@example.com"}
    events = [
        symbl_rest.ConversationSpeakersEvents("started_speaking", user, {"seconds": 0, "nanos": 0}),
        symbl_rest.ConversationSpeakersEvents("stopped_speaking", user, {"seconds": 7, "nanos": 0}),
    ]
    payload = symbl_rest.PutSpeakersEventsPayload(speaker_events=events)
    assert api.put_speakers_event_by_conversation_id(payload, setup.conversation_id).message
    first = symbl_rest.MessagesApi(setup.client).get_messages_by_conversation_id(setup.conversation_id).messages[0]
    assert first._from.name == "Carl"  # noqa: SLF001 - so the client calls it
    return f"PUT {CONVERSATION_PATH}/speakers"


def _experience(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    answer = api.get_experience_url_by_conversation_id(setup.conversation_id, include_call_score="true")
    assert answer.url.startswith("http")
    return "GET /v1/conversations/experiences/insights/details/{id}"


def _score_status(setup: ClientSetup, api: Any) -> str:  # noqa: ANN401 - the same
    answer = api.get_call_score_status_by_conversation_id(setup.conversation_id)
    assert (answer.job_id, answer.status) == (setup.ids.job_id, "completed")
    return f"GET {CONVERSATION_PATH}/callscore/status"


AUDIO, VIDEO = "late-parcel.wav", "launch-planning.mp4"
CALLS: dict[str, Callable[[ClientSetup, Any], str]] = {
    "generate_token": _generate_token,
    "refresh_token": _refresh_token,
    "revoke_token": _revoke_token,
    "add_text": _add_text,
    "append_text": _append_text,
    "add_audio": _file(AUDIO, "audio/wav"),
    "append_audio": _appended_file(AUDIO, "audio/wav"),
    "add_audio_url": _url("add_audio_url", AUDIO, appends=False),
    "append_audio_url": _url("append_audio_url", AUDIO, appends=True),
    "add_video": _file(VIDEO, "video/mp4"),
    "append_video": _appended_file(VIDEO, "video/mp4"),
    "add_video_url": _url("add_video_url", VIDEO, appends=False),
    "append_video_url": _url("append_video_url", VIDEO, appends=True),
    "get_job_status": _job,
    "get_conversation_by_conversation_id": _conversation,
    "get_messages_by_conversation_id": _messages,
    "get_topics_by_conversation_id": _topics,
    "get_questions_by_conversation_id": _insight("questions", "questions", "question", "When will it arrive"),
    "get_action_items_by_conversation_id": _insight("action-items", "action_items", "action_item", "report"),
    "get_follow_ups_by_conversation_id": _insight("follow-ups", "follow_ups", "follow_up", "Monday"),
    "get_insights_by_conversation_id": _insight("insights", "insights", "question", "When will it arrive"),
    "get_entities_by_conversation_id": _entities,
    "get_trackers_by_conversation_id": _trackers,
    "get_analytics_by_conversation_id": _analytics,
    "get_members_by_conversation_id": _members,
    "put_members_information_by_members_id": _put_member,
    "put_speakers_event_by_conversation_id": _put_speakers,
    "get_experience_url_by_conversation_id": _experience,
    "get_call_score_status_by_conversation_id": _score_status,
}
"""By the method's name; each gives its HTTP method and path."""
