"""File names that every file system takes, made of any text, and the same each time."""

from __future__ import annotations

import hashlib
import os
import re

LONGEST = 120
"""Bytes in UTF-8; most file systems take 255, and a draft's name is longer than that of its file."""
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]')
"""What file systems, object stores or a reader's eye do not bear: separators, wildcards, control characters."""
RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
DIGEST = 8


def file_name(given: str | bytes) -> str:
    """Return a text as a file name: itself where it is one, else what is left of it and a digest of all of it.

    So two names that differ stay two, but for the case of letters, which is left as it is.

    :param given: any text; bytes may be no UTF-8.
    """
    text = os.fsdecode(given)
    name = FORBIDDEN.sub("_", text).strip(" ").rstrip(". ").lstrip(".")
    if name == text and len(name.encode()) <= LONGEST and not RESERVED.match(name) and name:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    kept = name.encode()[: LONGEST - DIGEST - 1].decode(errors="ignore").rstrip(". ")
    return f"{'_' if RESERVED.match(kept) else ''}{kept}-{digest.hexdigest()[:DIGEST]}".lstrip("-")
