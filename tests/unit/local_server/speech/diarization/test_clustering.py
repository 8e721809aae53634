"""Clustering: vectors that point the same way are one group, and there are as many groups as are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy

from airflow_provider_symbl.local_server.speech.diarization import clustering
from airflow_provider_symbl.local_server.speech.diarization.clustering import Numbers, centroids, labels

if TYPE_CHECKING:
    import pytest


def around(angle: float, count: int) -> Numbers:
    """Give vectors of length 1 that point about the same way."""
    angles = angle + numpy.random.default_rng(7).uniform(-0.2, 0.2, count)
    return numpy.column_stack([numpy.cos(angles), numpy.sin(angles)])


def grouped(vectors: Numbers, count: int) -> list[int]:
    """Give each vector the number of its group."""
    return [int(label) for label in labels(vectors @ centroids(vectors, count).T)]


def test_vectors_that_point_the_same_way_are_one_group() -> None:
    """However many there are of each."""
    found = grouped(numpy.concatenate([around(0.0, 50), around(1.5, 5), around(3.0, 20)]), 3)
    assert [len(set(found[start:end])) for start, end in ((0, 50), (50, 55), (55, 75))] == [1, 1, 1]
    assert len(set(found)) == 3


def test_a_single_odd_sound_is_no_group_of_its_own() -> None:
    """It would be, if the nearest were joined first, whatever their number."""
    odd = numpy.array([[numpy.cos(2.0), numpy.sin(2.0)]])
    found = grouped(numpy.concatenate([around(0.0, 20), around(1.2, 20), odd]), 2)
    assert found[0] != found[20] == found[40]


def test_there_are_as_many_groups_as_are_asked_for_even_of_one_direction() -> None:
    """The same vector may be there many times."""
    same = numpy.tile(numpy.array([[1.0, 0.0]]), (10, 1))
    assert len(set(grouped(same, 3))) == 3


def test_there_are_no_more_groups_than_vectors() -> None:
    """Even if more are asked for."""
    assert len(set(grouped(numpy.eye(2), 5))) == 2


def test_of_very_many_vectors_some_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others go to the nearest group, so that hours take no longer."""
    monkeypatch.setattr(clustering, "MOST_COMPARED", 10)
    found = grouped(numpy.concatenate([around(0.0, 300), around(2.0, 300)]), 2)
    assert (len(set(found[:300])), len(set(found[300:])), len(set(found))) == (1, 1, 2)


def test_a_group_that_suits_nobody_best_takes_who_suits_it_next_best() -> None:
    """But not the only one of another group."""
    scores = numpy.array([[0.9, 0.1, 0.6], [0.8, 0.2, 0.1], [0.1, 0.9, 0.8]])
    assert list(labels(scores)) == [2, 0, 1]


def test_a_hundred_thousand_vectors_fit_in_memory() -> None:
    """Each compared with each would need 75 GiB."""
    vectors = numpy.concatenate([around(0.0, 50_000), around(2.0, 50_000)])
    found = grouped(vectors, 2)
    assert (len(set(found[:50_000])), len(set(found))) == (1, 2)
