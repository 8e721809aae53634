"""A text on one line is the text, without what nobody sees."""

from __future__ import annotations

import sys
import unicodedata

from airflow_provider_symbl.results.timeline import BYTE_ORDER_MARK, one_line


def test_of_all_characters_white_space_is_one_blank_and_control_characters_are_gone() -> None:
    """Python's tables of Unicode say which those are."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    kept = [" " if sign.isspace() else sign for sign in every if sign.isspace() or is_shown(sign)]
    assert one_line(every) == " ".join("".join(kept).split())


def is_shown(sign: str) -> bool:
    """Return whether a character is neither a control character nor a byte order mark."""
    return unicodedata.category(sign) != "Cc" and sign != BYTE_ORDER_MARK
