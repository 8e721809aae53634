"""How much the tests try: the usual sizes for ``make test`` and the CI, the full ones for ``make test-all``.

``SYMBL_TEST_SIZE`` (``usual`` or ``full``) chooses between them, and only this module reads it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Sizes:
    """What depends on the size; no assertion does.

    :param load_waits: triggers that wait for their jobs at the same time in the load test.
    :param load_phase_seconds: how long each of its ten faults lasts.
    :param hostile_waits: triggers that wait at the same time, some of them for a hostile server.
    :param hostile_answers: how many of them.
    :param hostile_queries: requests without a token, each with a query of 60 kB.
    :param crash_cases_per_fault_point: cases of the crash matrix at each fault point; None for all that there are.
    :param random_fault_runs: tasks that run under random faults.
    :param server_crash_jobs: submissions to a symbl-local that is killed again and again.
    :param server_crash_kills: how often it is killed, with the three kinds of moments in turn.
    :param day_jobs: submissions of a day of symbl-local, whose conversations are deleted as they land.
    :param day_faults: faults that its clients meet.
    :param day_kills: how often it is killed.
    :param upload_bytes: the file that is sent in constant memory.
    :param long_request_bytes: each of the long requests that symbl-local gets in constant memory.
    :param long_text_characters: the longest text in which something is looked for.
    :param mutated_recordings: recordings that were damaged by chance.
    :param generated_texts: Hypothesis' examples for what is found in any text.
    :param generated_stores: Hypothesis' runs of a server that is ended and started between submissions.
    :param generated_documents: Hypothesis' examples of a conversation that goes through every form.
    :param raced_files: files that six processes create at the same time, in each kind of storage.
    :param night_histories: seeded histories of nights in a simulated world.
    :param nights_in_a_row: nights of one long simulated history.
    :param recordings_a_night: recordings that are new in each of them.
    :param crash_night_recordings: those of a night whose process is killed again and again.
    :param generated_calls: Schemathesis' examples for each call of the OpenAPI document.
    """

    load_waits: int
    load_phase_seconds: float
    hostile_waits: int
    hostile_answers: int
    hostile_queries: int
    crash_cases_per_fault_point: int | None
    random_fault_runs: int
    server_crash_jobs: int
    server_crash_kills: int
    day_jobs: int
    day_faults: int
    day_kills: int
    upload_bytes: int
    long_request_bytes: int
    long_text_characters: int
    mutated_recordings: int
    generated_texts: int
    generated_stores: int
    generated_documents: int
    raced_files: int
    night_histories: int
    nights_in_a_row: int
    recordings_a_night: int
    crash_night_recordings: int
    generated_calls: int


USUAL = Sizes(
    load_waits=100,
    load_phase_seconds=3.0,
    hostile_waits=200,
    hostile_answers=20,
    hostile_queries=30,
    crash_cases_per_fault_point=2,
    random_fault_runs=40,
    server_crash_jobs=30,
    server_crash_kills=3,
    day_jobs=100,
    day_faults=10,
    day_kills=1,
    upload_bytes=256 * MIB,
    long_request_bytes=256 * MIB,
    long_text_characters=200_000,
    mutated_recordings=100,
    generated_texts=20,
    generated_stores=5,
    generated_documents=300,
    raced_files=50,
    night_histories=5000,
    nights_in_a_row=30,
    recordings_a_night=200,
    crash_night_recordings=60,
    generated_calls=3,
)
FULL = Sizes(
    load_waits=500,
    load_phase_seconds=5.0,
    hostile_waits=1000,
    hostile_answers=100,
    hostile_queries=500,
    crash_cases_per_fault_point=None,
    random_fault_runs=200,
    server_crash_jobs=100,
    server_crash_kills=9,
    day_jobs=5000,
    day_faults=200,
    day_kills=5,
    upload_bytes=1024 * MIB,
    long_request_bytes=1024 * MIB,
    long_text_characters=1_000_000,
    mutated_recordings=2000,
    generated_texts=100,
    generated_stores=20,
    generated_documents=2000,
    raced_files=300,
    night_histories=100_000,
    nights_in_a_row=365,
    recordings_a_night=1000,
    crash_night_recordings=300,
    generated_calls=10,
)
SIZES = {"usual": USUAL, "full": FULL}[os.environ.get("SYMBL_TEST_SIZE", "usual")]
