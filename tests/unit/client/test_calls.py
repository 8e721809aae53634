"""Reads and other calls: what each sends, and what it makes of answers old and new."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from airflow_provider_symbl.client.calls import submit
from airflow_provider_symbl.client.endpoints import AUDIO_FILE
from airflow_provider_symbl.client.models import Conversation, Job, Member, Message, Word
from airflow_provider_symbl.exceptions import (
    SymblConfigurationError,
    SymblNotFoundError,
    SymblServerError,
    SymblTransportError,
)
from tests.support.scripted_server import TOKEN_PATH, Answer, Cut, ScriptedServer
from tests.unit.client.client_fixtures import JOB, JOB_PATH, GetJob, MakeSettings, Pauses

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.client.client import SymblClient

LIST_PATH = "/v1/conversations"
CONVERSATION_PATH = "/v1/conversations/c-1"
STARTED = {"type": "started_speaking", "user": {"name": "Ann"}, "offset": {"seconds": 1}}
HOSTILE_IDS = [
    "a/b",
    "../../oauth2/token:generate",
    "..%2F",
    "%2e%2e",
    "a?b=c",
    "a#b",
    "a b",
    "a+b",
    "a&b",
    "ü😀",
    "a\r\nX-Injected: 1",
    "a;b",
    "5815170693595136",
]


def a_page(first: int, count: int) -> Answer:
    """Make a page of conversations."""
    return Answer(content={"conversations": [{"id": str(number)} for number in range(first, first + count)]})


def test_conversations_are_read_page_by_page(client: SymblClient, server: ScriptedServer) -> None:
    """Until one is not full, with the default order."""
    server.answer(LIST_PATH, a_page(0, 3), a_page(3, 3), a_page(6, 1))
    found = [conversation.id for conversation in client.list_conversations(page_size=3)]
    assert found == [str(number) for number in range(7)]
    assert [request.query for request in server.received(LIST_PATH)] == [
        {"limit": "3", "offset": offset, "order": "asc"} for offset in ("0", "3", "6")
    ]


def test_a_full_last_page_is_followed_by_an_empty_one(client: SymblClient, server: ScriptedServer) -> None:
    """The list has no total and no mark of its end."""
    server.answer(LIST_PATH, a_page(0, 2), a_page(2, 0))
    assert len(list(client.list_conversations(page_size=2))) == 2
    assert len(server.received(LIST_PATH)) == 2


def test_a_page_is_asked_for_only_when_it_is_needed(client: SymblClient, server: ScriptedServer) -> None:
    """Who finds a conversation on the first page reads no second one."""
    server.answer(LIST_PATH, a_page(0, 100))
    assert next(client.list_conversations()).id == "0"
    assert [request.query["limit"] for request in server.received(LIST_PATH)] == ["100"]


def test_times_travel_in_utc_with_milliseconds(client: SymblClient, server: ScriptedServer) -> None:
    """The form that Symbl itself gives."""
    server.answer(LIST_PATH, a_page(0, 0))
    berlin = datetime.timezone(datetime.timedelta(hours=1))
    start = datetime.datetime(2026, 1, 31, 0, 30, tzinfo=berlin)
    end = datetime.datetime(2026, 1, 31, 9, 30, 0, 999_999, tzinfo=datetime.UTC)
    assert list(client.list_conversations(start_time=start, end_time=end, order="desc")) == []
    assert server.received(LIST_PATH)[0].query == {
        "limit": "100",
        "offset": "0",
        "order": "desc",
        "startTime": "2026-01-30T23:30:00.000Z",
        "endTime": "2026-01-31T09:30:00.999Z",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"start_time": datetime.datetime(2026, 1, 31)},  # noqa: DTZ001 - without a zone on purpose
            "start_time: got '2026-01-31 00:00:00'; allowed: a time with a time zone",
        ),
        (
            {"end_time": datetime.datetime(2026, 1, 31)},  # noqa: DTZ001 - without a zone on purpose
            "end_time: got '2026-01-31 00:00:00'; allowed: a time with a time zone",
        ),
        ({"order": "up"}, "order: got 'up'; allowed: asc, desc"),
        ({"page_size": 0}, "page_size: got 0; allowed: a whole number from 1 up"),
        ({"page_size": -1}, "page_size: got -1; allowed: a whole number from 1 up"),
    ],
)
def test_a_list_that_cannot_be_asked_for_is_refused(
    client: SymblClient,
    server: ScriptedServer,
    arguments: dict[str, Any],
    message: str,
) -> None:
    """A time without a zone means another moment on another machine; pages of nothing never end."""
    with pytest.raises(SymblConfigurationError) as caught:
        list(client.list_conversations(**arguments))
    assert str(caught.value) == message
    assert server.connections == 0


@pytest.mark.parametrize("identifier", HOSTILE_IDS)
def test_an_id_stays_one_part_of_the_path(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    identifier: str,
) -> None:
    """Whatever it holds, over both transports; the server reads it as it was given."""
    with pytest.raises(SymblNotFoundError):
        get_job(settings_for(server), identifier)
    (request,) = [request for request in server.requests if request.path != TOKEN_PATH]
    prefix, _, sent = request.target.rpartition("/")
    assert prefix == "/v1/job"
    assert unquote(sent) == identifier
    assert "x-injected" not in request.headers


@pytest.mark.parametrize("identifier", ["", "  ", ".", "..", "\udc80", None, "None", "null", 5.5, True])
def test_what_is_no_id_is_refused(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    identifier: Any,  # noqa: ANN401 - wrong on purpose
) -> None:
    """An empty id, or a dot, would lead to another call; None is what is left of an id that was not there."""
    with pytest.raises(SymblConfigurationError, match=r"^job_id: got .*; allowed: an id, as text$"):
        get_job(settings_for(server), identifier)
    assert server.connections == 0


def test_a_whole_number_is_an_id(server: ScriptedServer, get_job: GetJob, settings_for: MakeSettings) -> None:
    """A template that is rendered as a native object makes a number of an id's digits."""
    identifier: Any = 1616161616161616
    with pytest.raises(SymblNotFoundError):
        get_job(settings_for(server), identifier)
    assert server.received("/v1/job/1616161616161616")


@pytest.mark.parametrize("as_it_is", [dict, str])
def test_both_ids_are_not_one(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    as_it_is: Callable[[object], Any],
) -> None:
    """Who hands on all that a submit returned is told how to take one id of it."""
    result = as_it_is({"conversation_id": "1", "job_id": "2"})
    with pytest.raises(SymblConfigurationError, match=r'holds it \.output\["job_id"\]$'):
        get_job(settings_for(server), result)
    assert server.connections == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.get_insights_status(""),
        lambda client: client.get_call_score_status(""),
        lambda client: client.get_conversation(""),
        lambda client: client.get_messages(""),
        lambda client: client.get_members(""),
        lambda client: client.get_transcript(""),
        lambda client: client.get_summary(""),
        lambda client: client.get_topics(""),
        lambda client: client.get_questions(""),
        lambda client: client.get_action_items(""),
        lambda client: client.get_follow_ups(""),
        lambda client: client.get_insights(""),
        lambda client: client.get_entities(""),
        lambda client: client.get_trackers(""),
        lambda client: client.get_analytics(""),
        lambda client: client.update_member("", "m", name="Ann"),
        lambda client: client.update_speaker_events("", [STARTED]),
        lambda client: client.update_conversation_metadata("", {"k": "v"}),
        lambda client: client.delete_conversation(""),
    ],
)
def test_every_call_checks_its_conversation_id(
    client: SymblClient,
    server: ScriptedServer,
    call: Callable[[SymblClient], object],
) -> None:
    """Deleting nobody must not become deleting something else."""
    with pytest.raises(SymblConfigurationError, match=r"^conversation_id: got ''; allowed: an id, as text$"):
        call(client)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("flags", "query"),
    [
        ({}, ""),
        ({"verbose": True}, "verbose=true"),
        ({"sentiment": True}, "sentiment=true"),
        ({"verbose": True, "sentiment": True}, "verbose=true&sentiment=true"),
    ],
)
def test_messages_are_asked_for_with_what_is_wanted(
    client: SymblClient,
    server: ScriptedServer,
    flags: dict[str, bool],
    query: str,
) -> None:
    """Lower-case, and only what is wanted."""
    server.answer(f"{CONVERSATION_PATH}/messages", Answer(content={"messages": []}))
    assert client.get_messages("c-1", **flags) == []
    assert server.requests[-1].query_string == query


def test_messages_are_read_whole(client: SymblClient, server: ScriptedServer) -> None:
    """With all that Symbl sent kept beside what has a name."""
    full = {
        "id": 6,
        "text": "Hello.",
        "from": {"id": "m", "name": "Ann", "email": "ann@example.org"},
        "startTime": "2026-01-31T09:30:00.000Z",
        "endTime": "2026-01-31T09:30:01.000Z",
        "words": [{"word": "Hello."}],
    }
    bare = {"id": "7", "text": "", "from": {}}
    by_user_id = {"id": "8", "text": "Yes.", "from": {"userId": "bob@example.org", "name": None}}
    server.answer(f"{CONVERSATION_PATH}/messages", Answer(content={"messages": [full, bare, by_user_id]}))
    messages = client.get_messages("c-1")
    ann = Member("m", "Ann", "ann@example.org")
    assert messages == [
        Message(
            "6",
            "Hello.",
            ann,
            "2026-01-31T09:30:00.000Z",
            "2026-01-31T09:30:01.000Z",
            words=[Word("Hello.")],
        ),
        Message("7", ""),
        Message("8", "Yes.", Member("", "", "bob@example.org")),
    ]
    assert messages[0].raw == full


@pytest.mark.parametrize(
    ("answer", "conversation"),
    [
        ({"id": "c-1"}, Conversation("c-1")),
        ({"id": 5815170693595136}, Conversation("5815170693595136")),
        ({"id": "c-1", "name": None, "members": None, "metadata": None}, Conversation("c-1")),
        (
            {
                "id": "c-1",
                "type": "meeting",
                "name": "Call",
                "startTime": "2026-01-31T09:30:00.000Z",
                "endTime": "2026-01-31T09:31:00.000Z",
                "members": [{"id": "m", "name": "Ann"}],
                "metadata": {"k": "v"},
                "new": {"key": 1},
            },
            Conversation(
                id="c-1",
                name="Call",
                type="meeting",
                start_time="2026-01-31T09:30:00.000Z",
                end_time="2026-01-31T09:31:00.000Z",
                members=[Member("m", "Ann")],
                metadata={"k": "v"},
            ),
        ),
    ],
)
def test_a_conversation_is_read_with_what_there_is(
    client: SymblClient,
    server: ScriptedServer,
    answer: object,
    conversation: Conversation,
) -> None:
    """Any key but the id may be missing, empty or new."""
    server.answer(CONVERSATION_PATH, Answer(content=answer))
    assert client.get_conversation("c-1") == conversation


@pytest.mark.parametrize(
    ("answer", "job"),
    [
        ({"id": "j", "status": "failed", "message": "why"}, Job("j", "failed", "why")),
        ({"id": "j", "jobId": "k", "status": "completed"}, Job("j", "completed")),
        ({"jobId": "k", "status": "completed", "new": 1}, Job("k", "completed")),
        ({"status": "completed"}, Job("", "completed")),
    ],
)
def test_a_status_is_read_under_both_names_of_its_id(
    server: ScriptedServer,
    get_job: GetJob,
    settings_for: MakeSettings,
    answer: object,
    job: Job,
) -> None:
    """The job's own call says id, the others say jobId."""
    server.answer(JOB_PATH, Answer(content=answer))
    assert get_job(settings_for(server), "job-1") == job


def test_members_are_read(client: SymblClient, server: ScriptedServer) -> None:
    """Some have an address."""
    members = [{"id": "m", "name": "Ann", "email": "ann@example.org"}, {"id": "n", "name": "Bob"}]
    server.answer(f"{CONVERSATION_PATH}/members", Answer(content={"members": members}))
    assert client.get_members("c-1") == [Member("m", "Ann", "ann@example.org"), Member("n", "Bob")]


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        ("markdown", {"contentType": "text/markdown", "showSpeakerSeparation": True, "createParagraphs": True}),
        ("srt", {"contentType": "text/srt", "showSpeakerSeparation": True}),
    ],
)
@pytest.mark.parametrize("payload", ["1\n0:0:4,100", {"content": "1\n0:0:4,100", "contentType": "text/srt"}])
def test_a_transcript_is_one_text(
    client: SymblClient,
    server: ScriptedServer,
    form: str,
    asked: dict[str, object],
    payload: object,
) -> None:
    """Symbl has two forms of answer for it."""
    server.answer(f"{CONVERSATION_PATH}/transcript", Answer(content={"transcript": {"payload": payload}}))
    assert client.get_transcript("c-1", format=form) == "1\n0:0:4,100"
    assert (server.requests[-1].method, server.requests[-1].json) == ("POST", asked)


def test_a_transcript_has_two_forms(client: SymblClient, server: ScriptedServer) -> None:
    """Others are refused before anything is sent."""
    with pytest.raises(SymblConfigurationError, match=r"^format: got 'docx'; allowed: markdown, srt$"):
        client.get_transcript("c-1", format="docx")
    assert server.connections == 0


def test_a_transcript_may_be_asked_for_again(client: SymblClient, server: ScriptedServer, pauses: Pauses) -> None:
    """It is a POST that changes nothing."""
    path = f"{CONVERSATION_PATH}/transcript"
    server.answer(path, Answer(500), Answer(cut=Cut.AFTER_BODY), Answer(content={"transcript": {"payload": "x"}}))
    assert client.get_transcript("c-1") == "x"
    assert len({request.sha256 for request in server.received(path)}) == 1
    assert len(pauses.wanted) == 2


def test_a_conversation_is_deleted(client: SymblClient, server: ScriptedServer) -> None:
    """For good."""
    server.answer(CONVERSATION_PATH, Answer(content={"message": "successfully deleted the conversation"}))
    client.delete_conversation("c-1")
    assert [request.method for request in server.received(CONVERSATION_PATH)] == ["DELETE"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(404, {"message": "The conversationId is either invalid or does not exist."}), SymblNotFoundError),
        (Answer(500), SymblServerError),
        (Answer(cut=Cut.AFTER_BODY), SymblTransportError),
        (Answer(content=b"<html>"), SymblTransportError),
        (Answer(content=b""), SymblTransportError),
        (Answer(content={"message": "The conversationId is either invalid or does not exist."}), SymblNotFoundError),
    ],
)
def test_a_deletion_that_failed_does_not_look_like_success(
    client: SymblClient,
    server: ScriptedServer,
    pauses: Pauses,
    answer: Answer,
    error: type[Exception],
) -> None:
    """Nor is it sent again: a second one would answer 404 for what the first one did."""
    server.answer(CONVERSATION_PATH, answer)
    with pytest.raises(error):
        client.delete_conversation("c-1")
    assert len(server.received(CONVERSATION_PATH)) == 1
    assert pauses.wanted == []


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("", lambda client: client.get_conversation("c-1")),
        ("/messages", lambda client: client.get_messages("c-1")),
        ("/members", lambda client: client.get_members("c-1")),
        ("/transcript", lambda client: client.get_transcript("c-1")),
        ("/lm-insights/status", lambda client: client.get_insights_status("c-1")),
        ("/summary", lambda client: client.get_summary("c-1")),
        ("/topics", lambda client: client.get_topics("c-1")),
        ("/questions", lambda client: client.get_questions("c-1")),
        ("/action-items", lambda client: client.get_action_items("c-1")),
        ("/follow-ups", lambda client: client.get_follow_ups("c-1")),
        ("/insights", lambda client: client.get_insights("c-1")),
        ("/entities", lambda client: client.get_entities("c-1")),
        ("/analytics", lambda client: client.get_analytics("c-1")),
        ("/members/m", lambda client: client.update_member("c-1", "m", name="Ann")),
        ("/speakers", lambda client: client.update_speaker_events("c-1", [STARTED])),
    ],
)
@pytest.mark.parametrize("content", [{}, [], None, {"messages": 1, "members": 1, "transcript": 1, "id": None}, "text"])
def test_an_answer_of_another_shape_is_no_usable_answer(
    client: SymblClient,
    server: ScriptedServer,
    path: str,
    call: Callable[[SymblClient], object],
    content: object,
) -> None:
    """The error is one of this package, as all are."""
    server.answer(CONVERSATION_PATH + path, Answer(content=content))
    with pytest.raises(SymblTransportError, match="answered 200 with something else than Symbl's JSON"):
        call(client)


def test_a_file_is_sent_as_an_upload_only() -> None:
    """A programmer's mistake in this package, not a user's."""
    with pytest.raises(TypeError, match="a file is sent as an Upload, not as str"):
        submit(AUDIO_FILE, "call.wav", None, {}, None)


def test_a_closed_client_can_be_used_again(client: SymblClient, server: ScriptedServer) -> None:
    """Closing lets go of connections, and nothing else."""
    server.answer(JOB_PATH, Answer(content=JOB))
    client.get_job("job-1")
    client.close()
    assert client.get_job("job-1").status == "completed"
    assert server.connections == 2


def test_a_member_is_changed(client: SymblClient, server: ScriptedServer) -> None:
    """By its id, in path and body; an address that is not given is not sent."""
    server.answer(f"{CONVERSATION_PATH}/members/m%2F1", Answer(content={"message": "Member updated"}))
    assert client.update_member("c-1", "m/1", name="Ann") == "Member updated"
    assert client.update_member("c-1", "m/1", name="Ann", email="a@example.org") == "Member updated"
    first, second = (request for request in server.requests if request.method == "PUT")
    assert first.json == {"id": "m/1", "name": "Ann"}
    assert second.json == {"id": "m/1", "name": "Ann", "email": "a@example.org"}


def test_it_is_told_who_spoke_when(client: SymblClient, server: ScriptedServer) -> None:
    """A second may have more than a billion nanoseconds, as in Symbl's own samples."""
    stopped = {**STARTED, "type": "stopped_speaking", "offset": {"seconds": 4, "nanos": 5_000_000_000}}
    server.answer(f"{CONVERSATION_PATH}/speakers", Answer(content={"message": "Speaker events associated"}))
    assert client.update_speaker_events("c-1", [STARTED, stopped]) == "Speaker events associated"
    assert (server.requests[-1].method, server.requests[-1].json) == ("PUT", {"speakerEvents": [STARTED, stopped]})


@pytest.mark.parametrize("answer", [{"id": "c-1", "metadata": {"agent": "7"}}, {"metadata": {"agent": "7"}}])
def test_metadata_are_set(client: SymblClient, server: ScriptedServer, answer: object) -> None:
    """And come back as they are now."""
    server.answer(CONVERSATION_PATH, Answer(content=answer))
    assert client.update_conversation_metadata("c-1", {"agent": "7"}) == {"agent": "7"}
    assert (server.requests[-1].method, server.requests[-1].json) == ("PUT", {"metadata": {"agent": "7"}})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda client: client.update_member("c-1", "", name="Ann"), "member_id: got ''; allowed: an id, as text"),
        (lambda client: client.update_member("c-1", "..", name="Ann"), "member_id: got '..'; allowed: an id, as text"),
        (lambda client: client.update_member("c-1", "m", name=""), "name: got ''; allowed: text that is not blank"),
        (
            lambda client: client.update_speaker_events("c-1", []),
            "speaker_events: got a value of type list; allowed: a list of at least one item, or its JSON text",
        ),
        (
            lambda client: client.update_speaker_events("c-1", [{**STARTED, "type": "spoke"}]),
            "speaker_events[0].type: got 'spoke'; allowed: started_speaking, stopped_speaking",
        ),
        (
            lambda client: client.update_conversation_metadata("c-1", {"agent": "x" * 129}),
            f"metadata.agent: got '{'x' * 59}…; allowed: text of at most 128 characters that is not blank",
        ),
    ],
)
def test_a_change_that_symbl_would_not_take_is_refused(
    client: SymblClient, server: ScriptedServer, call: Callable[[SymblClient], object], message: str
) -> None:
    """Before anything is sent."""
    with pytest.raises(SymblConfigurationError) as caught:
        call(client)
    assert str(caught.value) == message
    assert server.connections == 0


def test_topics_are_asked_for_with_what_is_wanted(client: SymblClient, server: ScriptedServer) -> None:
    """Under Symbl's names."""
    server.answer(f"{CONVERSATION_PATH}/topics", Answer(content={"topics": []}))
    assert client.get_topics("c-1", sentiment=True) == client.get_topics("c-1", parent_refs=True) == []
    assert [request.query_string for request in server.requests[-2:]] == ["sentiment=true", "parentRefs=true"]
