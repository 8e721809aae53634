"""Cue phrases of tasks: the words by which action items and requests are told; rules, not a model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_symbl.local_server.intelligence.language.names import Name

MASK = "\ue000"
"""Stands for each character of a name, so that the patterns need not know any: from a private area of Unicode."""
NAME = f"{MASK}+"
_OF_A_GROUP = (
    r"(?:team|department|group|staff|manager|supervisor|boss|agents?|colleagues?|assistant|engineers?"
    r"|developers?|designers?"
    r"|technicians?|doctor|nurse|lawyer|accountant|driver|warehouse|supplier|vendor|carrier|contractor"
    r"|electrician|plumber"
    r"|board|office|guys|people|intern|secretary|administrator|analyst|recruiter|landlord|architects?)"
)
GROUP = (
    rf"(?:(?:the|our|your|my|their|a|an|another) (?:\w+ ){{0,2}}?{_OF_A_GROUP}|accounting|finance|legal"
    r"|marketing|sales|hr)"
)
SOMEBODY = rf"(?:someone|somebody|anyone|anybody|everyone|everybody|one of you|{NAME}|{GROUP})"
OTHERS = (
    rf"(?:{NAME}(?: (?:and|or) {NAME})?|he|she|they|{GROUP}"
    r"|(?:someone|somebody|everyone|everybody)(?: (?:from|in|on|of|at) (?:(?:the|our|your|my) )?\w+)?"
    r"|(?:the two|the three|both|all|one|some) of (?:us|you|them)|you (?:two|guys|both|all))"
)
DUTY = (
    r"(?:'ll| will| shall| must|(?: still| also| really)? needs? to|(?: still| also)? (?:has|have) (?:got )?to"
    r"|(?:'s| is|'re| are) going to|'s gonna)"
)
ADVICE = r"(?: should| ought to|(?:'s| is|'re| are) supposed to)"
_ASKS = r"(?:can|could|would|will)"
_ERRANDS = (
    r"(?:take care of|write|send|forward|prepare|book|fix|order|bring|pick up|draft|set up|look into|handle"
    r"|update|deliver"
    r"|print|upload|arrange|organi[sz]e|ask \w+ (?:to|about|for)|check with|drop off|call)"
)
_OBJECT = (
    rf"(?:me|us|him|her|them|it|this|that|these|those|the|an?|your|my|our|his|their|all|any|some|every|each|one"
    rf"|two|three"
    rf"|[0-9]+|{NAME}|in|out|up|off|down|to|back|over|everything|everyone)"
)
_ORDERS = (
    r"(?:send|email|mail|forward|submit|upload|download|print|book|order|reserve|fill|contact|notify|inform"
    r"|update|prepare"
    r"|draft|collect|gather|schedule|arrange|organi[sz]e|return|replace|install|reset|restart|unplug|cancel"
    r"|create|add|remove"
    r"|delete|change|share|ship|deliver|sign|buy|write|clean|fix|repair|test|verify|double[- ]check|bring|pick|drop|pay"
    r"|transfer|refund|escalate|assign|copy|attach|translate|save|close|lock|ask|get|put|try to reach|finish"
    r"|review|check)"
)
KINDS = {
    "promise": (
        0.9,
        (
            r"(?:what )?i(?:'ll| will| shall| can|(?:'m| am) going to|'m gonna) do is|i(?:'ll| will| shall|(?:'m"
            r"| am) going to"
            rf"|'m gonna| promise to)|let me|i can(?= {_ERRANDS}\b)|my (?:next )?(?:step|job|task|plan) is to"
        ),
    ),
    "duty": (
        0.65,
        (
            r"i(?:(?: still| also| really)? (?:have|need) to|'ve got to| have got to)|i (?:must|should|ought to)"
            r"|i'd better"
        ),
    ),
    "plan": (
        0.85,
        (r"we(?:'ll| will| shall|(?:'re| are) (?:going|planning) to)|(?:plan|goal|idea|next (?:step|thing)) is to"),
    ),
    "need": (
        0.75,
        (
            r"we(?: all)?(?: still| also| really)? (?:need to|have to|must|should|ought to|had better)"
            r"|we(?:'d better|'ve got to)"
        ),
    ),
    "proposal": (0.7, (r"let's|let us|i (?:suggest|propose)(?: that)? we|why don't we|(?:how about|shall) we")),
    "task": (0.85, (rf"(?:action item|to-?do|task)(?: for {SOMEBODY})?(?: is to|[,:]| -)")),
    "request": (
        0.8,
        (
            rf"{_ASKS} you(?: guys| all| two| both)?(?: be able to)?|{_ASKS} {SOMEBODY}"
            rf"|would it be possible (?:for you )?to"
            r"|(?:can|could|may) i ask you to|(?:i|we)(?:'d| would) like to ask you to"
            rf"|(?:i|we)(?: need| want| expect|'d like| would like) (?:you|{SOMEBODY}) to"
            r"|appreciate it if you (?:could|would)|it would (?:be \w+|help)(?: a lot)? if you (?:could|would)"
            r"|if you could (?:just|please)|(?:can|could) we(?: please)?(?= get )|(?:perhaps|maybe) you could"
            r"|do me a favou?r and"
            r"|feel free to|go ahead and|^just"
        ),
    ),
    "order": (
        0.75,
        (
            r"you(?:'ll| will)?(?: all| both| still| also| really)? (?:should|need to|have to|must|had better"
            r"|might want to|may want to)|you'd better|make sure(?: to| that you| that| you)?"
            r"|be sure to|(?:remember|don't forget"
            r"|do not forget) to"
            r"|your (?:next )?(?:job|task|step) is to"
        ),
    ),
    "plea": (0.85, (r"please")),
    "imperative": (0.7, (rf"^(?:(?:so|okay|ok|and|then|also|first|next|now),? |{NAME},? )*(?={_ORDERS} {_OBJECT}\b)")),
    "named": (0.8, (rf"{OTHERS}{DUTY}")),
    "advised": (0.75, (rf"{OTHERS}{ADVICE}")),
}
"""By kind: how sure a sentence with it is an action item, and its words."""
HEDGE_COSTS = 0.15

SUBORDINATORS = re.compile(
    r"\b(?:if|when|whenever|whether|what|where|who|whom|whose|which|why|how|because"
    r"|until|unless|as|once|than|after|before"
    r"|do|does|did|can|could|will|would|should|said|told|think|was|were|things?|part|way|time|don't|not|never)\s+"
    r"(?:(?:me|us|him|her|them) )?$"
)
"""Before a cue, these make it part of something else: ``if I will``, ``do we need to``, ``what we should``."""
HEDGES = re.compile(r"\b(?:maybe|perhaps|possibly|probably|hopefully|might|try|if|i (?:think|guess|hope|suppose))\b")
FILLERS = (
    r"(?:(?:also|just|then|now|first|definitely|certainly|absolutely|probably|maybe|perhaps|possibly|personally|quickly"
    r"|both|all|really|still|gladly|kindly|always|immediately|try to|go ahead and|make sure to|(?:need|have) to"
    r"|be able to"
    r"|please),? ){0,4}"
)
_MAKES_DO = rf"(?:someone|somebody|him|her|them|{NAME}|the (?:\w+ )?{_OF_A_GROUP})"
NO_ACTION = (
    r"be|been|not|never|no|see|say|think|hear|hope|admit|agree|assume|guess|believe|know|understand|like|love|want"
    rf"|have(?! {_MAKES_DO} )"
    r"|need|miss|forgive|excuse|wait|hold|notice|remember|regret|enjoy|happen|wonder|die|fail|win|lose|stop|die"
    r"|cost|mean"
    r"|get (?:started|going|back to (?:it|this|that|work|business|the)|used|it|there|over|tired|sick)|begin|start with"
    r"|go(?! (?:over|through|to|and|ahead))"
    r"|move (?:on|forward|ahead|to the next)|take (?:a|one) (?:look|seat|minute|moment|second|break)"
    r"|look(?! into)|face it"
    r"|tell you (?:what|something|a)|pass|welcome|find (?:it|that|this|attached)|come (?:on|in|back|along)|sit"
    r"|talk about|do (?:it|that|this)|you|i|we|they|he|she|there|the|a|an|it|this|that|of|is|are|to|and"
    r"|stay|feel|imagine|consider|you're|ask you|start by|continue|introduce|explain myself|keep|don't|do not|won't"
    r"|bear with|accept (?:my|our)|let me|listen|relax|worry|calm|recommend|prefer|arrive|leave|probably|always|by"
)
"""What follows a cue without there being anything to do, or anything that outlasts the conversation."""
NO_REQUEST = (
    r"(?:tell|give|show) (?:me|us)|explain|describe|repeat|remind (?:me|us) (?:what|who|where|when|how|why"
    r"|which|of)|help"
    r"|elaborate|clarify|imagine|speak|hear|read|walk (?:me|us)|spell|swim|marry|define|rephrase|summari[sz]e"
    r"|confirm (?:your|that|whether)|mind(?! \w+ing)|note|if\b|take that|slow|\w+(?: me| us)?[?.!]*$"
)
"""What somebody is asked to do on the spot, or can do."""
NO_OFFER = r"know|show|put|finish|rephrase|explain|ask|help|tell|share my|read|try|give you|go|walk|clarify"
"""What speakers do at once, having asked to be let do it."""
AT_ONCE = re.compile(NO_REQUEST.replace(" ", r"\s+"))
NOTHING = re.compile(rf"(?:{NO_ACTION})\b|(?![a-z{MASK}])".replace(" ", r"\s+"))
OFFERED = re.compile(rf"(?:{NO_OFFER})\b".replace(" ", r"\s+"))
ASKED = frozenset(("request", "order", "plea", "imperative"))
"""What is asked of whoever is spoken to."""
ON_THE_SPOT = ASKED - {"order"}
STOPS = {"and", "but", "because", "if", "when", "so", "or", "then", "while", "unless", "since", "please", "that"}
LINKS = frozenset("a an the of to for with in on at by from this my your our into after before".split())  # noqa: SIM905 - as a list, it would take many lines
"""A phrase does not end with one of these, where it is cut short."""
MOST_WORDS = 8
LONGEST_SUBORDINATOR, LONGEST_VERB = 20, 60
WORD = re.compile(r"\S+")
_KINDS = "|".join(f"(?P<{kind}>{words})" for kind, (_, words) in KINDS.items() if kind != "imperative")
CUE = re.compile(
    rf"(?:(?P<imperative>{KINDS['imperative'][1]})|(?<![\w'])(?:{_KINDS})(?:,? |(?<=:)|(?<=,))){FILLERS}".replace(
        " ", r"\s+"
    )
)


@dataclass(frozen=True)
class Cue:
    """Words that say that something is to be done.

    :param kind: one of :data:`KINDS`.
    :param who: where the first name in it begins; None where there is none.
    :param phrase: where what is to be done begins and ends.
    :param score: how sure it is.
    """

    kind: str
    who: int | None
    phrase: tuple[int, int]
    score: float
    is_hedged: bool


def find_cues(masked: str) -> Iterator[Cue]:
    """Find cues that something to be done follows.

    :param masked: a sentence as :func:`masked_text` makes it.
    """
    is_hedged = bool(HEDGES.search(masked))
    for match in CUE.finditer(masked):
        kind = next(kind for kind in KINDS if match[kind] is not None)
        rest = masked[match.end() : match.end() + LONGEST_VERB]
        before = masked[max(0, match.start() - LONGEST_SUBORDINATOR) : match.start()]
        if _is_task(kind, match[kind], rest) and not SUBORDINATORS.search(before):
            who = match[0].find(MASK)
            score = round(KINDS[kind][0] - HEDGE_COSTS * is_hedged, 2)
            phrase = _phrase(masked, match.end())
            yield Cue(kind, None if who < 0 else match.start() + who, phrase, score, is_hedged)


def _is_task(kind: str, words: str, rest: str) -> bool:
    if words.startswith("make sure"):
        return bool(rest)
    if NOTHING.match(rest) or (kind in ON_THE_SPOT and AT_ONCE.match(rest)):
        return False
    return not (words.endswith("let me") and OFFERED.match(rest))


def masked_text(plain: str, names: Iterable[Name]) -> str:
    """Lower the case of a sentence and hide the names in it, each letter by one character.

    :param plain: a sentence with plain apostrophes.
    """
    small = lowered(plain)
    for name in names:
        small = small[: name.start] + MASK * len(name.text) + small[name.end :]
    return small


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
