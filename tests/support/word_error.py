"""Recordings of real people that lie beside the checkout, what is said in them, and how words are compared."""

from __future__ import annotations

import re
from pathlib import Path

REAL_RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"

SENTENCES = {
    "librivox-austen-0870.wav": (
        "and mister john dashwood had then leisure to consider how much there might be prudently in his power to do "
        "for them"
    ),
    "librivox-austen-0890.wav": "unless to be rather cold hearted and rather selfish is to be ill disposed",
    "librivox-austen-0930.wav": "he might even have been made amiable himself",
}


def normalised(text: str) -> str:
    """Give a text's words alone, in lower case: neither case nor punctuation is heard.

    :param text: a transcript or what it is compared to; both are treated alike.
    """
    return " ".join(re.sub(r"[^a-z0-9' ]", " ", text.lower().replace("mr.", "mister").replace("-", " ")).split())
