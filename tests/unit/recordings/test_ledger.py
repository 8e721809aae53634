"""What the ledger keeps of attempts: who was first stands, half-written files count, and closed ones are told once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblStorageError
from airflow_provider_symbl.recordings.facts import Answer, Attempt, Inspection, Unfit
from airflow_provider_symbl.recordings.ledger.ledger import Ledger
from airflow_provider_symbl.recordings.ledger.ledger_format import closed_line, night_folder, pack
from airflow_provider_symbl.recordings.ledger.ledger_store import InMemoryLedgerStore, LedgerStore
from tests.support.ledger_facts import (
    ANSWER,
    APP_ID,
    CLAIM,
    CLOSED,
    FAILED,
    HOST,
    LANDED,
    NIGHT,
    OTHER_NIGHT,
    InterruptedStore,
    key,
    open_ledger,
    write_attempt,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY = key(1)
HALF = b'{"format":1,"path":"calls/la'


@pytest.fixture
def memory() -> InMemoryLedgerStore:
    """Return a store in memory."""
    return InMemoryLedgerStore()


def open_names(store: LedgerStore) -> list[str]:
    """List the files of open attempts without their folder."""
    return [file.name.removeprefix("open/") for file in store.list("open/")]


def segments(store: LedgerStore) -> list[str]:
    """List the closed segments."""
    return [file.name for file in store.list("closed/")]


def test_a_ledger_is_made_once(store: LedgerStore) -> None:
    """All who open it later find the same id, and so the same tokens."""
    first, second = Ledger(store, HOST, APP_ID), Ledger(store, HOST, APP_ID)
    assert (first.open(), second.open(), first.open()) == (True, False, False)
    assert first.id == second.id != ""
    tokens = {ledger.token(of_key, number) for ledger in (first, second) for of_key in "ab" for number in (1, 2)}
    assert len(tokens) == 4
    assert {len(token) for token in tokens} == {12}


def test_a_token_needs_an_open_ledger(memory: InMemoryLedgerStore) -> None:
    """Else it would be the same in every ledger."""
    with pytest.raises(RuntimeError, match="not open"):
        Ledger(memory, HOST, APP_ID).token(KEY, 1)


def test_another_account_is_refused(store: LedgerStore) -> None:
    """With one sentence that names both."""
    open_ledger(store)
    for host, app_id in ((HOST, "another"), ("https://elsewhere", APP_ID)):
        with pytest.raises(SymblConfigurationError, match=f"belongs to the account {APP_ID} at {HOST}.* {app_id} at"):
            Ledger(store, host, app_id).open()


def test_another_format_is_refused(memory: InMemoryLedgerStore) -> None:
    """A newer version of this package has written it."""
    memory.create("ledger.json", json.dumps({"format": 2, "id": "x", "host": HOST, "app_id": APP_ID}).encode())
    with pytest.raises(SymblConfigurationError, match=r"ledger\.json is in format 2 and this version reads format 1"):
        open_ledger(memory)


def test_a_half_written_head_is_named(memory: InMemoryLedgerStore) -> None:
    """A person has to look: another id would change all tokens."""
    memory.create("ledger.json", b'{"form')
    with pytest.raises(SymblStorageError, match=r"ledger\.json is not whole"):
        open_ledger(memory)


def test_a_ledger_without_its_head_is_refused(memory: InMemoryLedgerStore) -> None:
    """A new id would have its entries paid for again."""
    ledger = open_ledger(memory)
    write_attempt(ledger, KEY, 1)
    memory.delete("ledger.json")
    with pytest.raises(SymblConfigurationError, match=r"holds entries and no ledger\.json"):
        open_ledger(memory)


def test_two_that_make_a_ledger_at_once_share_it() -> None:
    """Whenever the second one comes in between."""
    for at in range(1, 20):
        store = InMemoryLedgerStore()
        others: list[Ledger] = []

        def interrupt(store: InMemoryLedgerStore = store, others: list[Ledger] = others) -> None:
            others.append(open_ledger(store))
            write_attempt(others[0], KEY, 1)

        interrupted = InterruptedStore(store, at, interrupt)
        ledger = Ledger(interrupted, HOST, APP_ID)
        is_made = ledger.open()
        if not others:
            break
        assert ledger.id == others[0].id
        assert not is_made
    assert at > 8


def test_one_claim_stands(store: LedgerStore) -> None:
    """Of a key and number, even where two write the same at the same moment; a withdrawn one is free again."""
    first, second = open_ledger(store), open_ledger(store)
    assert first.claim(KEY, 1, CLAIM)
    assert not second.claim(KEY, 1, CLAIM)
    assert first.attempts() == second.attempts() == {KEY: [Attempt(1, CLAIM)]}
    first.withdraw(KEY, 1)
    assert first.attempts() == {}
    assert second.claim(KEY, 1, CLAIM)


def test_the_first_answer_and_the_first_end_stand(store: LedgerStore) -> None:
    """Whoever comes later is told so."""
    first, second = open_ledger(store), open_ledger(store)
    first.claim(KEY, 1, CLAIM)
    lost = Answer(OTHER_NIGHT, 2000.0, not_made="lost")
    assert (first.answer(KEY, 1, ANSWER), second.answer(KEY, 1, lost)) == (True, False)
    assert (second.finish(KEY, 1, LANDED), first.finish(KEY, 1, FAILED)) == (True, False)
    first.mark_deleted(KEY, 1)
    second.mark_deleted(KEY, 1)
    assert first.attempts() == {KEY: [Attempt(1, CLAIM, ANSWER, LANDED, is_deleted=True)]}


def test_attempts_come_by_number(store: LedgerStore) -> None:
    """The tenth after the ninth; those of one key can be read alone."""
    ledger = open_ledger(store)
    for number in (10, 9, 2):
        ledger.claim(KEY, number, CLAIM)
    ledger.claim(key(2), 1, CLAIM)
    store.create("open/notes.txt", b"a person's own")
    assert [attempt.number for attempt in ledger.attempts()[KEY]] == [2, 9, 10]
    assert ledger.attempts_of(KEY) == ledger.attempts()[KEY]
    assert ledger.attempts_of(key(3)) == []


def test_a_half_written_claim_counts(store: LedgerStore) -> None:
    """From when its file was made: something may have been sent."""
    ledger = open_ledger(store)
    store.create(f"open/{KEY}.1.claim", HALF)
    (attempt,) = ledger.attempts_of(KEY)
    (file,) = store.list("open/")
    assert attempt == Attempt(1, None, claimed=file.modified)
    assert not ledger.claim(KEY, 1, CLAIM)


def test_a_half_written_answer_is_as_none(store: LedgerStore) -> None:
    """It is found out again, and the first whole one stands."""
    first, second = open_ledger(store), open_ledger(store)
    first.claim(KEY, 1, CLAIM)
    for half in ("answer", "answer.1", "done"):
        store.create(f"open/{KEY}.1.{half}", HALF)
    assert first.attempts_of(KEY) == [Attempt(1, CLAIM)]
    assert first.answer(KEY, 1, ANSWER)
    assert not second.answer(KEY, 1, Answer(OTHER_NIGHT, 1.0, not_made="lost"))
    assert second.finish(KEY, 1, LANDED)
    assert first.attempts_of(KEY) == [Attempt(1, CLAIM, ANSWER, LANDED)]
    first.compact(first.attempts())
    assert open_names(store) == []


def test_what_was_being_written_stands(memory: InMemoryLedgerStore) -> None:
    """A fact that looked half-written, and becomes whole before the one beside it is written, was the first."""
    name = f"open/{KEY}.1.answer"
    whole = InMemoryLedgerStore()
    open_ledger(whole).claim(KEY, 1, CLAIM)
    open_ledger(whole).answer(KEY, 1, Answer(OTHER_NIGHT, 1.0, not_made="lost"))
    memory.create(name, HALF)

    def finish_writing() -> None:
        memory.delete(name)
        memory.create(name, whole.read(name))

    memory.create(f"open/{KEY}.1.claim", whole.read(f"open/{KEY}.1.claim"))
    # Called third: after the first creation has failed and its file was read.
    ledger = Ledger(InterruptedStore(memory, 3, finish_writing), HOST, APP_ID)
    assert not ledger.answer(KEY, 1, ANSWER)
    assert ledger.attempts_of(KEY)[0].answer == Answer(OTHER_NIGHT, 1.0, not_made="lost")


def test_a_fact_that_is_never_whole_is_an_error(memory: InMemoryLedgerStore) -> None:
    """It does not go on for ever."""
    ledger = open_ledger(memory)
    for repair in ["", *(f".{number}" for number in range(1, 10))]:
        memory.create(f"open/{KEY}.1.answer{repair}", HALF)
    with pytest.raises(SymblStorageError, match=f"{KEY}.1.answer is not whole"):
        ledger.answer(KEY, 1, ANSWER)


def test_a_fact_of_another_format_is_named(memory: InMemoryLedgerStore) -> None:
    """It may tell of a job that is paid for: its key is not gone on with, and all others are."""
    ledger = open_ledger(memory)
    ledger.claim(KEY, 1, CLAIM)
    ledger.claim(key(2), 1, CLAIM)
    memory.create(f"open/{KEY}.2.claim", b'{"format":2}')
    with pytest.raises(SymblStorageError, match=f"{KEY}.2.claim is in format 2"):
        ledger.attempts()
    with pytest.raises(SymblStorageError, match=f"{KEY}.2.claim is in format 2"):
        ledger.attempts_of(KEY)
    unreadable: dict[str, str] = {}
    assert ledger.attempts(unreadable) == {key(2): [Attempt(1, CLAIM)]}
    assert unreadable == {KEY: f"ledger: open/{KEY}.2.claim is in format 2 and this version reads format 1; "
                               "install the version that wrote it"}  # fmt: skip


def test_what_is_missing_in_a_fact_is_named(memory: InMemoryLedgerStore) -> None:
    """It is whole, so nobody was killed over it."""
    ledger = open_ledger(memory)
    ledger.claim(KEY, 1, CLAIM)
    memory.create(f"open/{KEY}.1.answer", b'{"format":1,"at":1}')
    with pytest.raises(SymblStorageError, match=rf"{KEY}\.1\.answer cannot be read \(.*night"):
        ledger.attempts()


def test_attempts_that_are_closed_meanwhile_are_left_out(memory: InMemoryLedgerStore) -> None:
    """Whichever of their files is gone when it is read."""
    write_attempt(open_ledger(memory), KEY, 1)

    def close() -> None:
        other = open_ledger(memory)
        other.compact(other.attempts())

    store = InterruptedStore(memory, 2, close)
    assert Ledger(store, HOST, APP_ID).attempts() == {}


def test_a_key_that_cannot_be_seen_whole_is_left_out() -> None:
    """Half of it would tell lies; all others are told."""

    class Losing(InMemoryLedgerStore):
        """A store that lists an answer which it cannot find."""

        def read(self, name: str) -> bytes:
            """Read a file."""
            if name == f"open/{KEY}.1.answer":
                raise FileNotFoundError(name)
            return super().read(name)

    ledger = open_ledger(Losing())
    for of_key in (KEY, key(2)):
        write_attempt(ledger, of_key, 1)
    assert {*ledger.attempts()} == {key(2)}


def test_a_segment_that_was_not_read_to_its_end_is_given_again(memory: InMemoryLedgerStore) -> None:
    """An entry that nobody has taken is not known."""
    ledger, reader = open_ledger(memory), open_ledger(memory)
    for number in range(3):
        ledger.compact({}, [replace(CLOSED, key=key(number)), replace(CLOSED, key=key(100 + number))])
    entries = reader.closed()
    taken = {next(entries).key for _ in range(3)}
    del entries
    taken.add(next(reader.newly_closed()).key)
    again = {entry.key for entry in reader.newly_closed()}
    assert len(again) == 4
    assert taken | again == {key(number) for number in (0, 1, 2, 100, 101, 102)}


def test_what_landed_is_closed(store: LedgerStore) -> None:
    """Its files are gone, and its entry tells all of it; what has no end stays."""
    ledger, reader = open_ledger(store), open_ledger(store)
    assert [*reader.closed()] == []
    write_attempt(ledger, KEY, 1, FAILED)
    ledger.claim(KEY, 2, replace(CLAIM, path="calls/renamed.wav", version="1e" * 16, at=3000.0, redrive=True))
    ledger.answer(KEY, 2, ANSWER)
    ledger.finish(KEY, 2, LANDED)
    ledger.mark_deleted(KEY, 2)
    write_attempt(ledger, key(2), 1, None)
    extra = replace(CLOSED, key=key(3), attempts=0, used=0, reason="unreadable", is_final=True)
    assert ledger.compact(ledger.attempts(), [extra]) == 2
    assert open_names(store) == [f"{key(2)}.1.answer", f"{key(2)}.1.claim"]
    entry = replace(
        CLOSED,
        key=KEY,
        attempts=2,
        used=2,
        versions=(CLAIM.version, "1e" * 16),
        paths=(f"calls/{KEY}.wav", "calls/renamed.wav"),
        conversation_id="c-1",
        job_id="j-1",
        is_deleted=True,
        is_redriven=True,
        size=1000,
        duration=60.0,
        minutes=2.0,
        submitted=3000.0,
        completed=1090.0,
        forms=("conversation.json",),
    )
    assert [*reader.newly_closed()] == [entry, extra]
    assert [*reader.newly_closed()] == [*ledger.newly_closed()] == []
    assert [*ledger.closed()] == [*reader.closed()] == [entry, extra]
    assert ledger.compact({}) == ledger.compact({key(2): ledger.attempts_of(key(2)), KEY: []}) == 0
    assert len(segments(store)) == 1


def test_only_attempts_that_count_are_told(memory: InMemoryLedgerStore) -> None:
    """Not those that Symbl had no room for, nor those with other options; a claim that is not whole does."""
    ledger = open_ledger(memory)
    others = {1: ("refused", "old"), 2: ("full", "new"), 3: ("cut", "new"), 4: ("lost", "new")}
    for number, (not_made, options) in others.items():
        ledger.claim(KEY, number, replace(CLAIM, options=options))
        ledger.answer(KEY, number, Answer(NIGHT, 1.0, not_made=not_made))  # type: ignore[arg-type]  # the reasons
    memory.create(f"open/{KEY}.5.claim", HALF)
    ledger.finish(KEY, 5, replace(FAILED, is_final=True))
    ledger.compact(ledger.attempts())
    (entry,) = ledger.closed()
    assert (entry.attempts, entry.used, entry.options, entry.is_final) == (5, 2, "new", True)


def test_leftovers_are_deleted_by_number(memory: InMemoryLedgerStore) -> None:
    """What is above the closed number stays."""
    ledger = open_ledger(memory)
    for number in (1, 2, 3):
        ledger.claim(KEY, number, CLAIM)
    ledger.claim(key(2), 1, CLAIM)
    ledger.answer(key(3), 1, ANSWER)  # of an owner that was judged lost, and closed since
    ledger.compact({}, [replace(CLOSED, key=KEY, attempts=2), replace(CLOSED, key=KEY), replace(CLOSED, key=key(3))])
    assert key(3) not in ledger.attempts()
    ledger.delete_leftovers()
    assert open_names(memory) == [f"{KEY}.3.claim", f"{key(2)}.1.claim"]


def test_a_segment_that_cannot_be_read_is_named(store: LedgerStore) -> None:
    """It is no empty one: nothing is sent."""
    ledger = open_ledger(store)
    ledger.compact({}, [CLOSED])
    whole = store.read(segments(store)[0])
    broken: Iterable[bytes] = (
        whole[:-9],
        b"no gzip",
        pack([b'{"key":"a"']),
        pack([b'{"key":"a"}']),
        pack([b'{"key":"a","night":["a"]}']),
        pack([b"[]"]),
        pack([])[:5],
    )
    for number, content in enumerate(broken):
        name = f"closed/broken-{number}.jsonl.gz"
        store.create(name, content)
        with pytest.raises(SymblStorageError, match=rf"{name} cannot be read"):
            list(open_ledger(store).closed())
        store.delete(name)
    assert len([*ledger.closed()]) == 1


def test_a_segment_of_another_format_is_named(memory: InMemoryLedgerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer versions may pay for what this one cannot see."""
    open_ledger(memory)
    with monkeypatch.context() as patched:
        patched.setattr("airflow_provider_symbl.recordings.ledger.ledger_format.FORMAT", 2)
        memory.create("closed/new.jsonl.gz", pack([]))
    for read in (Ledger.closed, Ledger.newly_closed, lambda ledger: ledger.closed_of({KEY})):
        with pytest.raises(SymblStorageError, match=r"closed/new\.jsonl\.gz is in format 2"):
            list(read(open_ledger(memory)))


def test_unknown_fields_are_left_out(memory: InMemoryLedgerStore) -> None:
    """A later version of the same format may add some."""
    line = {**json.loads(closed_line(replace(CLOSED, key=KEY))), "mood": "good"}
    ledger = open_ledger(memory)
    # The key need not come first in what others write.
    lines = [json.dumps(dict(reversed(line.items()))).encode(), json.dumps(line).encode()]
    memory.create("closed/x.jsonl.gz", pack(lines))
    ledger.claim(KEY, 1, CLAIM)
    memory.create(f"open/{KEY}.1.answer", json.dumps({"format": 1, "night": NIGHT, "at": 1.0, "mood": 1}).encode())
    assert [entry.key for entry in ledger.closed()] == [KEY, KEY]
    assert [entry.key for entry in ledger.closed_of({KEY})] == [KEY, KEY]
    assert ledger.attempts_of(KEY)[0].answer == Answer(NIGHT, 1.0)


def test_a_segment_that_is_listed_and_never_found_is_an_error() -> None:
    """It does not go on for ever."""

    class Losing(InMemoryLedgerStore):
        """A store that lists what it cannot read."""

        def read(self, name: str) -> bytes:
            """Read a file."""
            if name.startswith("closed/"):
                raise FileNotFoundError(name)
            return super().read(name)

    store = Losing()
    ledger = open_ledger(store)
    store.create("closed/x.jsonl.gz", pack([]))
    with pytest.raises(SymblStorageError, match=r"closed/x\.jsonl\.gz is listed and cannot be found"):
        list(ledger.closed())


def test_segments_are_merged(store: LedgerStore) -> None:
    """All entries are in one, and who has read them is not given them again."""
    ledger, reader, late = open_ledger(store), open_ledger(store), open_ledger(store)
    for number in range(5):
        ledger.compact({}, [replace(CLOSED, key=key(number)), replace(CLOSED, key=key(0))])
    assert len([*reader.closed()]) == 10
    ledger.merge(most=5)
    assert len(segments(store)) == 5
    ledger.merge(most=4)
    assert len(segments(store)) == 1
    assert [*reader.newly_closed()] == []
    keys = sorted(entry.key for entry in late.newly_closed())
    assert keys == sorted([key(0), *map(key, range(1, 5))])  # each line once


def test_large_segments_are_left_as_they_are(memory: InMemoryLedgerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A merge holds little in memory, however large the ledger is."""
    ledger = open_ledger(memory)
    ledger.compact({}, [replace(CLOSED, key=key(number)) for number in range(500)])
    (large,) = segments(memory)
    monkeypatch.setattr("airflow_provider_symbl.recordings.ledger.segments.MOST_BYTES", 1000)
    for number in range(3):
        ledger.compact({}, [replace(CLOSED, key=key(1000 + number))])
    ledger.merge(most=2)
    assert large in segments(memory)
    assert len(segments(memory)) == 2
    ledger.merge(most=1)
    assert len(segments(memory)) == 2


def test_names_of_segments_are_never_taken_twice(memory: InMemoryLedgerStore) -> None:
    """Another name is tried, and then told."""
    names = iter(["writer", "mark", "id", "same", "same", "other", "same", "same", "same"])
    ledger = Ledger(memory, HOST, APP_ID, new_id=lambda: next(names), clock=lambda: 0.0)
    ledger.open()
    ledger.compact({}, [CLOSED])
    ledger.compact({}, [replace(CLOSED, key=key(2))])
    assert segments(memory) == ["closed/19700101T000000Z-other.jsonl.gz", "closed/19700101T000000Z-same.jsonl.gz"]
    with pytest.raises(SymblStorageError, match="cannot be created"):
        ledger.compact({}, [replace(CLOSED, key=key(3))])


def test_a_night_remembers_what_it_found(store: LedgerStore, caplog: pytest.LogCaptureFixture) -> None:
    """Over its tries, and for itself alone; what cannot be read is read again from the recordings."""
    ledger = open_ledger(store)
    sound = Inspection(
        "audio", KEY, "ab" * 32, 60.5, 2, "options", {"trackers": [{"name": "a"}]}, None, ("both are the same",)
    )
    ledger.remember(NIGHT, {b"a" * 16: sound})
    ledger.remember(NIGHT, {b"b" * 16: Unfit("empty", "It has no bytes.", is_final=False)})
    ledger.remember(NIGHT, {})
    for number, content in enumerate((b"half", pack([b"{}"]), pack([b'{"digest":"00","reason":""}']))):
        store.create(f"nights/{night_folder(NIGHT)}/inspected-{number}.jsonl.gz", content)
    expected = {b"a" * 16: sound, b"b" * 16: Unfit("empty", "It has no bytes.", is_final=False)}
    remembered = open_ledger(store).remembered(NIGHT)
    assert {digest: found for digest, (found, _) in remembered.items()} == expected
    assert all(seen > 0 for _, seen in remembered.values())
    assert ledger.remembered(OTHER_NIGHT) == {}
    assert caplog.text.count("are read again") == 3


def test_a_file_pauses_the_ledger(store: LedgerStore) -> None:
    """As long as it lies there."""
    ledger = open_ledger(store)
    assert not ledger.is_paused()
    store.create("pause", b"Ann, until Monday\n")
    assert ledger.is_paused()
    store.delete("pause")
    assert not ledger.is_paused()
