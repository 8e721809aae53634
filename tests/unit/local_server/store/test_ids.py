"""Ids: of Symbl's range, exact in JavaScript, and different from each other."""

from __future__ import annotations

from itertools import islice

from airflow_provider_symbl.local_server.store.ids import distinct_ids, random_id, stable_id


def test_an_id_is_one_of_symbls() -> None:
    """Sixteen digits between 2^52 and half as much again, a multiple of 4096: no floating-point number loses any."""
    for made in (random_id(), stable_id("a", 1), *islice(distinct_ids(), 9)):
        assert len(made) == 16
        assert 2**52 <= int(made) < 2**52 + 2**51
        assert int(made) % 4096 == 0
        assert int(float(made)) == int(made)


def test_the_ids_of_a_sequence_differ() -> None:
    """However many a job makes."""
    made = list(islice(distinct_ids(), 200_000))
    assert len(set(made)) == len(made)


def test_a_key_has_one_id() -> None:
    """And another key another."""
    assert stable_id("question", "Who?", "1") == stable_id("question", "Who?", "1")
    assert stable_id("question", "Who?", "1") != stable_id("question", "Who?1", "")
