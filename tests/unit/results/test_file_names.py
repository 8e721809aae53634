"""Any text becomes one legal name of a file, the same each time, and another text another one."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_provider_symbl.results.file_names import LONGEST, file_name

if TYPE_CHECKING:
    from pathlib import Path

PIECES = st.sampled_from(
    [
        *(
            "a",
            "call 1",
            "é",
            "e\u0301",
            "日本語",
            "👩‍👩‍👧",
            "con",
            "NUL",
            "com1",
            "lpt9.wav",
            "COM\u00b9",
            "conin$",
            "aux .txt",
        ),
        *(
            "/",
            "\\",
            "..",
            ".",
            "../../etc/passwd",
            "C:\\new",
            "~",
            "~root",
            "-",
            "--rf",
            " ",
            "%2e%2e%2f",
            "%",
            "#",
            "?",
        ),
        *(
            "\x00",
            "\n",
            "\x7f",
            "\x85",
            "\ud83d",
            "\udcff",
            "\u202e",
            "\u200f",
            "\ufeff",
            "\u2028",
            "*",
            '"<>|',
            "x" * 300,
        ),
    ]
)
NAMES = st.one_of(
    st.lists(st.one_of(PIECES, st.text(st.characters(categories=None), max_size=6)), max_size=6).map("".join),
    st.text(st.characters(categories=None), max_size=400),
    st.binary(max_size=40),
)
DEVICES = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    "CONIN$",
    "CONOUT$",
    *(f"{one}{two}" for one in ("COM", "LPT") for two in "0123456789¹²³"),
}
OVERRIDES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""What turns the order of a name's characters round for who reads it."""
SEEN = settings(max_examples=1000, deadline=None)


def text_of(given: str | bytes) -> str:
    """Return a name as text; bytes that are no UTF-8 are kept as Python keeps those of file systems."""
    return given if isinstance(given, str) else given.decode(errors="surrogateescape")


@SEEN
@given(NAMES)
@example("")
@example("..")
@example("CON .txt")
@example("conin$.txt")
@example("Com\u00b9")
@example("con." + "x" * 300)
@example("a" * LONGEST)
def test_any_text_becomes_a_legal_name(given_name: str | bytes) -> None:
    """On any file system: UTF-8, no separators, no control characters, no dots at its ends, no device of Windows."""
    name = file_name(given_name)
    assert 0 < len(name.encode()) <= LONGEST
    assert name == file_name(given_name)
    assert not any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} or sign in '/\\:*?"<>|' for sign in name)
    assert not any(unicodedata.bidirectional(sign) in OVERRIDES for sign in name)
    assert name == name.strip(". ")
    assert unicodedata.is_normalized("NFC", name)
    assert name.partition(".")[0].rstrip().upper() not in DEVICES
    for kind in (PurePosixPath, PureWindowsPath):
        assert kind("results", name).parts == ("results", name)


@SEEN
@given(st.lists(NAMES, min_size=2, max_size=8, unique_by=text_of))
@example(["é", "e\u0301"])
@example(["/", "\\"])
@example(["", b"\xff"])
def test_two_texts_become_two_names(given_names: list[str | bytes]) -> None:
    """Also where a file system takes both spellings of a letter for the same."""
    names = {unicodedata.normalize("NFD", file_name(name)) for name in given_names}
    assert len(names) == len(given_names)


@SEEN
@given(NAMES)
def test_nobody_can_ask_for_the_name_that_another_text_becomes(given_name: str | bytes) -> None:
    """Else a recording's name could be chosen so that it takes the place of another's results."""
    name = file_name(given_name)
    assert name == text_of(given_name) or file_name(name) != name


@SEEN
@given(
    st.text(st.sampled_from("abcXYZ019éж日 ._-()@"), min_size=1, max_size=30).filter(
        lambda text: text == text.strip(". ")
    )
)
@example("2026-11-25T09:30 call.wav".replace(":", "."))
@example("5815170693595136")
def test_an_ordinary_name_stays_as_it_is(given_name: str) -> None:
    """People find their results by it."""
    assert file_name(given_name) == given_name


def test_the_file_system_takes_every_kind_of_name(tmp_path: Path) -> None:
    """Each becomes one file, directly in its folder."""
    names: list[str | bytes] = [
        "../../x",
        "/etc/passwd",
        "a\x00b",
        "é" * 300,
        b"\xff\xfe",
        "\ud83d",
        "..",
        "",
        "con",
        "é",
        "e\u0301",
    ]
    for name in names:
        (tmp_path / file_name(name)).write_text(repr(name))
    made = [file.name for file in tmp_path.iterdir()]
    assert sorted(made) == sorted(map(file_name, names))
    assert len(set(made)) == len(names)
