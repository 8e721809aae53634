"""Stems of words, by which wordings are compared: ``they bought cars`` has those of ``buy a car``; by Snowball."""

from __future__ import annotations

import importlib
import re
from functools import cache, lru_cache
from typing import Protocol, cast

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")  # noqa: RUF001 - the typographic apostrophe
LONGEST_WORD = 40
MOST_KEPT = 20_000
"""Words whose stem is kept: a word of English costs 20 microseconds, and a conversation has few of them."""
FUNCTION_WORDS = frozenset(
    "a an the i you he she it we they me him her us them my your his its our their mine yours this that these those "  # noqa: SIM905 - as a list, it would take many lines
    "is are am was were be been being do does did have has had will would shall can could should may might must to of "
    "in on at by for from with about as so too very really just also and or but if there here some any".split()
)
"""Words that say little of what a phrase is about."""
ARTICLES = frozenset("a an the my your his her its our their this that these those some any".split())  # noqa: SIM905 - as a list, it would take many lines
IRREGULAR = {
    form: base
    for base, forms in {
        "begin": "began begun",
        "bring": "brought",
        "break": "broke broken",
        "build": "built",
        "buy": "bought",
        "catch": "caught",
        "choose": "chose chosen",
        "come": "came",
        "cost": "costs",
        "deal": "dealt",
        "drive": "drove driven",
        "eat": "ate eaten",
        "fall": "fell fallen",
        "feel": "felt",
        "fight": "fought",
        "find": "found",
        "fly": "flew flown",
        "forget": "forgot forgotten",
        "freeze": "froze frozen",
        "get": "got gotten",
        "give": "gave given",
        "go": "went gone",
        "good": "better best",
        "bad": "worse worst",
        "grow": "grew grown",
        "hear": "heard",
        "hide": "hid hidden",
        "hold": "held",
        "keep": "kept",
        "know": "knew known",
        "lead": "led",
        "leave": "left",
        "lend": "lent",
        "lose": "lost",
        "make": "made",
        "mean": "meant",
        "meet": "met",
        "pay": "paid",
        "ring": "rang rung",
        "rise": "rose risen",
        "run": "ran",
        "say": "said",
        "see": "saw seen",
        "sell": "sold",
        "send": "sent",
        "shake": "shook shaken",
        "show": "shown",
        "sing": "sang sung",
        "sit": "sat",
        "sleep": "slept",
        "speak": "spoke spoken",
        "spend": "spent",
        "stand": "stood",
        "steal": "stole stolen",
        "swear": "swore sworn",
        "take": "took taken",
        "teach": "taught",
        "tell": "told",
        "think": "thought",
        "throw": "threw thrown",
        "understand": "understood",
        "wake": "woke woken",
        "wear": "wore worn",
        "win": "won",
        "write": "wrote written",
        "child": "children",
        "person": "people persons",
        "man": "men",
        "woman": "women",
        "foot": "feet",
        "life": "lives",
    }.items()
    for form in forms.split()
}
"""What a stemmer cannot know."""


class Stemmer(Protocol):
    """What is used of Snowball."""

    def stemWord(self, word: str) -> str:  # noqa: N802 - Snowball's own name
        """Give the stem of a word in lower case."""


def stems_of(text: str) -> list[tuple[str, int]]:
    """Give the stems of a text's words, with the offset of each word; a negation is one by itself.

    :param text: words.
    """
    stems: list[tuple[str, int]] = []
    for match in WORD.finditer(text):
        word = match[0].lower().replace("’", "'")  # noqa: RUF001 - the typographic apostrophe
        if word.endswith("n't") or word == "cannot":
            stems.append(("not", match.start()))
        elif len(word) <= LONGEST_WORD:
            stems.append((_stem(word), match.start()))
    return stems


def telling_stems(phrase: str) -> frozenset[str]:
    """Give the stems that say what a phrase is about; of ``think about it``, where that is one alone, also the rest.

    :param phrase: words.
    """
    words = [match[0].lower() for match in WORD.finditer(phrase)]
    telling = [word for word in words if word not in FUNCTION_WORDS]
    if len(telling) == 1 < len(words):
        telling = [word for word in words if word not in ARTICLES]
    return frozenset(stem for word in telling for stem, _ in stems_of(word))


@lru_cache(maxsize=MOST_KEPT)
def _stem(word: str) -> str:
    bare = word.partition("'")[0]
    return _stemmer().stemWord(IRREGULAR.get(bare, bare))


@cache
def _stemmer() -> Stemmer:
    # Loaded when first used, like the other libraries.
    return cast("Stemmer", importlib.import_module("snowballstemmer").stemmer("english"))
