"""Takes e-mail addresses, telephone numbers and card numbers out of a document, before anything is made of it.

Written ones are found by phonenumbers and python-stdnum, spoken ones where they were said in English. What is found:
:mod:`~airflow_provider_symbl.results.email_addresses` and :mod:`~airflow_provider_symbl.results.personal_numbers`.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from airflow_provider_symbl.client.validators import invalid_value
from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.results.personal_data import Parts, Secret, replaced
from airflow_provider_symbl.results.spoken_digits import other_words

if TYPE_CHECKING:
    from airflow_provider_symbl.client.validators import Json, JsonObject
    from airflow_provider_symbl.results.document import Document

KINDS = ("email", "phone", "card")
LIBRARIES = {"phonenumbers": "phonenumbers", "stdnum": "python-stdnum"}
"""What the extra installs: modules, and the libraries that hold them."""
NEEDED = {"email": (), "phone": ("phonenumbers", "stdnum"), "card": ("stdnum",)}
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
ID = re.compile(r"id|ids|\w+_ids?|(?!userId$)[a-z]\w*Ids?")
"""Keys of ids; ``userId`` is not one: Symbl answers it with an address."""
KEPT = frozenset(("type", "sub_type", "subType", "category", "sha256", "status", "suggested", "kind"))
"""Keys whose texts are Symbl's own words, or a hash."""
NUMBERS_BELOW = frozenset(("metadata", "value"))
"""Keys below which numbers count, too."""
FEW_WORDS = 4
"""Up to so many words, digits and fillers aside, a message only tells the other one to go on."""
FEW_MESSAGES = 3


def check_kinds(given: object) -> tuple[str, ...]:
    """Return what is to be redacted, each once.

    :param given: names in :data:`KINDS`; None or none for nothing.
    :raises SymblConfigurationError: names what is none of them.
    """
    if given is None:
        return ()
    if isinstance(given, str) or not isinstance(given, (Sequence, set, frozenset)):
        invalid_value("redact", given, f"a list of {', '.join(KINDS)}")
    for kind in given:
        if kind not in KINDS:
            invalid_value("redact", kind, ", ".join(KINDS))
    return tuple(kind for kind in KINDS if kind in given)


def check_region(given: object) -> str | None:
    """Return the region that telephone numbers without a country are from.

    :param given: its two letters, such as US; None where there is none.
    :raises SymblConfigurationError: no such region, or phonenumbers, which knows them, is not installed.
    """
    if given is None:
        return None
    _require(("phonenumbers",))
    import phonenumbers  # noqa: PLC0415 - an extra

    if not isinstance(given, str) or given not in phonenumbers.SUPPORTED_REGIONS:
        invalid_value("redact_region", given, "two letters of a country, such as US")
    return given


def redact(document: Document, kinds: Sequence[str], region: str | None) -> Document:
    """Return a document in which ``[email]``, ``[phone]`` and ``[card]`` stand for what was found.

    Every text is read, also the keys and numbers of metadata; not ids, types, hashes and times. What somebody says in
    several messages is found where the others only say "okay" or the like between them, and each piece is replaced.
    Copies of a message elsewhere, and digits that are a part of something found, are replaced, too. A message that is
    touched loses its ``words``. Offsets into a text that is touched no longer fit, and people who are known by their
    address alone can no longer be told apart.

    ``redacted`` counts the markers of each kind, in the whole document.

    :param document: any; it stays as it is.
    :param kinds: some of :data:`KINDS`.
    :param region: where telephone numbers without a country are from, such as US; without it only numbers with a plus
        are found.
    :raises SymblConfigurationError: a library is not installed; it names the command that installs it.
    """
    asked = check_kinds(kinds)
    _check_libraries(asked)
    if not asked:
        return document
    return _Redactor(asked, region).redact(document)


def redact_text(text: str, kinds: Sequence[str], region: str | None) -> tuple[str, dict[str, int]]:
    """Do the same with one text, such as a name.

    :param text: any.
    :param kinds: some of :data:`KINDS`.
    :param region: as of :func:`redact`.
    :return: the text, and how many markers of each kind it got.
    :raises SymblConfigurationError: a library is not installed; it names the command that installs it.
    """
    asked = check_kinds(kinds)
    _check_libraries(asked)
    (redacted,), counts, _ = replaced([text], asked, region)
    return redacted, {kind: counts[kind] for kind in asked}


def _check_libraries(kinds: Sequence[str]) -> None:
    _require([name for kind in kinds for name in NEEDED[kind]])


def _require(names: Sequence[str]) -> None:
    for name in names:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            message = f"redact: {LIBRARIES[name]} is not installed: pip install 'airflow-provider-symbl[redact]'"
            raise SymblConfigurationError(message) from None


def _chains(messages: list[JsonObject]) -> list[list[int]]:
    """Return the numbers of the messages that follow each other, speaker by speaker."""
    chains: list[list[int]] = []
    running: dict[str, tuple[list[int], int]] = {}
    for number, message in enumerate(messages):
        speaker = _speaker(message)
        if speaker not in running:
            chains.append([])
        chain = running[speaker][0] if speaker in running else chains[-1]
        chain.append(number)
        is_short = other_words(_text(message)) <= FEW_WORDS
        others = {other: (kept, between + 1) for other, (kept, between) in running.items() if other != speaker}
        running = {other: kept for other, kept in others.items() if is_short and kept[1] <= FEW_MESSAGES}
        running[speaker] = (chain, 0)
    return chains


def _speaker(message: JsonObject) -> str:
    speaker = message.get("speaker") or message.get("from") or {}
    known = speaker if isinstance(speaker, dict) else {}
    return next((f"{key} {known[key]}" for key in ("id", "email", "userId", "name") if known.get(key)), "")


def _text(message: JsonObject) -> str:
    text = message.get("text")
    return text if isinstance(text, str) else ""


class _Redactor:
    """Redacts one document.

    :param kinds: as of :func:`redact`.
    :param region: the same.
    """

    def __init__(self, kinds: Sequence[str], region: str | None) -> None:
        self._kinds = kinds
        self._region = region
        self._counts: Counter[str] = Counter()
        self._said: dict[int, str] = {}
        self._known: dict[str, tuple[str, Counter[str]]] = {}
        self._secrets: list[Secret] = []
        self._parts = Parts([])
        self._conversation_id = ""

    def redact(self, document: Document) -> Document:
        """Return it redacted; the messages come first, as what they hold is looked for in everything else."""
        self._conversation_id = document["conversation"].get("id", "")
        for messages in (document["messages"], (document["raw"] or {}).get("messages")):
            self._read([message for message in messages or [] if _text(message)])
        self._parts = Parts(self._secrets)
        made = self._walked({**document, "redacted": None}, "", "")
        return cast("Document", {**made, "redacted": {kind: self._counts[kind] for kind in self._kinds}})

    def _read(self, messages: list[JsonObject]) -> None:
        for chain in _chains(messages):
            old = [_text(messages[number]) for number in chain]
            new, counts, secrets = replaced(old, self._kinds, self._region)
            self._counts += counts
            self._secrets += secrets
            for number, before, after in zip(chain, old, new, strict=True):
                self._said[id(messages[number])] = after
                if before != after:  # copies of it are to be found elsewhere
                    self._known[before] = (after, _markers(after) - _markers(before))

    def _walked(self, value: Json, key: str, place: str) -> Json:
        """Return a value redacted.

        :param value: any.
        :param key: that it, or the list that holds it, stands at.
        :param place: the last key above it that is one of :data:`NUMBERS_BELOW`.
        """
        if place != "metadata" and (ID.fullmatch(key) or key in KEPT):
            return value
        if isinstance(value, list):
            return [self._walked(item, key, place) for item in value]
        if isinstance(value, dict):
            return self._object(value, place)
        if isinstance(value, str):
            return self._text(value)
        if place and isinstance(value, (int, float)) and not isinstance(value, bool):
            digits = str(int(value)) if isinstance(value, int) or value.is_integer() else ""
            return value if (told := self._text(digits)) == digits else told
        return value

    def _object(self, value: JsonObject, place: str) -> JsonObject:
        made: dict[str, Json] = {}
        said = self._said.get(id(value))
        for key, item in value.items():
            if said is not None and key == "text":
                made[key] = said
            elif said is not None and key == "words" and said != value["text"]:
                made[key] = []
            else:
                name = _unused(self._text(key), made) if place == "metadata" else key
                made[name] = self._walked(item, key, key if key in NUMBERS_BELOW and place != "metadata" else place)
        return made

    def _text(self, text: str) -> str:
        # Symbl names a conversation by its id where nobody named it, and its digits may be those of a card.
        if text == self._conversation_id or ISO_TIME.fullmatch(text):
            return text
        if text not in self._known:
            told, counts = self._parts.replace(text)
            (told,), more, _ = replaced([told], self._kinds, self._region)
            self._known[text] = told, counts + more
        told, counts = self._known[text]
        self._counts += counts
        return told


def _markers(text: str) -> Counter[str]:
    return Counter({kind: text.count(f"[{kind}]") for kind in KINDS})


def _unused(name: str, taken: dict[str, Json]) -> str:
    """Return a key that stands for no other one: two addresses have the same marker."""
    number, unused = 1, name
    while unused in taken:
        number += 1
        unused = f"{name} {number}"
    return unused
