"""Questions: sentences that end like one, or begin like one."""

from __future__ import annotations

import re

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
CLOSERS = "\"')]”’"  # noqa: RUF001 - typographic quotes are what is looked for
BOTH, MARKED, UNMARKED = 1.0, 0.8, 0.6


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
