"""Who said what, corrected afterwards: members renamed and merged, messages given to who was speaking."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.store.memory_store import Store
from tests.support.audio import Sound
from tests.support.local_client import TIMEOUT, Local, message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_symbl.local_server.store.records import Part

DAY = "2026-03-01T10:00:"


def said(content: str, second: int, name: str | None = None, user_id: str | None = None) -> dict[str, Any]:
    """Make a message that takes the two seconds from the given one on."""
    return message(content, name, user_id, startTime=f"{DAY}{second:02}Z", endTime=f"{DAY}{second + 2:02}Z")


def members(local: Local, ids: dict[str, str]) -> dict[str, dict[str, str]]:
    """Read the members, by name."""
    return {member["name"]: member for member in local.of(ids, "members")["members"]}


def speakers(local: Local, ids: dict[str, str]) -> list[str | None]:
    """Read who said each message."""
    return [entry["from"].get("name") for entry in local.messages(ids)]


def change(local: Local, ids: dict[str, str], member_id: str, **fields: str) -> tuple[int, str]:
    """Update a member, and give status and message of the answer."""
    path = f"/v1/conversations/{ids['conversationId']}/members/{member_id}"
    answer = local.send("PUT", path, json={"id": member_id, **fields})
    return answer.status_code, answer.json()["message"]


def event(kind: str, seconds: int, nanos: int | None = None, **user: str) -> dict[str, Any]:
    """Make a speaker event."""
    offset = {"seconds": seconds} if nanos is None else {"seconds": seconds, "nanos": nanos}
    return {"type": f"{kind}_speaking", "user": user, "offset": offset}


def tell(local: Local, ids: dict[str, str], *events: dict[str, Any]) -> None:
    """Send speaker events that must be taken."""
    path = f"/v1/conversations/{ids['conversationId']}/speakers"
    answer = local.send("PUT", path, json={"speakerEvents": list(events)})
    assert answer.status_code == 200, answer.text
    assert "message" in answer.json()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Local]:
    """Return a client of a server that keeps everything; jobs are over when they are answered."""
    with LocalServer(data_dir=tmp_path) as server:
        local = Local(server)
        local.progress(by="at_once")
        yield local
        local.session.close()


def test_a_member_is_renamed(at_once: Local) -> None:
    """Members, messages and transcripts show the new name; the e-mail address stays."""
    ids = at_once.submit("text", json={"messages": [said("Hello.", 0, "A", "ann@example.com")]})
    member_id = members(at_once, ids)["A"]["id"]
    status, answered = change(at_once, ids, member_id, name="Ann")
    said_so = (
        f"Member with id: {member_id} for conversationId: {ids['conversationId']} updated successfully! "
        "The update should be reflected in all messages and insights along with this conversation"
    )
    assert (status, answered) == (200, said_so)
    assert members(at_once, ids) == {"Ann": {"id": member_id, "name": "Ann", "email": "ann@example.com"}}
    assert at_once.messages(ids)[0]["from"]["name"] == "Ann"
    path = f"/v1/conversations/{ids['conversationId']}/transcript"
    body = {"contentType": "text/markdown", "showSpeakerSeparation": True}
    assert at_once.send("POST", path, json=body).json()["transcript"]["payload"] == "Ann: Hello."


def test_a_member_is_given_an_e_mail_address(at_once: Local) -> None:
    """It is shown, and whoever is appended with it is the same person."""
    ids = at_once.submit("text", json={"messages": [said("Hello.", 0, "Speaker 1")]})
    member_id = members(at_once, ids)["Speaker 1"]["id"]
    assert change(at_once, ids, member_id, name="Ann", email="ann@example.com")[0] == 200
    more = {"messages": [said("Again.", 3, "Ann Lee", "ANN@example.com")]}
    at_once.submit(f"text/{ids['conversationId']}", "PUT", json=more)
    assert members(at_once, ids) == {"Ann": {"id": member_id, "name": "Ann", "email": "ann@example.com"}}


def test_members_of_one_e_mail_address_become_one(at_once: Local) -> None:
    """The messages of both belong to who had it first, under the new name."""
    first = [said("One.", 0, "Ann", "ann@example.com"), said("Two.", 3, "Speaker 2"), said("Three.", 6, "Bob")]
    ids = at_once.submit("text", json={"messages": first})
    at_once.submit(f"text/{ids['conversationId']}", "PUT", json={"messages": [said("Four.", 9, "Speaker 2")]})
    before = members(at_once, ids)
    merged = change(at_once, ids, before["Speaker 2"]["id"], name="Ann Lee", email="Ann@example.com")
    assert merged[0] == 200
    after = members(at_once, ids)
    assert list(after) == ["Ann Lee", "Bob"]
    assert after["Ann Lee"]["id"] == before["Ann"]["id"]
    assert speakers(at_once, ids) == ["Ann Lee", "Ann Lee", "Bob", "Ann Lee"]
    assert change(at_once, ids, before["Speaker 2"]["id"], name="X")[0] == 404


@pytest.mark.parametrize(
    ("fields", "status", "answered"),
    [
        ({"id": "other", "name": "X"}, 400, '"id" must be the id in the path'),
        ({"name": "X"}, 400, '"id" is required'),
        ({"id": "nobody"}, 400, '"name" is required'),
        ({"id": "nobody", "name": ""}, 400, '"name" is not allowed to be empty'),
        ({"id": "nobody", "name": "X", "role": "host"}, 400, '"role" is not allowed'),
        ({"id": "nobody", "name": "X", "email": "x"}, 400, '"email" must be an e-mail address, but has no @'),
        ({"id": "nobody", "name": "X"}, 404, "The memberId is either invalid or does not exist."),
    ],
)
def test_a_bad_update_of_a_member_is_refused(
    at_once: Local, fields: dict[str, str], status: int, answered: str
) -> None:
    """The answer says what is wrong."""
    ids = at_once.text("Hello.")
    answer = at_once.send("PUT", f"/v1/conversations/{ids['conversationId']}/members/nobody", json=fields)
    assert (answer.status_code, answer.json()["message"]) == (status, answered)


@pytest.mark.parametrize("path", ["members/nobody", "speakers"])
def test_nothing_is_corrected_in_an_unknown_conversation(local: Local, path: str) -> None:
    """The answer is the contract's own."""
    body = {"id": "nobody", "name": "X"} if path != "speakers" else {"speakerEvents": [event("started", 0, name="A")]}
    answer = local.send("PUT", f"/v1/conversations/1234567890123456/{path}", json=body)
    said_so = {"message": "The conversationId is either invalid or does not exist."}
    assert (answer.status_code, answer.json()) == (404, said_so)


def test_corrections_outlive_the_server(tmp_path: Path) -> None:
    """What is appended later finds the corrected members."""
    with LocalServer(data_dir=tmp_path) as server:
        before = Local(server)
        before.progress(by="at_once")
        ids = before.submit("text", json={"messages": [said("One.", 0, "Speaker 1"), said("Two.", 3, "Speaker 2")]})
        known = members(before, ids)
        change(before, ids, known["Speaker 1"]["id"], name="Ann", email="ann@example.com")
        tell(before, ids, event("started", 3, name="Bob", email="bob@example.com"))
        before.session.close()
    with LocalServer(data_dir=tmp_path) as server:
        after = Local(server)
        assert speakers(after, ids) == ["Ann", "Bob"]
        more = {"messages": [said("Three.", 6, "Ann Lee", "ann@example.com"), said("Four.", 9, "Bob")]}
        after.submit(f"text/{ids['conversationId']}", "PUT", json=more)
        assert speakers(after, ids) == ["Ann", "Bob", "Ann", "Bob"]
        assert members(after, ids)["Ann"]["id"] == known["Speaker 1"]["id"]
        after.session.close()


def test_updates_at_the_same_time_are_all_kept(kept: Local) -> None:
    """Writing a long conversation takes a while: none of the changes made meanwhile is lost."""
    names = [f"Speaker {number}" for number in range(8)]
    messages = [message(f"Sentence {index} of many.", names[index % 8]) for index in range(4000)]
    ids = kept.submit("text", json={"messages": messages})
    known = members(kept, ids)
    together = threading.Barrier(len(names))

    def rename(name: str) -> None:
        together.wait()
        change(kept, ids, known[name]["id"], name=name.replace("Speaker", "Person"))

    threads = [threading.Thread(target=rename, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(members(kept, ids)) == [f"Person {number}" for number in range(8)]


def test_messages_go_to_who_was_speaking(at_once: Local) -> None:
    """To whom most of a message's time belongs; one without anybody speaking stays as it is."""
    ids = at_once.submit("text", json={"messages": [said("One.", 0), said("Two.", 3, "Cy"), said("Three.", 6, "Dee")]})
    events = [
        event("started", 0, name="Ann"),
        event("stopped", 3, 500_000_000, name="Ann"),
        event("started", 3, 400_000_000, name="Bob"),
        event("stopped", 5, name="Bob"),
    ]
    tell(at_once, ids, *events)
    assert speakers(at_once, ids) == ["Ann", "Bob", "Dee"]
    assert sorted(members(at_once, ids)) == ["Ann", "Bob", "Dee"]


def test_nanoseconds_may_be_more_than_a_second(at_once: Local) -> None:
    """The vendor's own samples have five billion of them."""
    ids = at_once.submit("text", json={"messages": [said("One.", 0), said("Two.", 5)]})
    tell(at_once, ids, event("started", 0, 5_000_000_000, name="Ann"), event("stopped", 2, 5_000_000_000, name="Ann"))
    assert speakers(at_once, ids) == [None, "Ann"]


def test_who_never_stops_speaks_to_the_end_and_who_never_started_does_not_speak(at_once: Local) -> None:
    """Events without their other half."""
    ids = at_once.submit("text", json={"messages": [said("One.", 0), said("Two.", 3), said("Three.", 40)]})
    tell(at_once, ids, event("stopped", 3, name="Bob"), event("started", 3, name="Ann"))
    assert speakers(at_once, ids) == [None, "Ann", "Ann"]


def test_a_turn_without_length_is_nobodys(at_once: Local) -> None:
    """Who starts and stops at one moment has said nothing, then or later."""
    ids = at_once.submit("text", json={"messages": [said("One.", 0), said("Two.", 3)]})
    tell(at_once, ids, event("started", 1, name="Ann"), event("stopped", 1, name="Ann"))
    assert speakers(at_once, ids) == [None, None]


def test_who_starts_twice_goes_on(at_once: Local) -> None:
    """The second start changes nothing, and events may come in any order."""
    ids = at_once.submit("text", json={"messages": [said("One.", 0), said("Two.", 3), said("Three.", 6)]})
    events = [event("stopped", 5, name="Ann"), event("started", 4, name="Ann"), event("started", 0, name="Ann")]
    tell(at_once, ids, *events)
    assert speakers(at_once, ids) == ["Ann", "Ann", None]


@pytest.mark.parametrize("moment", [{"seconds": 2**53 - 1}, {"seconds": 0, "nanos": 2**53 - 1}])
def test_a_moment_beyond_all_dates_meets_nothing(at_once: Local, moment: dict[str, int]) -> None:
    """It is a number like any other."""
    ids = at_once.submit("text", json={"messages": [said("One.", 0)]})
    tell(at_once, ids, {**event("started", 0, name="Ann"), "offset": moment})
    assert speakers(at_once, ids) == [None]


@pytest.mark.parametrize("by", ["id", "email", "name"])
def test_a_speaker_is_found_among_the_members(at_once: Local, by: str) -> None:
    """By the id, the e-mail address or the name."""
    ids = at_once.submit("text", json={"messages": [said("One.", 0, "Ann", "ann@example.com"), said("Two.", 3, "Bob")]})
    ann = members(at_once, ids)["Ann"]
    tell(at_once, ids, {**event("started", 3), "user": {by: ann[by]}})
    assert speakers(at_once, ids) == ["Ann", "Ann"]
    assert members(at_once, ids) == {"Ann": ann}


def test_an_unknown_speaker_becomes_a_member(at_once: Local) -> None:
    """With the e-mail address given, or else the id."""
    ids = at_once.submit("text", json={"messages": [said("One.", 0), said("Two.", 3)]})
    tell(
        at_once,
        ids,
        event("started", 0, id="u1", name="Ann", email="ann@example.com"),
        event("stopped", 2, id="u1", name="Ann", email="ann@example.com"),
        event("started", 3, id="u2"),
    )
    found = at_once.messages(ids)
    assert found[0]["from"].items() >= {"name": "Ann", "email": "ann@example.com"}.items()
    assert found[1]["from"]["userId"] == "u2"
    assert members(at_once, ids)["Ann"]["email"] == "ann@example.com"


def test_a_speaker_may_be_told_in_full_once_and_by_the_id_from_then_on(at_once: Local) -> None:
    """The id is the client's own, so that only the events themselves can tell whose it is."""
    ids = at_once.submit("text", json={"messages": [said("One.", 0), said("Two.", 3)]})
    tell(
        at_once,
        ids,
        event("started", 0, id="u1", name="Ann", email="ann@example.com"),
        event("stopped", 2, id="u1"),
    )
    assert speakers(at_once, ids) == ["Ann", None]
    assert list(members(at_once, ids)) == ["Ann"]


def test_what_events_tell_of_a_member_is_kept(at_once: Local) -> None:
    """Whichever event tells it, and in all that the member said, however it came into the conversation."""
    ids = at_once.submit("text", json={"messages": [said("One.", 0), said("Two.", 3), said("Three.", 6, "Ann")]})
    at_once.submit(f"text/{ids['conversationId']}", "PUT", json={"messages": [said("Four.", 9, "Ann")]})
    tell(
        at_once,
        ids,
        *(event("started", 0, name="Ann"), event("stopped", 2, name="Ann")),
        *(event("started", 3, name="Ann", email="ann@example.com"), event("stopped", 5, name="Ann")),
    )
    assert [entry["from"]["email"] for entry in at_once.messages(ids)] == ["ann@example.com"] * 4
    assert members(at_once, ids)["Ann"]["email"] == "ann@example.com"


def test_a_conversation_deleted_while_its_speakers_are_told_is_gone(
    at_once: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing comes back by what was found in the meantime."""
    ids = at_once.text("Hello.")

    async def deleted(store: Store, _part: Part) -> bytes:
        store.remove_conversation(ids["conversationId"])
        return b""

    monkeypatch.setattr(Store, "pack", deleted)
    path = f"/v1/conversations/{ids['conversationId']}"
    events = {"speakerEvents": [event("started", 0, name="Ann")]}
    assert at_once.send("PUT", f"{path}/speakers", json=events).status_code == 404
    assert at_once.send("GET", path).status_code == 404


def test_a_correction_is_not_lost_to_an_append_that_is_on_its_way(
    at_once: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The append has read the old name by then; the correction waits until it is kept."""
    ids = at_once.submit("text", json={"messages": [message("One.", "Ann")]})
    member = at_once.of(ids, "members")["members"][0]["id"]
    is_packing, may_go_on, pack = threading.Event(), threading.Event(), Store.pack

    async def held(store: Store, part: Part) -> bytes:
        is_packing.set()
        await asyncio.to_thread(may_go_on.wait, TIMEOUT)
        return await pack(store, part)

    monkeypatch.setattr(Store, "pack", held)
    path = f"/v1/conversations/{ids['conversationId']}/members/{member}"
    with ThreadPoolExecutor() as threads:
        append = {"messages": [message("Two.", "Ann")]}
        appending = threads.submit(at_once.submit, f"text/{ids['conversationId']}", "PUT", json=append)
        assert is_packing.wait(TIMEOUT)
        correcting = threads.submit(at_once.send, "PUT", path, json={"id": member, "name": "Anna"})
        while at_once.journal()[-1]["path"] != path:
            pass
        may_go_on.set()
        assert appending.result()
        assert correcting.result().status_code == 200
    assert [one["name"] for one in at_once.of(ids, "members")["members"]] == ["Anna"]


@pytest.mark.process
def test_members_who_are_silent_stay(at_once: Local) -> None:
    """A channel on which nobody speaks has its member all the same."""
    wav = Sound(channels=2).silence(1).wav()
    query = {"enableSeparateRecognitionPerChannel": "true"}
    ids = at_once.submit("audio", params=query, data=wav)
    before = members(at_once, ids)
    assert list(before) == ["Speaker 1", "Speaker 2"]
    tell(at_once, ids, event("started", 0, name="Ann"))
    assert members(at_once, ids) == before


def test_transcripts_show_who_was_speaking(at_once: Local) -> None:
    """In Markdown; subtitles name nobody."""
    ids = at_once.submit("text", json={"messages": [said("Hello there.", 0)]})
    tell(at_once, ids, event("started", 0, name="Ann"))
    path = f"/v1/conversations/{ids['conversationId']}/transcript"
    for content_type, is_named in (("text/srt", False), ("text/markdown", True)):
        body = {"contentType": content_type, "showSpeakerSeparation": True}
        assert ("Ann: " in at_once.send("POST", path, json=body).text) == is_named


def test_what_clients_cannot_see_yet_is_left_alone(local: Local) -> None:
    """Offsets count from the beginning that is shown, and messages of unfinished jobs stay as they are."""
    local.progress(by="polls", polls=1)
    ids = local.submit("text", json={"messages": [said("One.", 20)]})
    local.job(ids)
    later = local.submit(f"text/{ids['conversationId']}", "PUT", json={"messages": [said("Zero.", 0, "Bob")]})
    tell(local, ids, event("started", 0, name="Ann"))
    assert speakers(local, ids) == ["Ann"]
    local.job(later)
    assert sorted(filter(None, speakers(local, ids))) == ["Ann", "Bob"]


@pytest.mark.parametrize(
    ("events", "answered"),
    [
        ([], '"speakerEvents" must contain at least 1 items, but has 0'),
        ([event("started", 0)], '"speakerEvents[0].user" must have an id, a name or an email'),
        ([event("paused", 0, name="A")], '"speakerEvents[0].type" must be one of [started_speaking, stopped_speaking]'),
        ([event("started", 0, email="a")], '"speakerEvents[0].user.email" must be an e-mail address, but has no @'),
        ([event("started", -1, name="A")], '"speakerEvents[0].offset.seconds" must be greater than or equal to 0'),
        ([{"type": "started_speaking", "user": {"name": "A"}}], '"speakerEvents[0].offset" is required'),
    ],
)
def test_bad_events_are_refused(at_once: Local, events: list[Any], answered: str) -> None:
    """The answer names the field, what was given and what is allowed; nothing is changed."""
    ids = at_once.text("Hello.")
    answer = at_once.send("PUT", f"/v1/conversations/{ids['conversationId']}/speakers", json={"speakerEvents": events})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(answered)
