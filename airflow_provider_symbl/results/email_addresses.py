"""Finds e-mail addresses in a text, written and spoken in English: "ann dot lee at example dot com"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_symbl.results.spoken_digits import CUT, NUMBERS, REPEATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    Place = tuple[int, int]

AT = "@\uff20"
DOT = ".\u3002\uff0e\uff61"
"""In the scripts that have their own."""
NEVER = rf"\s{AT}<>()\[\]{{}},;:\"“”|\\/?=&"
LOCAL = f"[^{NEVER}]"
LABEL = rf"[^{NEVER}{DOT}'\u2019!*#%…\0]"
WRITTEN = re.compile(rf"""(?:"[^"\s]+"|(?<!{LOCAL}){LOCAL}+)(?:[{AT}]|%40){LABEL}+(?:[{DOT}]{LABEL}+)+""")
"""Any script; whatever stands at the end of a sentence is not taken for a part of it."""
TOKEN = re.compile(rf"[^\s{AT},;:!?()\[\]{{}}<>\"“”]+|[{AT}]")
MARKER = re.compile(r"(\[(?:email|phone|card)\])")
"""What stands where something was found before."""
QUICK = re.compile(rf"(?i)\bat\b|[{AT}]")
PUNCTUATION = ".…'\u2019*_-\0"
SEPARATORS = frozenset(("dot", "period", "point", "underscore", "dash", "hyphen", "minus", "plus", "score"))
DOTS = frozenset(("dot", "period", "point"))
LOCAL_LIMIT = 2
DOMAIN_LIMIT = 3
"""How many words a recogniser may make of one name."""
COUNTRY = 2
"""The letters of a country's domain."""
ENDINGS = frozenset(
    (
        *("com", "org", "net", "edu", "gov", "mil", "info", "biz", "name", "dev", "app", "online", "site", "shop"),
        *("cloud", "tech", "xyz", "store", "email", "mail", "club", "test", "example", "invalid", "local"),
    )
)
NO_ENDINGS = frozenset(
    (
        *("is", "to", "of", "on", "or", "an", "as", "we", "he", "so", "if", "by", "do", "up", "no", "my", "it", "in"),
        *("at", "be", "me", "us", "am", "go", "ok", "oh", "uh", "um"),
    )
)
"""Two letters that are a word much more often than a country."""
BEFORE = frozenset(
    (
        *("i", "you", "he", "she", "it", "we", "they", "me", "him", "her", "us", "them", "my", "your", "his", "our"),
        *("their", "this", "that", "these", "those", "the", "a", "an", "all", "is", "are", "was", "were", "be"),
        *("been", "am", "it's", "its", "that's", "i'm", "at", "to", "for", "from", "by", "in", "on", "of", "and"),
        *("or", "so", "as", "with", "via", "but", "then", "email", "emails", "e-mail", "mail", "address", "mailto"),
        *("contact", "reach", "write", "send", "sent", "text", "message", "ask", "drop", "ping", "use", "try"),
        *("please", "just", "yes", "no", "okay", "ok", "uh", "um", "er", "well", "now", "here", "there", "not", "cc"),
        *("says", "said", "called", "named", "under", "name", "look", "looks", "looked", "looking", "see", "saw"),
        *("find", "found", "buy", "bought", "order", "ordered", "book", "booked", "shop", "shopping", "sold", "sell"),
        *("available", "offers", "offer", "deals", "deal", "prices", "price", "products", "listed", "site"),
        *("website", "page", "store", "online", "visit", "visited", "work", "works", "working", "more", "signed"),
        *("sign", "log", "logged", "go", "went", "check", "checked", "meet", "met", "arrive", "arrived", "live"),
        *("lives", "stay", "stayed", "start", "starts", "stop", "stops", "up", "out", "down", "back", "off", "over"),
        *("today", "tomorrow"),
    )
)
"""What stands before an address, or before the name of a web site, and is the first part of none."""
AFTER = frozenset(
    (
        *("price", "prices", "boom", "bubble", "era", "company", "companies", "crash", "stock", "stocks", "business"),
        *("site", "website", "page"),
    )
)
"""What follows where ".com" is an adjective."""


class _Token(NamedTuple):
    word: str
    start: int
    end: int
    is_cut: bool


def find_emails(text: str) -> list[tuple[int, int]]:
    """Return where e-mail addresses are, in their order and none over another.

    :param text: any.
    """
    places = list(_written(text)) if any(sign in text for sign in (*AT, "%40")) else []
    for start, end in _spoken(text):
        if all(end <= other[0] or start >= other[1] for other in places):
            places.append((start, end))
        else:
            places = _widened(places, start, end)
    return sorted(places)


def _widened(places: list[Place], start: int, end: int) -> list[Place]:
    """Make one of a place and those that it overlaps: "ann dot lee@example.com" is half written."""
    over = [place for place in places if place[0] < end and start < place[1]]
    whole = (min(start, *(place[0] for place in over)), max(end, *(place[1] for place in over)))
    return [*(place for place in places if place not in over), whole]


def _written(text: str) -> Iterator[Place]:
    for match in WRITTEN.finditer(text):
        if not re.split(f"[{DOT}]", match.group())[-1].isdecimal():
            yield match.span()


def _spoken(text: str) -> Iterator[Place]:
    offset = 0
    if not QUICK.search(text):
        return
    for part in MARKER.split(text):  # the markers, too, which hold no "at"
        found = [match for match in TOKEN.finditer(part) if match.group().strip(PUNCTUATION)]
        yield from ((offset + start, offset + end) for start, end in _spoken_in([_token(match) for match in found]))
        offset += len(part)


def _spoken_in(tokens: list[_Token]) -> Iterator[Place]:
    free = 0
    for at, token in enumerate(tokens):
        if token.word in ("at", *AT) and at > free:
            is_sign = token.word == "at" and at + 1 < len(tokens) and tokens[at + 1].word == "sign"
            local, is_sure = _local(tokens, free, at)
            end = _domain(tokens, at + 1 + is_sign, is_sure=is_sure)
            if end is not None and local is not None:
                yield tokens[local].start, tokens[end - 1].end
                free = end


def _token(match: re.Match[str]) -> _Token:
    token = match.group()
    word = token.strip(PUNCTUATION)
    start = match.start() + token.index(word)
    return _Token(word.lower(), start, start + len(word), match.string[match.start() - 1 : match.start()] == CUT)


def _is_spelled(word: str) -> bool:
    return (len(word) == 1 and word.isalnum()) or word in NUMBERS or word in REPEATS or word.isdecimal()


def _local(tokens: list[_Token], free: int, at: int) -> tuple[int | None, bool]:
    """Return where the part before the "at" begins, and whether it is one for sure."""
    first = at - 1
    word = tokens[first].word
    is_spelled = first > free and len(word) == 1 == len(tokens[first - 1].word)
    if (word in BEFORE and not is_spelled) or word in SEPARATORS:
        return None, False
    is_sure = any(mark in word for mark in "._+") or _is_spelled(word)
    while first > free:
        before = tokens[first - 1].word
        if before in SEPARATORS and first - 2 >= free:
            first, is_sure = first - (3 if tokens[first - 2].word == "under" else 2), True
        elif _is_spelled(before) and (not tokens[first].is_cut or (len(before) == 1 and before.isalpha())):
            first -= 1
        else:
            break
    first = max(first, free)
    for _ in range(LOCAL_LIMIT):
        before = tokens[first - 1].word if first > free and not tokens[first].is_cut else ""
        first -= before.isalpha() and before not in BEFORE
    return first, is_sure


def _domain(tokens: list[_Token], first: int, *, is_sure: bool) -> int | None:
    """Return where the part behind the "at" ends, None where it is no domain."""
    place, words, ending = first, 0, ""
    while place < len(tokens) and tokens[place].word not in DOTS and not ending:
        word = tokens[place].word
        words += not (_is_spelled(word) or word in SEPARATORS)
        if words > DOMAIN_LIMIT or word in ("at", *AT) or (tokens[place].is_cut and place > first):
            return None
        ending = word.rpartition(".")[2] if "." in word[1:] else ""
        place += 1
    if place == first:
        return None
    while place + 1 < len(tokens) and tokens[place].word in DOTS:
        ending, place = tokens[place + 1].word, place + 2
        if len(ending) == 1:
            ending, place = _spelled(tokens, place - 1)
    following = tokens[place].word if place < len(tokens) else ""
    return place if _is_ending(ending, following, is_sure=is_sure) else None


def _spelled(tokens: list[_Token], first: int) -> tuple[str, int]:
    """Return the letters that begin somewhere, and where they end: "d e"."""
    place = first + 1
    while place < len(tokens) and len(tokens[place].word) == 1 and not tokens[place].is_cut:
        place += 1
    return "".join(token.word for token in tokens[first:place]), place


def _is_ending(ending: str, following: str, *, is_sure: bool) -> bool:
    if not ending or ending.isdecimal():
        return False
    last = ending.rpartition(".")[2]
    is_known = last in ENDINGS or (len(last) == COUNTRY and last not in NO_ENDINGS)
    return is_sure or (is_known and following not in AFTER)
