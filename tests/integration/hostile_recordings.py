"""What is handed in as a recording and is none, or leads somewhere else, and how its job may end."""

from __future__ import annotations

import io
import struct
import wave
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.integration.hostile_requests import as_json, request

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Recording:
    """Something that is handed in as a recording and is none, or leads somewhere else.

    :param path: the call.
    :param headers: of a file.
    :param ends: how its job may end.
    """

    name: str
    path: str
    body: bytes
    content_type: str
    ends: frozenset[str] = frozenset({"failed"})

    @property
    def data(self) -> bytes:
        """The request."""
        return request("POST", f"/v1/process/{self.path}", self.body, [("Content-Type", self.content_type)])


def recordings(mp4: bytes, port: int) -> Iterator[Recording]:
    """Give all of them.

    :param mp4: a good film.
    :param port: of a web server on this machine that nobody may ask.
    """
    untyped, trap = "", f"http://127.0.0.1:{port}"
    files = {
        "a zip as WAV": (b"RIFF" + _zip()[4:8] + b"WAVE" + _zip()[12:], "audio/wav"),
        "a zip": (_zip(), untyped),
        "an ELF program": (b"\x7fELF" + bytes(1000), untyped),
        "one byte": (b"x", untyped),
        "text": (b"I am no recording. " * 100, untyped),
        "a film's head": (mp4[:40], untyped),
        "a film of huge boxes": (struct.pack(">I4sQ", 1, b"ftyp", 2**63) + mp4, untyped),
        "a playlist": (f"#EXTM3U\n#EXTINF:1,\n{trap}/secret.wav\n#EXT-X-ENDLIST\n".encode(), untyped),
        "a playlist of files": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", untyped),
        "a concatenation": (f"ffconcat version 1.0\nfile {trap}/secret.wav\n".encode(), untyped),
        "an MPD": (f"<MPD><Period><BaseURL>{trap}/</BaseURL></Period></MPD>".encode(), untyped),
        "an SDP": (b"v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n", untyped),
        "no channels": (_wav(channels=0), "audio/wav"),
        "no rate": (_wav(rate=0), "audio/wav"),
        "no width": (_wav(bits=0), "audio/wav"),
        "65,535 channels": (_wav(channels=65_535), "audio/wav"),
        "an unknown coding": (_wav(coding=0xABCD), "audio/wav"),
        "WAV without data": (_wav()[:36], "audio/wav"),
        "MP3 of noise": (b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(range(256)) * 50, "audio/mpeg"),
        "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(500), untyped),
    }
    for name, (body, kind) in files.items():
        yield Recording(name, "audio", body, kind)
    for name in ("a zip", "text", "a film's head", "a playlist"):
        yield Recording(f"{name} as video", "video", files[name][0], "video/mp4")
    heard = frozenset({"failed", "completed"})
    yield Recording("half a film", "video", mp4[: len(mp4) // 2], "video/mp4", heard)
    yield Recording("4 GiB in the head alone", "audio", _wav(claimed=2**32 - 1), "audio/wav", heard)
    yield Recording("a rate beyond hearing", "audio", _wav(rate=2**32 - 1), "audio/wav", heard)
    yield from _links(port)


def _links(port: int) -> Iterator[Recording]:
    hosts = [
        *("127.0.0.1", "localhost", "127.1", "0", "0.0", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::]"),
        *(
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "user:password@127.0.0.1",
            "LOCALHOST.",
            "127.0.0.1.",
        ),
        *("ⓛocalhost", "127。0。0。1", "evil.invalid@127.0.0.1", "127.0.0.1#@evil.invalid"),
    ]
    for host in hosts:
        url = f"http://{host.replace('#', f':{port}/#')}:{port}/secret.wav"
        yield Recording(f"a link to {host}", "audio/url", as_json({"url": url}), "application/json")
    others = [
        *(
            "http://169.254.169.254/latest/meta-data/",
            "http://10.0.0.1/a.wav",
            "http://192.168.0.1/",
            "https://[fe80::1]/",
        ),
        *("http://224.0.0.1/", "http://100.64.0.1/", "http://recordings.invalid/a.wav", "http://a..b/", "http://xn--/"),
        *(f"http://{'a' * 300}/", "http://\ud83d/", "http://a/\ud83d", "http://%00/", "http://-/", "http://*/"),
        "http://recordings.invalid/" + "a" * 1_000_000,
    ]
    for url in others:
        yield Recording(f"a link to {url[:60]!r}", "audio/url", as_json({"url": url}), "application/json")


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb", bytes(10_000_000))
    return buffer.getvalue()


def _wav(
    *, coding: int = 1, channels: int = 1, rate: int = 16_000, bits: int = 16, claimed: int | None = None
) -> bytes:
    """Write a WAV file by hand: the library refuses to write what is wrong."""
    data = bytes(3200)
    length = len(data) if claimed is None else claimed
    width = channels * bits // 8
    shape = struct.pack("<HHIIHH", coding, channels, rate, min(rate * width, 2**32 - 1), width % 2**16, bits)
    form = b"WAVEfmt " + struct.pack("<I", len(shape)) + shape + b"data" + struct.pack("<I", length) + data
    return b"RIFF" + struct.pack("<I", min(length + 36, 2**32 - 1)) + form


def silence() -> bytes:
    """Write a good recording in which nothing is said."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(32_000))
    return buffer.getvalue()
