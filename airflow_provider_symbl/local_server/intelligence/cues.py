"""Cue phrases: the words by which questions, action items and follow-ups are told; rules, not a model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from airflow_provider_symbl.local_server.intelligence.sentences import CLOSERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_AUXILIARY = r"(?:is|are|am|was|were|do|does|did|can|could|will|would|shall|should|has|have|had|may|might)(?:n't)?"
_SUBJECT = (
    r"(?:i|you|he|she|it|we|they|there|this|that|these|those|the|my|your|our|his|her|their|anyone|anybody|everyone)"
)
OPENING = re.compile(
    r"(?:(?:(?:and|but|so|okay|ok|well|then|also|sorry),?|\w+,)\s)?"
    rf"(?:(?:what|who|whom|where|when|why|how|which)(?:\s\w+){{0,2}}?(?:'s|'re|\s{_AUXILIARY})\s{_SUBJECT}\b"
    r"|how\s(?:much|many|long|often|far|soon|come|about)\b|what\sabout\b|why\sdon't\b"
    r"|(?:do|have|don't|haven't)\s(?:i|you|we|they|these|those|people)\b"
    rf"|(?:is|are|does|did|can|could|would|will|shall|has|isn't|aren't|doesn't|didn't)\s{_SUBJECT}\b)",
    re.IGNORECASE,
)
BOTH, MARKED, UNMARKED = 1.0, 0.8, 0.6

_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_WHEN = (
    rf"(?:again|soon|later|tomorrow|tonight|next (?:week|month|year|time|{_DAY})|(?:on |this )?{_DAY}"
    r"|this (?:week|month|afternoon|evening)"
    r"|in (?:a|an|one|two|three|four|[0-9]{1,2}) (?:minute|hour|day|week|month)s?)"
)
_PEOPLE = r"(?:you|me|him|her|them|us|everyone|everybody|all of you)"
_GROUP = r"the (?:\w+ )?(?:team|group|customer|client|board)"
_NOTE = r"(?:message|update|reminder|note|text|line|mail|email|e-mail)"
_TALK = r"(?:meeting|call|session|appointment|chat|follow-?up|visit|interview|sync|demo|conversation)s?"
_CERTAIN = (
    r"follow(?: |-)?up|circle back|touch base|check back|reach out|(?:be|get|stay|keep) in touch"
    rf"|(?:get|come) back (?:to|with) (?:{_PEOPLE}|{_GROUP})"
    rf"|keep {_PEOPLE} (?:posted|updated|informed|in the loop)|let (?:{_PEOPLE}|{_GROUP}) know"
    rf"|(?:call|ring|phone|write|email|text|ping) (?:{_PEOPLE} )?back|(?:call|email|text|message|phone) {_PEOPLE} when"
    r"|(?:re)?schedule (?:a|an|the|another|some|our|your|it|this|that|time)|(?:find|set) (?:a|another|some) time"
    rf"|(?:set up|arrange|organi[sz]e|book|plan|set) (?:a|an|another|the|our|some|one|regular)(?: \w+){{0,3}}? {_TALK}"
    rf"|have (?:a|another|one more)(?: \w+){{0,2}}? (?:meeting|call|chat)"
    rf"|(?:send|drop|shoot|leave) {_PEOPLE} (?:a|an) (?:\w+ )?{_NOTE}"
)
_AT_A_TIME = (
    rf"(?:(?:see|call|phone|ring|email|text|message|write to|talk to|speak to|speak with|talk with|meet) {_PEOPLE}"
    r"|meet|speak|talk|chat|connect|sync|catch up|regroup|reconvene|get together|sit down|revisit|pick this up|discuss)"
    rf"\b.{{0,60}}?\b{_WHEN}"
)
_CUE = (
    r"(?:'ll|(?<!\w)(?:will|shall|gonna|let's|let us|let me|please"
    r"|(?:going|happy|glad|able|try|want|like|love|need|have|remember"
    r"|forget) to|(?:can|could|should|may|might|must|shall|will|would)(?: (?:i|we|you))?|why don't we))"
)
_FILLERS = r"(?:(?:also|just|then|now|definitely|certainly|probably|maybe|always|please|all) ){0,2}"
ARRANGEMENT = re.compile(
    rf"(?:(?:^|(?<=, )|(?<= and )|(?<= then )){_FILLERS}|{_CUE} {_FILLERS})(?:{_CERTAIN}|{_AT_A_TIME})\b".replace(
        " ", r"\s"
    ),
    re.IGNORECASE,
)

KINDS = {
    "promise": (0.9, r"i(?:'ll| will| shall|(?:'m| am) going to|'m gonna| promise to)"),
    "duty": (0.65, r"i(?: have| need|'ve got| still have| still need) to|i must"),
    "plan": (0.85, r"we(?:'ll| will| shall|(?:'re| are) going to)"),
    "need": (0.75, r"we(?: all)?(?: still)? (?:need to|have to|must|should|ought to|had better)|we'd better"),
    "proposal": (0.7, r"let's|let us|i (?:suggest|propose)(?: that)? we"),
    "request": (0.8, r"(?:can|could|would|will) you|i(?: need| want|'d like| would like) you to"),
    "order": (
        0.75,
        r"you (?:should|need to|have to|must)|make sure(?: to| that you| you)?|(?:remember|don't forget) to",
    ),
    "plea": (0.85, r"please"),
}
"""By kind: how sure a sentence with it is an action item, and its words."""
NAMED = (0.8, r"(?:'ll| will| shall| should| needs to| has to|(?:'s| is) going to)")
"""Somebody's name and one of these says that they have something to do."""
HEDGE_COSTS = 0.15

SUBORDINATORS = re.compile(
    r"\b(?:if|when|whenever|whether|what|where|who|whom|whose|which|why|how|because"
    r"|until|unless|as|once|than|after|before"
    r"|do|does|did|can|could|will|would|should|said|think|was|were|things?|part|way|time)\s+$"
)
"""Before a cue, these make it part of something else: ``if I will``, ``do we need to``, ``what we should``."""
HEDGES = re.compile(r"\b(?:maybe|perhaps|possibly|probably|hopefully|might|try|if|i (?:think|guess|hope|suppose))\b")
FILLERS = (
    r"(?:(?:also|just|then|now|first|definitely|certainly|absolutely|probably|maybe|perhaps|personally|quickly|both|all"
    r"|really|still|gladly|always|immediately|try to|go ahead and|make sure to|please),? ){0,4}"
)
NO_ACTION = (
    r"be|been|not|never|no|see|say|think|have|hear|hope|admit|agree|assume|guess|believe|know|understand|like|love|want"
    r"|need|miss|forgive|excuse|wait|hold"
    r"|get (?:started|going|back to (?:it|this|that|work|business|the))|begin|start with|go(?: on| back)?"
    r"|move (?:on|forward|ahead|to the next)|take (?:a|one) (?:look|seat|minute|moment|second)|look|face it|stop there"
    r"|tell you (?:what|something|a)|pass|welcome"
    r"|talk about|review|do (?:it|that|this)|you|i|we|the|a|an|it|this|that|of"
    r"|find attached|stay|come in|feel|imagine|consider|you're|ask you|start by|continue|introduce"
)
"""What follows a cue without there being anything to do, or anything that outlasts the conversation."""
NO_REQUEST = (
    r"tell|explain|describe|repeat|remind|help|elaborate|clarify|imagine|speak up|give (?:me|us) (?:an idea|some)"
)
"""What somebody is asked to do on the spot."""
STOPS = {"and", "but", "because", "if", "when", "so", "or", "then", "while", "unless", "since", "please", "that"}
LINKS = {
    "a",
    "an",
    "the",
    "of",
    "to",
    "for",
    "with",
    "in",
    "on",
    "at",
    "by",
    "from",
    "this",
    "my",
    "your",
    "our",
    "into",
    "after",
    "before",
}
"""A phrase does not end with one of these, where it is cut short."""
MOST_WORDS = 8
MOST_NAMES = 200
LONGEST_SUBORDINATOR = 20
WORD = re.compile(r"\S+")


def question_score(plain: str) -> float | None:
    """Tell how sure a sentence is a question: 1.0 by its beginning and its mark, 0.8 by its mark, 0.6 by its beginning.

    :param plain: a sentence with plain apostrophes.
    :returns: None where it is none.
    """
    is_marked = plain.rstrip(CLOSERS).endswith("?") and any(map(str.isalpha, plain))
    is_opened = bool(OPENING.match(plain))
    if is_marked:
        return BOTH if is_opened else MARKED
    return UNMARKED if is_opened else None


@dataclass(frozen=True)
class Cue:
    """Words that say that something is to be done.

    :param kind: one of :data:`KINDS`, or ``named``.
    :param who: the name before a cue of the kind ``named``, in lower case.
    :param start: where it begins in the sentence.
    :param phrase: where what is to be done begins and ends.
    :param score: how sure it is.
    """

    kind: str
    who: str | None
    start: int
    phrase: tuple[int, int]
    score: float
    is_hedged: bool


class Cues:
    """Finds cues.

    :param names: what members go by.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        kinds = "|".join(f"(?P<{kind}>{words})" for kind, (_, words) in KINDS.items())
        if names:
            known = "|".join(re.escape(lowered(name)).replace(r"\ ", " ") for name in names[:MOST_NAMES])
            kinds += f"|(?P<named>(?P<who>{known}){NAMED[1]})"
        not_asked = f"(?(request)(?!(?:{NO_REQUEST})\\b))"
        pattern = rf"(?<![\w'])(?:{kinds}),? {FILLERS}(?!(?:{NO_ACTION})\b){not_asked}(?=[a-z])"
        self._pattern = re.compile(pattern.replace(" ", r"\s+"))
        self._names = bool(names)

    def find(self, plain: str) -> Iterator[Cue]:
        """Find cues that something to be done follows.

        :param plain: a sentence with plain apostrophes.
        """
        small = lowered(plain)
        is_hedged = bool(HEDGES.search(small))
        for match in self._pattern.finditer(small):
            if not SUBORDINATORS.search(small[max(0, match.start() - LONGEST_SUBORDINATOR) : match.start()]):
                yield self._cue(match, is_hedged=is_hedged)

    def _cue(self, match: re.Match[str], *, is_hedged: bool) -> Cue:
        kind = str(match.lastgroup)
        certain, _ = NAMED if kind == "named" else KINDS[kind]
        who = match["who"] if self._names else None
        score = round(certain - HEDGE_COSTS * is_hedged, 2)
        return Cue(kind, who, match.start(), _phrase(match.string, match.end()), score, is_hedged)


def lowered(text: str) -> str:
    """Lower the case, and keep the length: a few letters become two when lowered."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(letter.lower()[0] for letter in text)


def _phrase(small: str, start: int) -> tuple[int, int]:
    """Follow what is to be done to the end of its clause, at most eight words."""
    end = start
    for word in islice(WORD.finditer(small, start), MOST_WORDS):
        bare = word[0].rstrip(".,;:!?\"')…")
        if bare in STOPS:
            break
        if bare not in LINKS:
            end = word.start() + len(bare)
        if bare != word[0]:
            break
    return start, end
