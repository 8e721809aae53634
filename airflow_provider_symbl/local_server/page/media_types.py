"""Media types of recordings, told from their first bytes: a browser plays nothing that comes as something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEAD_BYTES = 12
OTHER_TYPE = "application/octet-stream"
MAGIC = {
    b"ID3": "audio/mpeg",
    b"OggS": "audio/ogg",
    b"fLaC": "audio/flac",
    b"\x1aE\xdf\xa3": "video/webm",
}
"""What a recording begins with; WAV, MP4 and MP3 without a tag are told otherwise."""
SOUND_BRANDS = (b"M4A ", b"M4B ")
"""The brands of MP4 files without a picture."""

FRAME_SYNC = 0xFFE0
FRAME_LAYER = 0x0006
"""Bits of an MPEG audio frame's head: eleven that are set, and two that only AAC leaves unset."""


def media_type(path: Path) -> str:
    """Tell from the head of a recording what it is; what a client called it is not kept.

    :param path: the recording.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:12] in SOUND_BRANDS else "video/mp4"
    if head[:4] == b"RIFF":
        return "audio/wav" if head[8:12] == b"WAVE" else OTHER_TYPE
    if _is_mpeg_frame(head):
        return "audio/mpeg"
    return next((known for magic, known in MAGIC.items() if head.startswith(magic)), OTHER_TYPE)


def _is_mpeg_frame(head: bytes) -> bool:
    first = int.from_bytes(head[:2])
    return first & FRAME_SYNC == FRAME_SYNC and first & FRAME_LAYER != 0
