"""Any text that is submitted is read as it was sent: each message once, in order, appended or not, over restarts."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, precondition, rule

from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.local_client import Local
from tests.support.sizes import SIZES

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Message = dict[str, Any]

EVERY_CHARACTER = st.characters(exclude_categories=["Cs"])
"""Lone surrogates are none: a text that has one is refused."""
FIRST, LAST = datetime(1900, 1, 2), datetime(2999, 12, 30)  # noqa: DTZ001 - the zone is drawn apart from the moment
LONG = 150_000
"""Characters of six bytes each as JSON escapes them: a body that does not stay in memory."""


some_text = st.text(EVERY_CHARACTER, min_size=1)


@st.composite
def people(draw: st.DrawFn) -> dict[str, str]:
    """Name somebody, by name or key or both; nobody else has the same name or key."""
    name = draw(some_text)
    key = "é." + name.encode().hex()
    label = draw(st.sampled_from(["userId", "id"]))
    return draw(st.sampled_from([{}, {"name": name}, {label: key}, {"name": name, label: key}]))


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Give a moment that milliseconds can express, somewhere on Earth."""
    minutes = draw(st.integers(-12 * 60, 14 * 60))
    moment = draw(st.datetimes(FIRST, LAST))
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=timezone(timedelta(minutes=minutes)))


@st.composite
def durations(draw: st.DrawFn) -> dict[str, str]:
    """Give the beginning or the end of a message, both or none, in one of the ways to write them."""
    start = draw(moments())
    end = start + timedelta(milliseconds=draw(st.integers(0, 5 * 3_600_000)))
    is_utc = draw(st.booleans())
    both = {"startTime": start, "endTime": end}
    wanted = draw(st.sets(st.sampled_from(sorted(both))))
    return {name: _in_utc(both[name]) if is_utc else both[name].isoformat() for name in sorted(wanted)}


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def messages(content: SearchStrategy[str] = some_text) -> SearchStrategy[Message]:
    """Give a message that is as it should be."""
    return st.fixed_dictionaries(
        {"payload": st.fixed_dictionaries({"content": content}, optional={"contentType": st.just("text/plain")})},
        optional={"from": people(), "duration": durations()},
    )


talks = st.lists(messages(), min_size=1, max_size=6)

BAD_PARTS: dict[str, list[Any]] = {
    "payload": [
        *(None, "Hello.", {}, {"content": ""}, {"content": None}, {"content": 1}, {"content": ["Hello."]}),
        {"content": "Hello \ud83d"},
    ],
    "from": [
        *(None, "Ann", [], {"name": ""}, {"name": 1}, {"userId": None}, {"id": ""}, {"email": "ann@example.com"}),
        *({"name": "\udc80"}, {"userId": "é\ud83d."}),
    ],
    "duration": [
        *(None, 5, {"startTime": ""}, {"startTime": "yesterday"}, {"endTime": 1_700_000_000}, {"seconds": 5}),
        *({"startTime": "2026-02-30T00:00:00Z"}, {"endTime": "0001-01-01T00:00:00Z"}),
        {"startTime": "2026-01-01T00:00:00.001Z", "endTime": "2026-01-01T00:00:00Z"},
    ],
    "text": ["Hello."],
}


@st.composite
def bad_talks(draw: st.DrawFn) -> Any:  # noqa: ANN401 - JSON
    """Give messages of which one is not as it should be."""
    talk = draw(talks)
    part = draw(st.sampled_from(sorted(BAD_PARTS)))
    index = draw(st.integers(0, len(talk) - 1))
    talk[index] = {**talk[index], part: draw(st.sampled_from(BAD_PARTS[part]))}
    return draw(st.sampled_from([talk, talk, talk, [], None, talk[index]]))


class Server(RuleBasedStateMachine):
    """A server that keeps its state in a folder, beside what was sent to it."""

    conversations = Bundle[str]("conversations")

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._folder = self._stack.enter_context(TemporaryDirectory(prefix="symbl-local-tests-"))
        self._running = ExitStack()
        self._sent: dict[str, list[Message]] = {}
        self._names: dict[str, str] = {}

    @initialize()
    def start(self) -> None:
        """Run a server on the folder."""
        server = self._running.enter_context(LocalServer(data_dir=self._folder, strict=True))
        self._local = Local(server)
        self._running.callback(self._local.session.close)

    def teardown(self) -> None:
        """End it all."""
        self._running.close()
        self._stack.close()

    @rule(target=conversations, talk=talks, name=st.none() | some_text)
    def submit(self, talk: list[Message], name: str | None) -> str:
        """Make a conversation."""
        named = {} if name is None else {"name": name}
        conversation_id = self._local.submit("text", json={"messages": talk, **named})["conversationId"]
        assert conversation_id not in self._sent
        self._sent[conversation_id] = talk
        self._names[conversation_id] = conversation_id if name is None else name
        return conversation_id

    @rule(conversation_id=conversations, talk=talks)
    def append(self, conversation_id: str, talk: list[Message]) -> None:
        """Add to a conversation."""
        ids = self._local.submit(f"text/{conversation_id}", "PUT", json={"messages": talk})
        assert ids["conversationId"] == conversation_id
        self._sent[conversation_id] = self._sent[conversation_id] + talk

    @rule(conversation_id=conversations, message=messages(EVERY_CHARACTER.map(lambda one: one * LONG)))
    def append_at_length(self, conversation_id: str, message: Message) -> None:
        """Add a message that is longer than what the server keeps in memory."""
        self.append(conversation_id, [message])

    @rule(talk=bad_talks(), conversation_id=st.none() | conversations)
    def be_refused(self, talk: object, conversation_id: str | None) -> None:
        """Send what could not be read as it was sent, and store nothing."""
        before = self._local.get("/__local__/jobs")["jobs"]
        method, path = ("PUT", f"text/{conversation_id}") if conversation_id else ("POST", "text")
        answer = self._local.send(method, f"/v1/process/{path}", json={"messages": talk})
        assert answer.status_code == 400
        assert answer.json()["message"].startswith('"messages')
        assert len(self._local.get("/__local__/jobs")["jobs"]) == len(before)

    @rule(conversation_id=consumes(conversations))
    def delete(self, conversation_id: str) -> None:
        """Delete a conversation, whatever becomes of its jobs."""
        assert self._local.send("DELETE", f"/v1/conversations/{conversation_id}").status_code == 200
        self._sent.pop(conversation_id)
        self._names.pop(conversation_id)

    @precondition(lambda self: self._sent)
    @rule()
    def restart_in_place(self) -> None:
        """Be as after a kill, on the same connection."""
        assert self._local.send("POST", "/__local__/restart").status_code == 200

    @precondition(lambda self: self._sent)
    @rule()
    def start_anew(self) -> None:
        """End the server and run another one on its folder."""
        self._running.close()
        self.start()

    @precondition(lambda self: self._sent)
    @rule()
    def read(self) -> None:
        """Find in each conversation what was sent."""
        while any(job["status"] in {"scheduled", "in_progress"} for job in self._local.get("/__local__/jobs")["jobs"]):
            pass
        for conversation_id, talk in self._sent.items():
            path = f"/v1/conversations/{conversation_id}"
            assert self._local.get(path)["name"] == self._names[conversation_id]
            found = self._local.get(f"{path}/messages")["messages"]
            assert [message["text"] for message in found] == [message["payload"]["content"] for message in talk]
            for read, sent in zip(found, talk, strict=True):
                _check(read, sent)
            assert len({message["id"] for message in found}) == len(found)


def _check(read: Message, sent: Message) -> None:
    person, times = sent.get("from", {}), sent.get("duration", {})
    known = {"name": person.get("name"), "userId": person.get("userId", person.get("id"))}
    given = {name: value for name, value in known.items() if value is not None}
    assert {name: read["from"].get(name) for name in given} == given
    assert bool(read["from"]) == bool(given)
    assert {name: datetime.fromisoformat(read[name]) for name in times} == {
        name: datetime.fromisoformat(moment) for name, moment in times.items()
    }


TestWhatWasSent = Server.TestCase
TestWhatWasSent.settings = settings(
    max_examples=SIZES.generated_stores,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
