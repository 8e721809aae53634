"""Every night, in one task: submit each new recording of a folder once, wait without a worker, and land what was said.

One task works through any number of recordings, with one ledger and one report. ``symbl_nightly_mapped.py`` is for few
recordings, each of which is to have tasks of its own in the UI; ``symbl_meeting_parts.py`` appends the parts of a
meeting in their order.
"""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from airflow.sdk import dag
from airflow.timetables.trigger import CronTriggerTimetable

from airflow_provider_symbl.operators.recordings import SymblProcessRecordingsOperator

RECORDINGS = Path(os.environ.get("SYMBL_RECORDINGS", Path(__file__).parent / "recordings"))
RESULTS = Path(os.environ.get("SYMBL_RESULTS", Path.home() / "symbl-results"))

# With a start_date in the past, Airflow makes a run for the night that is over as soon as the DAG is unpaused, which
# the Trigger button does too: that run would do all the work, and the one that was asked for would find nothing left.
# Without a start_date the first scheduled run is the next one. The minutes are for a night that is due just when
# Airflow reads this file anew, which else would be put off by a day.
EVERY_NIGHT = CronTriggerTimetable("0 2 * * *", timezone="UTC", run_immediately=datetime.timedelta(minutes=5))


# Retries are for crashes: a recording that fails is in the report and fails no task, unless more than a tenth do. Each
# try goes on where the one before stopped.
@dag(
    schedule=EVERY_NIGHT,
    catchup=False,
    max_active_runs=1,
    tags=["symbl"],
    default_args={"retries": 3, "retry_delay": datetime.timedelta(minutes=2)},
)
def symbl_nightly() -> None:
    """Land what was said in every new recording; one that fails does not stop the others."""
    SymblProcessRecordingsOperator(
        task_id="process",
        recordings=str(RECORDINGS),
        results=str(RESULTS),
        # Calls have a speaker on each channel: the agent on the left one, the customer on the right one.
        overrides={
            "calls/*": {
                "enable_separate_recognition_per_channel": True,
                "channel_metadata": [
                    {"channel": 1, "speaker": {"name": "Agent"}},
                    {"channel": 2, "speaker": {"name": "Customer"}},
                ],
            },
        },
        formats=["json", "txt", "srt"],
        # A local file that changes within this time is still being written, and left for the next night. Nothing writes
        # to the example's folder; where something records or copies, a minute (the default) is safer.
        settle_seconds=5,
        deferrable=True,
    )


symbl_nightly()
