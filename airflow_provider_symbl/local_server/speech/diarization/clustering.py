"""Clustering: agglomerative, by Ward's method, of vectors into a number of groups that is known.

It is our own: scipy has it, but would be a large dependency for these lines alone.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy

Numbers: TypeAlias = "numpy.ndarray[Any, numpy.dtype[Any]]"

MOST_COMPARED = 1_000
"""Time and memory for comparing each with each go with the square of their number: half a second for these."""


def centroids(vectors: Numbers, count: int) -> Numbers:
    """Put vectors into groups by the angle between them. Of many, some are grouped, evenly chosen.

    :param vectors: of length 1, one a row; at least one.
    :param count: how many groups; there are no more than vectors.
    :return: the middle of each group, of length 1 (or of zeros, if its members point all ways), one a row.
    """
    chosen = numpy.unique(numpy.linspace(0, len(vectors) - 1, MOST_COMPARED).astype(int))
    middles = _middles(vectors[chosen], count)
    lengths = numpy.linalg.norm(middles, axis=1, keepdims=True)
    unit: Numbers = middles / numpy.where(lengths > 0, lengths, 1)  # opposites have no middle
    return unit


def labels(scores: Numbers) -> Numbers:
    """Put each into the group that suits it best, and at least one into each group.

    :param scores: how well each suits a group, of shape (members, groups); no fewer members than groups.
    :return: the number of the group of each.
    """
    found: Numbers = scores.argmax(axis=1)
    gains = scores - scores.max(axis=1, keepdims=True)
    for group in range(scores.shape[1]):
        if not (found == group).any():
            is_alone = numpy.bincount(found, minlength=scores.shape[1])[found] == 1
            found[numpy.where(is_alone, -numpy.inf, gains[:, group]).argmax()] = group
    return found


def _middles(vectors: Numbers, count: int) -> Numbers:
    """Join the two groups whose join moves their members least, until few enough are left (Ward's method)."""
    middles, sizes = vectors.astype(float), numpy.ones(len(vectors))
    costs = numpy.array([_costs(middles, sizes, index) for index in range(len(middles))])
    for _ in range(len(middles) - count):
        kept, gone = divmod(int(costs.argmin()), len(middles))
        middles[kept] = numpy.average(middles[[kept, gone]], axis=0, weights=sizes[[kept, gone]])
        sizes[kept] += sizes[gone]
        sizes[gone] = 0
        costs[gone] = costs[:, gone] = numpy.inf
        costs[kept] = costs[:, kept] = _costs(middles, sizes, kept)
    return middles[sizes > 0]


def _costs(middles: Numbers, sizes: Numbers, index: int) -> Numbers:
    """Say what it would cost to join a group with each other; groups of size 0 are gone."""
    shares = sizes * sizes[index] / (sizes + sizes[index])
    costs: Numbers = shares * numpy.square(middles - middles[index]).sum(axis=1)
    costs[sizes == 0] = numpy.inf
    costs[index] = numpy.inf
    return costs
