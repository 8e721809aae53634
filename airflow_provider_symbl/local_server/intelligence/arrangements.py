"""The words with which people arrange to meet, talk or write again: what a follow-up is told by."""

from __future__ import annotations

import re

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
