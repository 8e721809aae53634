"""Planted secrets are gone from every form of a conversation, and sentences without any stay."""

from __future__ import annotations

import io
import json
import random
import re
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from airflow_provider_symbl.results.forms import FORMS, render
from airflow_provider_symbl.results.redaction import KINDS, redact
from tests.support.clean_conversations import SAID, a_document, clean_messages
from tests.support.personal_data import TEENS, TENS, Planted, plant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = 2026
ALL_SAID = {name: digit for digit, name in (SAID | TEENS).items()} | {"oh": "0"}
ALL_TENS = {name: digit for digit, name in TENS.items()}


def read_back(files: dict[str, bytes]) -> dict[str, str]:
    """Return the texts of files, of Parquet as a reader of the table sees it."""
    texts = {}
    for name, content in files.items():
        rows = pq.read_table(io.BytesIO(content)).to_pylist() if name.endswith(".parquet") else []
        texts[name] = json.dumps(rows, default=str, ensure_ascii=False) if rows else content.decode(errors="replace")
    return texts


def words_of(text: str) -> str:
    """Return the words of a text in a row."""
    return " ".join(["", *re.findall(r"[^\W_]+", text.lower()), ""])


def as_it_is(text: str) -> str:
    """Return it."""
    return text


def without_separators(text: str) -> str:
    """Return it without blanks and punctuation; the brackets of markers stay."""
    return re.sub(r"[^\w\[\]]+", "", text)


def digits_of(text: str) -> str:
    """Return a text in which number words are digits and no separator parts them."""
    made, repeat, ten = [], 1, ""
    for word in words_of(text).split():
        digit = ALL_SAID.get(word, word)
        repeats = {"double": 2, "triple": 3}.get(word)
        if ten and not (len(digit) == 1 and digit in "123456789" and digit != word):
            made.append(f"{ten}0")
        elif ten:
            digit = ten + digit
        ten = ALL_TENS.get(word, "")
        if not ten and not repeats and word not in ("uh", "um", "and", "then", "dash"):
            made.append(digit * repeat)
        repeat = repeats or 1
    return "".join(made)


def ways_to_read(secret: Planted) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Yield what must not be found of a secret, and how the text is to be read for it."""
    for piece in secret.pieces:
        if len(piece) >= 8 and "example dot com" not in piece and piece.count(" ") != 2:
            yield piece, as_it_is
    yield words_of(" ".join(secret.pieces)), words_of
    if secret.digits:
        yield secret.digits, digits_of
        yield secret.digits, without_separators


def test_planted_secrets_are_gone_from_every_form_and_clean_messages_stay() -> None:
    """Of 500 addresses and numbers, written, spoken and cut, none is left; few clean messages are touched."""
    planted = plant(500, 1000, SEED)
    assert len(planted.document["messages"] or []) == 1000
    redacted = redact(planted.document, KINDS, "US")
    files = read_back(render(redacted, FORMS))
    assert len(files) == 10
    readers: tuple[Callable[[str], str], ...] = (as_it_is, words_of, digits_of, without_separators)
    read = {(name, reader): reader(text) for name, text in files.items() for reader in readers}
    left = [
        (name, wanted)
        for secret in planted.secrets
        for wanted, reader in ways_to_read(secret)
        for name in files
        if wanted in read[name, reader]
    ]
    before, after = planted.document["messages"] or [], redacted["messages"] or []
    touched = [before[place]["text"] for place in planted.clean if before[place] != after[place]]
    assert not left, f"{len(left)} left of {len(planted.secrets)}: {left[:10]}"
    assert len(touched) <= 0.02 * len(planted.clean), f"{len(touched)} of {len(planted.clean)} touched: {touched[:10]}"


def test_the_search_finds_what_is_planted() -> None:
    """Without redaction the secrets are found in the JSON, so that the search can be trusted."""
    planted = plant(500, 1000, SEED)
    text = read_back(render(planted.document, ["json"]))["conversation.json"]
    read: dict[Callable[[str], str], str] = {reader: reader(text) for reader in (as_it_is, words_of, digits_of)}
    missed = [
        (wanted, reader)
        for secret in planted.secrets
        if len(secret.pieces) == 1
        for wanted, reader in ways_to_read(secret)
        if wanted not in read.get(reader, wanted)
    ]
    assert len(missed) <= 2, missed  # "eighty nine" may be 80 and 9, and the search reads 89


def test_few_clean_messages_are_touched() -> None:
    """Prices, dates, years, flights, versions and counts stay as they were said."""
    messages = clean_messages(1000, random.Random(SEED))  # noqa: S311 - a test's data
    redacted = redact(a_document(messages), KINDS, "US")["messages"] or []
    touched = [old["text"] for old, new in zip(messages, redacted, strict=True) if old["text"] != new["text"]]
    assert len(touched) <= 20, f"{len(touched)} of {len(messages)} touched: {touched[:10]}"
