"""Cue phrases of questions: how a sentence that asks begins and ends; recognised speech may lack the mark."""

from __future__ import annotations

import re

from airflow_provider_symbl.local_server.intelligence.language.sentences import CLOSERS

_AUXILIARY = r"(?:is|are|am|was|were|do|does|did|can|could|will|would|shall|should|has|have|had|may|might)(?:n't)?"
_SUBJECT = (
    r"(?:i|you|he|she|it|we|they|there|this|that|these|those|the|my|your|our|his|her|their|any(?:one|body)"
    r"|every(?:one|body)|some(?:one|body)|people)"
)
_WH = r"(?:what|who|whom|whose|where|when|why|how|which)"
OPENING = re.compile(
    r"(?:(?:(?:and|but|so|okay|ok|well|then|also|sorry|yeah|yes|right|alright|hey|hi),?"
    r"|\w+,) ){0,2}(?!who (?:cares|knows|would have)\b)"
    rf"(?:{_WH}(?: (?!{_SUBJECT}\b)\w+){{0,3}}?(?:'s|'re| {_AUXILIARY}) {_SUBJECT}\b"
    rf"|(?:what|who|where|when|why|how|which one)(?:'s|'re| {_AUXILIARY}) \w+"
    rf"|which (?!{_SUBJECT}\b)\w+ (?:do|does|did|is|are|was)\b|which (?:is|are|was) (?:the|it|better"
    rf"|best|\w+er)\b|which of \w+ {_AUXILIARY}\b"
    r"|who (?:told|said|else|gave|sent|called|wants|needs|made|took)\b|where you\b"
    r"|what (?:kind|sort|type|time|color|size|else|about|if|brings|makes|took|takes|caused|causes|went)\b|whereabouts\b"
    r"|what happened(?: (?:to|with|after|there|next|when|on|at|yesterday|then)\b|\W*$)"
    r"|how (?:much|many|long|often|far|soon|come|about|old|big|fast)\b|why don't\b"
    r"|any (?:idea|news|chance)\b|any (?:(?:other|further|more) )?(?:questions|thoughts|comments|concerns|updates)\W*$"
    r"|(?:do|have|don't|haven't) (?:i|you|we|they|these|those|people|any(?:one|body))\b"
    r"|(?:can|could|may|shall|should|do|did|am|was|would|must) i\b(?! say\b)|were (?:you|they|we|there)\b"
    r"|(?:shall|should) we\b"
    rf"|(?:is|are|does|did|can|could|would|will|shall|has|was|isn't|aren't|doesn't|didn't|wasn't|won't"
    rf"|can't) {_SUBJECT}\b"
    rf"|(?:did|does|would|has) (?!not\b|have\b|be\b)\w+ \w+)".replace(" ", r"\s"),
    re.IGNORECASE,
)
ENDING = re.compile(
    r"(?:for how long|since when|by when|until when|or not|or what|isn't it|aren't you|don't you|doesn't it|didn't you"
    r"|won't you|haven't you|wasn't it|can't you|couldn't you|is it|are you|do you)$".replace(" ", r"\s"),
    re.IGNORECASE,
)
BOTH, MARKED, UNMARKED = 1.0, 0.8, 0.6


def question_score(plain: str) -> float | None:
    """Tell how sure a sentence is a question: 1.0 by its beginning and its mark, 0.8 by its mark, 0.6 by its beginning.

    :param plain: a sentence with plain apostrophes.
    :returns: None where it is none.
    """
    is_marked = plain.rstrip(CLOSERS).endswith("?") and any(map(str.isalpha, plain))
    is_opened = bool(OPENING.match(plain) or ENDING.search(plain.rstrip(".")))
    if is_marked:
        return BOTH if is_opened else MARKED
    return UNMARKED if is_opened else None
