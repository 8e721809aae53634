"""Cue phrases of follow-ups: the words by which people arrange to speak, meet or write again."""

from __future__ import annotations

import re

from airflow_provider_symbl.local_server.intelligence.language.cue_phrases import FILLERS, GROUP, NAME, one_of

_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_WHEN = one_of(
    (
        "again|soon|later|further|then|tomorrow|tonight|today|next (?:week|month|year|time|quarter"
        f"|{_DAY})|(?:on |this )?{_DAY}"
    ),
    r"this (?:week|month|afternoon|evening)",
    r"in (?:a|an|one|two|three|four|five|six|a few|a couple of|[0-9]{1,2}) (?:minute|hour|day|week|month)s?",
    rf"(?:in|the {_DAY} of|early|late|mid) {_MONTH}|(?:after|before) (?:lunch|noon|the \w+)|at the end of|when|once",
    r"as soon as|whenever|any ?time|at (?:noon|[0-9]+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)",
    (
        r"in the (?:new year|morning|afternoon|evening|spring|summer|fall|autumn|winter|coming \w+"
        r"|next \w+)|one more time|(?:the )?day after"
    ),
)
_PEOPLE = one_of("you|me|him|her|them|us|everyone|everybody|all of you|you (?:guys|all|both)", NAME, GROUP)
_GROUP = r"(?:the|your|our|my|his|her|their) (?:\w+ ){0,2}?\w+"
_NOTE = r"(?:message|update|reminder|note|text|line|mail|email|e-mail|call|ring|shout|buzz|heads-?up|ping|shout)"
_TALK = (
    "(?:meeting|call|session|appointment|chat|talk|follow-?up|visit|interview|sync|demo|conversation"
    "|discussion|time|slot"
    r"|check-?in|catch-?up|touchpoint|consultation|stand-?up|retro|workshop|huddle|debrief)s?"
)
_SOME = r"(?:a|an|another|the|our|your|some|one|one more|regular|something|that|this)(?: [\w-]+){0,3}?"
_REPLY = one_of(
    (
        "follow(?: |-)?up|(?:circle|loop) back|touch base|check (?:back|in)|reach out|(?:be|get|stay"
        "|keep) in touch|regroup"
    ),
    rf"reconvene|re-?connect|sync up|catch up|(?:get|come|write|report) back (?:to|with) (?:{_PEOPLE}|{_GROUP})",
    rf"contact {_PEOPLE}",
    rf"keep {_PEOPLE} (?:posted|updated|informed|in the loop|in the know)",
    (
        f"let (?:{_PEOPLE}|{_GROUP}) know(?! what you think| i )|(?:call|ring|phone|write|email|text"
        f"|ping) (?:{_PEOPLE} )?(?:right )?back"
    ),
    (
        f"(?:call|email|text|message|phone|ping|contact|notify|update) {_PEOPLE} (?:when|once|if|whenever"
        f"|as soon as|any ?time)|call {_PEOPLE} with"
    ),
    (
        f"remind {_PEOPLE}(?! of| what| why| how)|update {_PEOPLE}|return (?:your|his|her|their) call"
        f"|(?:call|email|text|ring) {_PEOPLE} (?:later|again)"
    ),
)
_MEETING = one_of(
    rf"(?:re)?schedule (?:{_SOME} {_TALK}|it|this|that|time)|(?:find|set aside) (?:a|another|some) time",
    (
        "(?:set up|arrange|organi[sz]e|book|plan|set|put|hop on|jump on|get on|do"
        f"|grab) {_SOME} (?:{_TALK}|(?:up )?(?:on|in) (?:the|your|our|my) (?:calendar|diary))"
    ),
    (
        rf"have (?:a|another|one more|our next|a quick)(?: \w+){{0,2}}? (?!time){_TALK}|pencil (?:in"
        rf"|{_PEOPLE} in|it in|{_DAY}|\w+ in)"
    ),
    (
        f"(?:give|send|drop|shoot|leave|provide) {_PEOPLE}(?: with)? (?:an?|another"
        rf"|the)(?: \w+){{0,2}}? (?:{_NOTE}|invite|invitation)"
    ),
    (
        r"send (?:out )?(?:an?|the) (?:\w+ )?(?:invite|invitation)|(?:pick|take) (?:this|that"
        r"|it)(?: \w+)? (?:up|offline)|table (?:this|that|it) (?:until|for)"
    ),
    (
        "continue (?:this|the|our) (?:discussion|conversation|talk|call|meeting)|(?:plan|agree"
        "|arrange) to (?:talk|meet|speak|chat)"
    ),
    rf"(?:come|get|go|circle) back to (?:this|that|it)(?: \w+)? {_WHEN}",
    (
        rf"(?:have|get) (?:someone|somebody|{_PEOPLE})(?: from \w+(?: \w+)?)? (?:to )?(?:call|contact"
        "|email|reach out|get back|phone|get in touch)"
    ),
)
_AT_A_TIME = (
    "(?:(?:see|call|phone|ring|email|text|message|write to|talk to|speak to|speak with|talk with"
    f"|meet|meet with) {_PEOPLE}"
    r"|meet|speak|talk|chat|connect|sync|get together|sit down|revisit|discuss|follow through|check on)"
    rf"\b.{{0,60}}?\b{_WHEN}"
)
_CUE = (
    r"(?:'ll|(?<!\w)(?:will|shall|gonna|let's|let us|let me|please|must|better"
    r"|(?<!tried )(?<!forgot )(?<!failed )(?<!used )(?<!wanted )(?<!was going )(?<!were going )(?<!refused )"
    r"(?<!managed )(?<!was supposed )(?<!were supposed )(?<!time )(?<!nice )(?<!good )to"
    r"|(?:can|could|should|may|might|must|shall|will|would)(?: (?:i|we|you|someone|somebody))?|why don't (?:we|you)))"
)
_OTHERWISE = one_of(
    (
        "(?:good|best|better|convenient|great) time (?:for (?:me|us|you) )?to (?:call|meet|talk|speak"
        "|reach|chat|connect)"
    ),
    (
        "(?:when|what time|what day) (?:can|should|could|would|shall|do) (?:we|i"
        "|you) (?:want to )?(?:meet|call|talk|speak|connect|chat)"
    ),
    rf"are you (?:free|available)(?: for (?:a|another) \w+)? (?:on|next|tomorrow|this|later|{_DAY})",
    rf"(?:our|the|your) (?:next|follow-?up) (?:\w+ )?{_TALK} (?:is|will be)|does {_DAY} work",
    (
        "hear (?:back )?from (?:us|me|our|the)|expect (?:a|an) (?:call|email|update) from"
        "|look(?:ing)? forward to (?:hearing|speaking|talking|meeting)"
    ),
    rf"(?:talk|speak|see|meet) (?:to |with )?(?:you )?(?:then|soon|tomorrow|next \w+|on {_DAY})[.!]*$",
)
ARRANGEMENT = re.compile(
    rf"(?:(?:(?:^|(?<=, )|(?<= and )|(?<= then )|(?<= just )){FILLERS}|{_CUE} {FILLERS})"
    rf"(?:{_REPLY}|{_MEETING}|{_AT_A_TIME})|(?<!\w){_OTHERWISE})(?!\w)".replace(" ", r"\s")
)
"""In a sentence as :func:`.cues.masked_text` makes it."""
