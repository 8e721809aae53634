"""File names that every file system takes, made of any text, and the same each time."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 120
"""Bytes in UTF-8; most file systems take 255, and a draft's name is longer than that of its file."""
DIGEST = 16
SEPARATORS = r'\x00-\x1f\x7f-\x9f/\\:*?"<>|\ud800-\udfff'
UNSEEN = r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
FORBIDDEN = re.compile(f"[{SEPARATORS}{UNSEEN}]")
"""What file systems, object stores or a reader's eye do not bear: separators, wildcards, control characters."""
DEVICE = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]) *(\.|$)")
"""What Windows takes for a device, whatever stands behind its dot."""
DIGESTED = re.compile(rf"-[0-9a-f]{{{DIGEST}}}$")


def file_name(given: str | bytes) -> str:
    """Return a text as a file name: itself where it is one, else what is left of it and a digest of all of it.

    So two names that differ stay two, but for the case of letters, which is left as it is. A text that ends in such a
    digest gets another one, so that nobody can ask for the name that another text becomes. Of two spellings of a letter
    the composed one is left as it is, since some file systems take both for the same.

    :param given: any text; bytes may be no UTF-8.
    """
    text = given if isinstance(given, str) else given.decode(errors="surrogateescape")
    name = unicodedata.normalize("NFC", FORBIDDEN.sub("_", text)).strip(". ")
    is_usable = bool(name) and not DEVICE.match(name)
    if is_usable and name == text and len(name.encode()) <= LONGEST and not DIGESTED.search(name):
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST]
    kept = (name if is_usable else f"_{name}").encode()[: LONGEST - DIGEST - 1].decode(errors="ignore")
    return f"{kept}-{digest}"
