"""Looking at pictures: what share of one has a colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import av
import numpy

if TYPE_CHECKING:
    from pathlib import Path

Pixels: TypeAlias = "numpy.ndarray[Any, numpy.dtype[numpy.uint8]]"
CLOSE = 40
"""How far each of red, green and blue may be off: edges are smoothed."""


def read(picture: Path) -> Pixels:
    """Decode a picture.

    :param picture: a PNG file.
    :return: rows of columns of red, green and blue.
    """
    with av.open(picture) as container:
        frame = next(container.decode(video=0))
        return frame.to_ndarray(format="rgb24").astype(numpy.uint8)


def colour(css: str) -> tuple[int, int, int]:
    """Read a colour as a browser computes it, such as ``rgb(1, 2, 3)``."""
    red, green, blue = (int(part) for part in css.removeprefix("rgb(").removesuffix(")").split(","))
    return red, green, blue


def share(pixels: Pixels, wanted: tuple[int, int, int]) -> float:
    """Tell what share of some pixels has about a colour, 0 to 1."""
    distance = abs(pixels.astype(int) - numpy.array(wanted))
    return float((distance <= CLOSE).all(axis=-1).mean())
