"""``make demo``: one night of recordings in a throw-away Airflow, and what was heard in them."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from demo.box import RECORDINGS, Box, open_box
from demo.processes import DemoError
from demo.results import Result, missing_recordings, path_of, read_results, table, word_error_rate

DAG_ID, TASK_ID = "symbl_nightly", "process"
RUN_SECONDS = 600.0
ACCEPTED_ERROR_RATE = 0.10


def main() -> int:
    """Run the night and show it; give 0 only if every recording was heard, and heard well."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="symbl-night-"))
    try:
        return _night(folder)
    except KeyboardInterrupt:
        print("\nstopped")
        return 130
    except DemoError as problem:
        print(f"error: {problem}\nlogs: {folder}", file=sys.stderr)
        return 1


def _night(folder: Path) -> int:
    print("starting symbl-local and a throw-away Airflow; half a minute …", flush=True)
    with open_box(folder) as box:
        print(f"up in {box.airflow.start_seconds:.0f} s: {box.airflow.url} and {box.symbl.url}", flush=True)
        seconds, report = _run(box)
        results = read_results(box.results, box.symbl.job_seconds())
    verdict = _show(results, seconds)
    print(f"results: {box.results}\nreport:  {report}")
    shutil.rmtree(folder / "airflow")
    return verdict


def _run(box: Box) -> tuple[float, Path]:
    """Return the seconds that the night took, and where its report lies."""
    airflow = box.airflow
    airflow.wait_for_dag(DAG_ID)
    started = time.monotonic()
    run_id = airflow.trigger(DAG_ID)
    airflow.unpause(DAG_ID)
    print(f"the DAG {DAG_ID} works on {RECORDINGS} …", flush=True)
    state = airflow.wait_for_run(DAG_ID, run_id, timeout=RUN_SECONDS)
    if state != "success":
        message = f"the run {run_id} of {DAG_ID} failed\n{airflow.describe_run(DAG_ID, run_id)}"
        raise DemoError(message)
    seconds = time.monotonic() - started
    return seconds, path_of(airflow.xcom(DAG_ID, run_id, TASK_ID)["report"])


def _show(results: list[Result], seconds: float) -> int:
    print(f"\n{table(results)}\n")
    missing = missing_recordings(results, RECORDINGS)
    if missing:
        print(f"without a result: {', '.join(missing)}", file=sys.stderr)
        return 1
    rate = word_error_rate(results, RECORDINGS)
    print(f"{len(results)} recordings in {seconds:.0f} s; {rate:.1%} of the words misheard", flush=True)
    if rate > ACCEPTED_ERROR_RATE:
        print(f"error: more than {ACCEPTED_ERROR_RATE:.0%} of the words misheard", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
