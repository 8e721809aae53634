"""Fuzzing: files that were damaged by chance, always the same for the same seed."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEAD = 512
"""Bytes in which most of what a header says stands."""


def mutated(files: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Give damaged files.

    :param files: good ones.
    :param count: how many there are to be.
    :param seed: of chance.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    kinds = (_flipped, _flipped_head, _truncated, _spliced, _resized, _shuffled, _overwritten)
    for number in range(count):
        data = bytearray(files[number % len(files)])
        for _ in range(chance.choice((1, 1, 2, 3))):
            data = chance.choice(kinds)(data, files, chance)
        yield bytes(data)


def _flipped(data: bytearray, _: Sequence[bytes], chance: random.Random) -> bytearray:
    for _number in range(chance.randint(1, 60)):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def _flipped_head(data: bytearray, _: Sequence[bytes], chance: random.Random) -> bytearray:
    head = data[:HEAD]
    return _flipped(head, (), chance) + data[HEAD:]


def _truncated(data: bytearray, _: Sequence[bytes], chance: random.Random) -> bytearray:
    cut = chance.randint(0, len(data))
    return chance.choice((data[:cut], data[cut:]))


def _spliced(data: bytearray, files: Sequence[bytes], chance: random.Random) -> bytearray:
    """Put another file's header before it, in place of its own or before that."""
    other = chance.choice(files)
    length = chance.choice((16, 44, 128, HEAD, 4096))
    return bytearray(other[:length]) + data[chance.choice((0, length)) :]


def _resized(data: bytearray, _: Sequence[bytes], chance: random.Random) -> bytearray:
    """Put an extreme number where a header may have one."""
    number = chance.choice((0, 1, 7, 8, 9, 255, 65_535, 2**31 - 1, 2**31, 2**32 - 1, chance.getrandbits(32)))
    packed = struct.pack(chance.choice(("<I", ">I", "<H", ">H", "B")[: 2 if number > 65_535 else 4]), number)
    at = chance.randrange(max(1, min(len(data), HEAD)))
    data[at : at + len(packed)] = packed
    return data


def _shuffled(data: bytearray, _: Sequence[bytes], chance: random.Random) -> bytearray:
    at, other = (chance.randrange(len(data) + 1) for _number in range(2))
    length = chance.randint(1, 4096)
    return data[:at] + data[other : other + length] + data[chance.choice((at, at + length)) :]


def _overwritten(data: bytearray, _: Sequence[bytes], chance: random.Random) -> bytearray:
    at, length = chance.randrange(len(data) + 1), chance.randint(1, 2048)
    data[at : at + length] = chance.choice((bytes(length), b"\xff" * length, chance.randbytes(length)))
    return data
