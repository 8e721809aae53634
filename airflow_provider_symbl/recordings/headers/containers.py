"""What kind of file begins so: the containers of sound and video that there are in folders of recordings."""

from __future__ import annotations

from typing import NamedTuple

from airflow_provider_symbl.client.uploads import is_wav

MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"ID3", 0, "mpeg"),
    (b"OggS", 0, "ogg"),
    (b"fLaC", 0, "flac"),
    (b"#!AMR", 0, "amr"),
    (b".snd", 0, "au"),
    (b"caff", 0, "caf"),
    (b"AIFF", 8, "aiff"),
    (b"AIFC", 8, "aiff"),
    (b"\x0b\x77", 0, "ac3"),
    (bytes.fromhex("3026b2758e66cf11"), 0, "asf"),
    (bytes.fromhex("726966662e91cf11"), 0, "w64"),
    (bytes.fromhex("1a45dfa3"), 0, "matroska"),
    (b"AVI ", 8, "avi"),
    (b"FLV\x01", 0, "flv"),
    (bytes.fromhex("000001ba"), 0, "mpeg-ps"),
)
"""Bytes, where they stand, and what they are the beginning of."""
MAY_HOLD_VIDEO = frozenset({"asf", "matroska", "avi", "flv", "mpeg-ps", "mpeg-ts"})
"""Containers other than MP4 that can hold video. Symbl takes video as MP4 only, and finds the sound of others."""
MP4_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"})
PICTURES = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis", b"crx "})
"""Brands of files that are built as MP4 is, and hold pictures."""
PROTECTED = frozenset({b"aax ", b"aaxc", b"M4P "})
"""Brands of files that their seller has encrypted."""
TS_PACKET = 188

ASF_ENCRYPTION = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)
"""The objects of a header that say so."""

FRAMES = 3
"""So many frames in a row are no accident."""
BITRATES = {
    (3, 3): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 1): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second of MPEG audio, by version (3 for MPEG-1, else 2) and layer (3 for I, 1 for III) as coded."""
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


class Frame(NamedTuple):
    """The header of a frame of MPEG audio.

    :param length: bytes to the next one.
    :param kind: what all frames of a stream have in common: codec, version and layer.
    """

    length: int
    kind: tuple[int, ...]


def container_of(head: bytes, *, is_whole: bool = False) -> str | None:
    """Return the name of the container, None where it is none of sound or video.

    :param head: the beginning of a file.
    :param is_whole: whether it is all of the file.
    """
    if is_wav(head):
        return "wav"
    for magic, place, name in MAGIC:
        if head.startswith(magic, place):
            return name
    if head[4:8] in MP4_BOXES:
        return None if head[4:8] == b"ftyp" and head[8:12] in PICTURES else "mp4"
    if len(head) > 2 * TS_PACKET and head[0] == head[TS_PACKET] == head[2 * TS_PACKET] == ord("G"):
        return "mpeg-ts"
    return "mpeg" if _has_frames(head, is_whole=is_whole) else None


def is_protected(container: str, head: bytes) -> bool:
    """Tell whether a file is surely encrypted by its seller.

    :param container: its name.
    :param head: the beginning of the file.
    """
    if container == "asf":
        header = head[: int.from_bytes(head[16:24], "little")]
        return any(mark in header for mark in ASF_ENCRYPTION)
    return container == "mp4" and head[4:8] == b"ftyp" and head[8:12] in PROTECTED


def _has_frames(head: bytes, *, is_whole: bool) -> bool:
    """Tell whether frames of MPEG audio follow one another somewhere; what is before them decoders pass over."""
    at = head.find(b"\xff")
    while at >= 0:
        if _follow(head, at, is_whole=is_whole):
            return True
        at = head.find(b"\xff", at + 1)
    return False


def _follow(head: bytes, at: int, *, is_whole: bool) -> bool:
    start, kind = at, None
    for number in range(FRAMES):
        frame = _frame_at(head, at)
        if frame is None or (kind is not None and frame.kind != kind):
            # A file may be shorter than that.
            return is_whole and start == 0 and number > 0 and at >= len(head)
        at, kind = at + frame.length, frame.kind
    return True


def _frame_at(head: bytes, at: int) -> Frame | None:
    data = head[at : at + 7]
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - a sync word of 11 bits
        return None
    if data[1] & 0xF6 == 0xF0:  # noqa: PLR2004 - AAC has a sync word of 12 bits and no layer
        return _adts_frame(data)
    version, layer, rate = data[1] >> 3 & 3, data[1] >> 1 & 3, data[2] >> 2 & 3
    bitrates = BITRATES.get((3 if version == 3 else 2, layer))  # noqa: PLR2004 - MPEG-1, as coded
    if version == 1 or rate == 3 or bitrates is None or data[2] >> 4 in {0, 15}:  # noqa: PLR2004 - reserved values
        return None
    return Frame(_mpeg_length(version, layer, bitrates[data[2] >> 4], RATES[version][rate], data), (version, layer))


def _mpeg_length(version: int, layer: int, kilobits: int, rate: int, data: bytes) -> int:
    padding = data[2] >> 1 & 1
    if layer == 3:  # noqa: PLR2004 - layer I, as coded
        return (12_000 * kilobits // rate + padding) * 4
    samples = 72_000 if layer == 1 and version != 3 else 144_000  # noqa: PLR2004 - MPEG-1, as coded
    return samples * kilobits // rate + padding


def _adts_frame(data: bytes) -> Frame | None:
    length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    rate = data[2] >> 2 & 15
    return Frame(length, (-1, rate)) if length >= 7 and rate < 13 else None  # noqa: PLR2004 - header, and rates there are
