"""Media formats: the containers that are read, and what a file is by its first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_symbl.local_server.speech.file_parts import FilePart

DEMUXERS = (
    *("wav", "w64", "aiff", "au", "caf", "nistsphere", "sox", "voc"),
    *("mp3", "aac", "loas", "ac3", "eac3", "flac", "wv", "tta", "ape", "amr", "amrnb", "amrwb", "dss"),
    *("ogg", "matroska", "mov", "avi", "flv", "asf", "mpegts", "mpeg"),
)
"""Demuxers that are let in. Playlists are not: they make the decoder open other files and addresses."""
READ = (
    "WAV, W64, AIFF, AU, CAF, NIST SPHERE, SoX, VOC, MP3, AAC, AC-3, E-AC-3, FLAC, WavPack, TTA, APE, AMR, DSS, Ogg, "
    "Matroska and WebM, MP4, M4A, MOV and 3GP, AVI, FLV, ASF and WMA, MPEG-TS, MPEG-PS"
)
"""The same for people."""
MP4 = "mov,mp4,m4a,3gp,3g2,mj2"

HEAD = 4096

KINDS: tuple[tuple[int, bytes, str], ...] = (
    (8, b"WAVE", "a WAV"),
    (0, b"riff\x2e\x91", "a W64"),
    (0, b"FORM", "an AIFF"),
    (0, b".snd", "an AU"),
    (0, b"caff", "a CAF"),
    (0, b"NIST_1A", "a NIST SPHERE"),
    (0, b"ID3", "an MP3"),
    (0, b"fLaC", "a FLAC"),
    (0, b"wvpk", "a WavPack"),
    (0, b"#!AMR", "an AMR"),
    (0, b"OggS", "an Ogg"),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM"),
    (4, b"ftyp", "an MP4"),
    (4, b"moov", "an MP4"),
    (4, b"mdat", "an MP4"),
    (8, b"AVI ", "an AVI"),
    (0, b"FLV", "an FLV"),
    (0, b"0&\xb2u", "an ASF"),
)
"""Offset and bytes by which a format is told, when its demuxer refuses the rest."""
OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"#EXTM3U", "a playlist"),
    (b"MThd", "a MIDI file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
PRINTABLE = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}


def kind(part: FilePart) -> str | None:
    """Name the format that a file has by its first bytes; None if they are those of no format that is read here.

    :param part: the file.
    """
    head = _head(part)
    return next((name for at, sign, name in KINDS if head[at:].startswith(sign)), None)


def other_kind(part: FilePart) -> str | None:
    """Name what a file is that is no recording; None if its first bytes do not tell.

    :param part: the file.
    """
    head = _head(part)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    named = next((name for sign, name in OTHERS if head.startswith(sign)), None)
    return named or ("text" if text and all(byte in PRINTABLE for byte in head) else None)


def _head(part: FilePart) -> bytes:
    part.seek(0)
    return part.read(HEAD)
