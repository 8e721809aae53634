"""Redaction: planted secrets are gone from every form, sentences without any stay, and the whole document is read."""

from __future__ import annotations

import copy
import json
import random
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.results.redaction import KINDS, check_kinds, check_region, redact, redact_text
from tests.support.clean_conversations import a_document, a_message, clean_messages, clean_sentence
from tests.support.personal_data import MAKERS
from tests.support.sizes import SIZES

if TYPE_CHECKING:
    from airflow_provider_symbl.results.document import Document

CARD = "4111 1111 1111 1111"
PHONE = "415-555-2671"
EMAIL = "ann.lee@example.com"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("write to ann@example.com, please", "write to [email], please"),
        ("write to Ann+news@Example.co.uk.", "write to [email]."),
        ("jürgen@bücher.example or 用户@例子.公司", "[email] or [email]"),
        ("(ann@example.com)", "([email])"),
        ("it's ann dot lee at example dot com thanks", "it's [email] thanks"),
        ("ann underscore lee at example dot co dot uk", "[email]"),
        ("my mail is a n n at g m x dot d e", "my mail is [email]"),
        ("it is ann lee at big blue dot com", "it is [email]"),
        ("it is ann.lee at example.com", "it is [email]"),
        ("it is ann dot lee@example.com", "it is [email]"),
        ("call 415-555-2671 or (415) 555-2671 ext. 12", "call [phone] or [phone]"),
        ("call +49 30 901820 now", "call [phone] now"),
        ("it is four one five, five five five two six seven one", "it is [phone]"),
        ("it is four one five uh double five five and two six, um, seven one", "it is [phone]"),
        ("plus four nine three oh nine oh one eight two oh", "[phone]"),
        ("four 1 5 five 55 two six 71", "[phone]"),
        ("4 1 5 5 5 5 2 6 7 1", "[phone]"),
        ("eight hundred five five five one two one two", "[phone]"),
        ("four one five fifty five fifty two sixty seven one", "[phone]"),
        ("four one five five five five two six seven one extension two three", "[phone]"),
        (f"{CARD} exp 12 26", "[card] exp 12 26"),
        ("4111-1111-1111-1111", "[card]"),
        ("ref4111111111111111x", "ref[card]x"),
        ("four one" + " one" * 14, "[card]"),
        ("forty two" + " forty two" * 7, "[card]"),
        ("4242 4242 then 4242 and the last four are 4242", "[card]"),
        ("\uff14\uff11\uff11\uff11 1111 1111 1111", "[card]"),
        (f"{EMAIL} {PHONE} or {CARD}", "[email] [phone] or [card]"),
        (f"{PHONE} {CARD}", "[phone]"),
    ],
)  # fmt: skip
def test_what_is_found(said: str, left: str) -> None:
    """Each way to say it leaves its marker, and the counts are those of the markers."""
    told, counts = redact_text(said, KINDS, "US")
    assert told == left
    assert counts == {kind: left.count(f"[{kind}]") for kind in KINDS}


@pytest.mark.parametrize(
    "said",
    [
        "one two three testing",
        "nobody bought at three dot com prices",
        "you can find it at example dot com",
        "in twenty twenty six we sold 1,250,000 for $4,155,552.71",
        "in 2024 and 2025, 10 percent more",
        "flight LH 4155 at 10:30 on 2026-11-25",
        "from nineteen ninety to two thousand and eight",
        "4111 1111 1111 1112",
        "follow @ann and #2026",
        "",
    ],
)
def test_what_is_nobodys_stays(said: str) -> None:
    """Counts, dates, prices, sites and numbers with a wrong check digit stay."""
    assert redact_text(said, KINDS, "US") == (said, dict.fromkeys(KINDS, 0))


def test_without_a_region_only_numbers_with_a_plus_are_phones() -> None:
    """Nobody can tell from where a number without a country is."""
    assert redact_text("415-555-2671 or +1 415-555-2671", ["phone"], None)[0] == "415-555-2671 or [phone]"
    assert redact_text("plus one four one five five five five two six seven one", ["phone"], None)[0] == "[phone]"


def test_only_what_is_asked_for_is_redacted() -> None:
    """Cards stay whole where only telephone numbers are asked for, and the other way round."""
    text = f"{EMAIL} {PHONE} or {CARD}"
    assert redact_text(text, ["phone"], "US") == (f"{EMAIL} [phone] or {CARD}", {"phone": 1})
    assert redact_text(text, ["card"], "US") == (f"{EMAIL} {PHONE} or [card]", {"card": 1})
    assert redact_text(text, ["email"], None) == (f"[email] {PHONE} or {CARD}", {"email": 1})


def said_by(*turns: tuple[str, str]) -> Document:
    """Return a conversation of such turns: who, and what."""
    return a_document([a_message(place, text, speaker) for place, (speaker, text) in enumerate(turns)])


def texts_of(document: Document) -> list[str]:
    """Return what is said in it."""
    return [message["text"] for message in document["messages"] or []]


def test_a_card_that_is_read_out_in_four_messages_is_found_with_okays_between_them() -> None:
    """Every piece is replaced, what the other one says stays."""
    document = said_by(
        *(("A", "my card is four one one one"), ("B", "okay"), ("A", "one one one one"), ("B", "go on please")),
        *(("A", "one one one one"), ("A", "and one one one one, that's it")),
    )
    redacted = redact(document, KINDS, "US")
    assert texts_of(redacted) == [
        *("my card is [card]", "okay", "[card]", "go on please", "[card]", "and [card], that's it"),
    ]
    assert redacted["redacted"] == {"email": 0, "phone": 0, "card": 4}
    assert [bool(message["words"]) for message in redacted["messages"] or []] == [
        False,
        True,
        False,
        True,
        False,
        False,
    ]


def test_a_long_answer_of_another_ends_what_is_cut() -> None:
    """Digits that somebody says after another subject are another number."""
    between = "we should talk about the budget of the next year before anybody leaves"
    document = said_by(("A", "4111 1111"), ("B", between), ("A", "1111 1111"))
    assert texts_of(redact(document, KINDS, "US")) == ["4111 1111", between, "1111 1111"]


def test_an_address_that_is_cut_is_found() -> None:
    """Also where the messages have no speaker."""
    messages = [a_message(0, "it's ann dot lee at", "A"), a_message(1, "example dot com, yes", "A")]
    document = a_document([message | {"speaker": None} for message in messages])
    assert texts_of(redact(document, ["email"], None)) == ["it's [email]", "[email], yes"]


def test_every_text_of_a_document_is_read() -> None:
    """Names, references, insights, metadata with its keys and numbers, raw answers and the path of the recording."""
    message = a_message(0, f"mail {EMAIL}", "A") | {"phrases": [EMAIL]}
    insight = {"id": "1", "text": f"Call {PHONE}", "assignee": {"id": "7", "name": EMAIL, "email": EMAIL}}
    reference = {"id": message["id"], "text": message["text"], "offset": 5}
    raw_message = {"id": "1", "text": f"mail {EMAIL}", "from": {"userId": EMAIL}, "words": [{"word": EMAIL}]}
    document = a_document(
        [message],
        members=[{"id": "7", "name": f"Ann {PHONE}", "email": EMAIL}],
        topics=[{"id": "1", "text": CARD}],
        action_items=[insight],
        entities=[{"type": "phone", "value": 4155552671, "matches": [{"value": PHONE, "message_refs": [reference]}]}],
        trackers=[{"id": "1", "name": "T", "matches": [{"value": EMAIL, "message_refs": [reference]}]}],
        summary=[{"id": "1", "text": f"{CARD} was charged", "message_refs": [reference]}],
        recording={"path": f"s3://b/2026/11/25/{PHONE.replace('-', '')}.wav", "sha256": "4111111111111111" * 4},
        raw={"messages": [raw_message], "members": [{"name": EMAIL}]},
    )
    document["conversation"] = {
        **document["conversation"],
        "metadata": {EMAIL: 1, "bob@example.com": 2, "card": 4111111111111111, "id": PHONE, "at": ["x", {"n": CARD}]},
    }
    before = copy.deepcopy(document)
    redacted = redact(document, KINDS, "US")
    assert document == before
    text = json.dumps(redacted)
    assert not [secret for secret in (EMAIL, "bob@", PHONE, "4155552671", CARD) if secret in text]
    metadata = redacted["conversation"]["metadata"]
    assert metadata == {"[email]": 1, "[email] 2": 2, "card": "[card]", "id": "[phone]", "at": ["x", {"n": "[card]"}]}
    kept: Any = [redacted["conversation"]["id"], redacted["recording"], (redacted["members"] or [{}])[0]]
    assert kept == [
        "4532110022319984",
        {"path": "s3://b/2026/11/25/[phone].wav", "sha256": "4111111111111111" * 4},
        {"id": "7", "name": "Ann [phone]", "email": "[email]"},
    ]
    raw: Any = redacted["raw"]
    assert raw["messages"] == [{"id": "1", "text": "mail [email]", "from": {"userId": "[email]"}, "words": []}]
    assert redacted["redacted"] == {kind: text.count(f"[{kind}]") for kind in KINDS}


def test_pieces_of_a_cut_number_are_found_elsewhere() -> None:
    """Insights, references and entities repeat what was said in one message alone."""
    document = said_by(("A", "it's four one one one one one one one"), ("A", "then one one one one one one one one"))
    document["questions"] = [{"id": "1", "text": "Is it four one one one one one one one?"}]
    document["entities"] = [{"type": "number", "text": "four one one one", "value": 2026}]
    document["trackers"] = [{"matches": [{"message_refs": [{"text": "it's four one one one one one one one"}]}]}]
    told = redact(document, ["card"], None)
    assert told["questions"] == [{"id": "1", "text": "Is it [card]?"}]
    assert told["entities"] == [{"type": "number", "text": "[card]", "value": 2026}]
    assert told["trackers"] == [{"matches": [{"message_refs": [{"text": "it's [card]"}]}]}]


def test_a_document_without_secrets_is_unchanged_but_for_its_counts() -> None:
    """All of it, ids that look like cards included."""
    document = a_document(clean_messages(3, random.Random(1)))  # noqa: S311 - a test's data
    assert redact(document, KINDS, "US") == {**document, "redacted": {"email": 0, "phone": 0, "card": 0}}
    assert redact(document, (), None) == document


SENTENCES = st.integers(0, 10**6).map(lambda seed: clean_sentence(random.Random(seed)))  # noqa: S311 - a test's data
SECRETS = st.tuples(st.sampled_from(MAKERS), st.integers(0, 10**6)).map(
    lambda made: " ".join(made[0](random.Random(made[1])).pieces)  # noqa: S311 - the same
)
TEXTS = st.lists(st.one_of(SENTENCES, SECRETS, st.text(max_size=20)), max_size=5)


@settings(max_examples=SIZES.generated_texts, deadline=None)
@given(TEXTS)
def test_redaction_is_idempotent_and_counts_its_markers(parts: list[str]) -> None:
    """What was redacted is left alone the second time; the counts are those of the markers."""
    text = " ".join(parts)
    told, counts = redact_text(text, KINDS, "US")
    assert counts == {kind: told.count(f"[{kind}]") - text.count(f"[{kind}]") for kind in KINDS}
    assert redact_text(told, KINDS, "US") == (told, dict.fromkeys(KINDS, 0))


@settings(max_examples=SIZES.generated_texts, deadline=None)
@given(TEXTS)
def test_a_document_is_redacted_once(texts: list[str]) -> None:
    """Also where numbers are cut over messages."""
    once = redact(said_by(*(("A", text) for text in texts)), KINDS, "US")
    assert texts_of(redact(once, KINDS, "US")) == texts_of(once)
    assert once["redacted"] == {kind: "".join(texts_of(once)).count(f"[{kind}]") for kind in KINDS}


def test_kinds_and_region_are_checked() -> None:
    """Each error names what was given and what is allowed."""
    assert check_kinds(["card", "email", "card"]) == ("email", "card")
    assert check_kinds(None) == ()
    with pytest.raises(SymblConfigurationError, match=r"^redact: got 'mail'; allowed: email, phone, card$"):
        check_kinds(["mail"])
    with pytest.raises(SymblConfigurationError, match=r"^redact: got 'email'; allowed: a list of email, phone, card$"):
        check_kinds("email")
    assert check_region("US") == "US"
    assert check_region(None) is None
    with pytest.raises(SymblConfigurationError, match=r"^redact_region: got 'USA'; allowed: .* such as US$"):
        check_region("USA")


@pytest.mark.parametrize(("module", "library"), [("phonenumbers", "phonenumbers"), ("stdnum", "python-stdnum")])
def test_a_library_that_is_missing_is_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch, module: str, library: str
) -> None:
    """Nothing is returned half redacted."""
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"{library} is not installed: pip install 'airflow-provider-symbl\[redact\]'"
    with pytest.raises(SymblConfigurationError, match=message):
        redact(said_by(("A", EMAIL)), KINDS, None)
    with pytest.raises(SymblConfigurationError, match=message):
        redact_text(EMAIL, KINDS, None)
