"""Cue phrases of follow-ups: the words by which people arrange to speak, meet or write again."""

from __future__ import annotations

import re

from airflow_provider_symbl.local_server.intelligence.language.cues import FILLERS, GROUP, NAME

_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_WHEN = (
    rf"(?:again|soon|later|further|tomorrow|tonight|today|next (?:week|month|year|time|{_DAY})|(?:on |this )?{_DAY}"
    rf"|this (?:week|month|afternoon|evening)|in (?:a|an|one|two|three|four|[0-9]{{1,2}}) (?:minute|hour|day"
    rf"|week|month)s?"
    rf"|(?:in|the {_DAY} of) {_MONTH}|(?:after|before) (?:lunch|noon|the \w+)|at the end of|when|once|as soon as)"
)
_PEOPLE = rf"(?:you|me|him|her|them|us|everyone|everybody|all of you|{NAME}|{GROUP})"
_GROUP = r"(?:the|your|our|my|his|her|their) (?:\w+ ){0,2}?\w+"
_NOTE = r"(?:message|update|reminder|note|text|line|mail|email|e-mail|call|ring|shout|buzz)"
_TALK = (
    r"(?:meeting|call|session|appointment|chat|talk|follow-?up|visit|interview|sync|demo|conversation"
    r"|discussion|time|slot"
    r"|check-?in)s?"
)
_SOME = r"(?:a|an|another|the|our|your|some|one|one more|regular)(?: [\w-]+){0,3}?"
_CERTAIN = (
    r"follow(?: |-)?up|circle back|touch base|check (?:back|in)|reach out|(?:be|get|stay|keep) in touch|regroup"
    r"|reconvene"
    rf"|sync up|catch up|(?:get|come) back (?:to|with) (?:{_PEOPLE}|{_GROUP})|contact {_PEOPLE}"
    rf"|keep {_PEOPLE} (?:posted|updated|informed|in the loop)|let (?:{_PEOPLE}|{_GROUP}) know(?! what you think)"
    rf"|(?:call|ring|phone|write|email|text|ping) (?:{_PEOPLE} )?back|(?:call|email|text|message|phone"
    rf"|ping) {_PEOPLE} (?:when|once)"
    rf"|call {_PEOPLE} with|remind {_PEOPLE}|(?:re)?schedule (?:{_SOME} {_TALK}|it|this|that|time)"
    rf"|(?:find|set) (?:a|another|some) time|(?:set up|arrange|organi[sz]e|book|plan|set|put) {_SOME} {_TALK}"
    r"|have (?:a|another|one more)(?: \w+){0,2}? (?:meeting|call|chat|conversation|talk|session|discussion)"
    rf"|(?:give|send|drop|shoot|leave) {_PEOPLE} (?:an?|another) (?:\w+ )?{_NOTE}"
    r"|(?:pick this|take this) (?:up|offline)|continue (?:this|the|our) (?:discussion|conversation|talk|call|meeting)"
)
_AT_A_TIME = (
    rf"(?:(?:see|call|phone|ring|email|text|message|write to|talk to|speak to|speak with|talk with|meet) {_PEOPLE}"
    r"|meet|speak|talk|chat|connect|sync|get together|sit down|revisit|discuss)"
    rf"\b.{{0,60}}?\b{_WHEN}"
)
_CUE = (
    r"(?:'ll|(?<!\w)(?:will|shall|gonna|let's|let us|let me|please|must|better"
    r"|(?:going|happy|glad|able|try|want|wants|like|love|need|needs|have|has|remember|forget|supposed) to"
    r"|(?:can|could|should|may|might|must|shall|will|would)(?: (?:i|we|you|someone|somebody))?|why don't we))"
)
ARRANGEMENT = re.compile(
    rf"(?:(?:^|(?<=, )|(?<= and )|(?<= then )){FILLERS}|{_CUE} {FILLERS})(?:{_CERTAIN}|{_AT_A_TIME})\b".replace(
        " ", r"\s"
    )
)
"""In a sentence as :func:`.cues.masked_text` makes it."""
