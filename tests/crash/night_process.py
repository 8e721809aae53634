"""One process of a night that may be killed: it runs the operator, and writes down what the night came to."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from airflow_provider_symbl.recordings.core import job_tracking
from airflow_provider_symbl.recordings.performer import following
from tests.support.night.real_nights import Nights

LOOKS = (0.1, 0.3, 1.0)
"""Seconds after which a lost answer is looked for again: symbl-local shows a conversation at once."""


def main(folder: str, run_id: str, later: str, arguments: str, told: str) -> None:
    """Run a night.

    :param folder: of its recordings and results.
    :param run_id: of its DAG run.
    :param later: seconds by which its clock is ahead.
    :param arguments: of the operator, as JSON.
    :param told: the file that takes balance, rows and error.
    """
    job_tracking.LOOKS = LOOKS  # type: ignore[assignment]  # as many as the test has time for
    # The server's clock is the real one, behind that of a later night: what was made is listed from then on.
    following.CLOCK_SKEW += float(later)
    night = Nights(Path(folder)).run(run_id, later=float(later), **json.loads(arguments))
    Path(told).write_text(json.dumps({"result": night.result, "rows": night.rows, "error": night.error}))


if __name__ == "__main__":
    main(*sys.argv[1:])
