"""What nights after the first one do: nothing is paid for twice, and nothing is forgotten."""

from __future__ import annotations

import datetime
import json
import threading
import time
import zoneinfo
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import airflow.sdk
import pytest
from airflow.providers.common.compat.sdk import TaskDeferred
from airflow.timetables.trigger import CronTriggerTimetable

from demo.processes import wait_until
from tests.support.airflow_tasks import TaskState
from tests.support.night.real_nights import DAG_ID, TASK_ID, Nights, clear_faults, hold_jobs
from tests.support.s3_server import BUCKET, S3Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.symbl_local import SymblLocal

pytestmark = [pytest.mark.usefixtures("connection"), pytest.mark.process]

HOUR = 3600.0
"""Far beyond the time in which the job of another night is left to it."""
SECONDS = 60.0
ZONE = "Asia/Kolkata"
S3_RECORDINGS = 100


@pytest.fixture
def nights(tmp_path: Path, symbl_local: SymblLocal) -> Nights:
    """Return the nights of an empty folder; each job is over at once."""
    symbl_local.progress(by="at_once")
    return Nights(tmp_path)


def said(symbl_local: SymblLocal) -> list[str]:
    """Return the first message of each submission that was received."""
    return sorted(sent["body"]["messages"][0]["payload"]["content"] for sent in symbl_local.submissions())


def test_a_renamed_recording_is_not_paid_for_again(nights: Nights, symbl_local: SymblLocal) -> None:
    """Its content is what is known; the night after reads it no more."""
    file = nights.chat("a.json")
    nights.run("first")
    (nights.recordings / "moved").mkdir()
    file.rename(nights.recordings / "moved" / "b.json")
    second, third = nights.run("second"), nights.run("third")
    assert len(symbl_local.submissions()) == 1
    assert second.rows["moved/b.json"]["outcome"] == "skipped"
    assert third.outcomes == {"moved/b.json": ("skipped", "landed before")}


def test_a_replaced_recording_is_processed_and_the_old_results_stay(nights: Nights, symbl_local: SymblLocal) -> None:
    """Another content by the same name is another recording; both can be read afterwards."""
    nights.chat("a.json", "This is the old one.")
    nights.run("first")
    nights.chat("a.json", "This is the new one.")
    second = nights.run("second")
    assert said(symbl_local) == ["This is the new one.", "This is the old one."]
    assert second.outcomes == {"a.json": ("landed", "landed")}
    assert "the old one" in nights.transcript("a.json")
    assert second.rows["a.json"]["folder"] != "a.json"
    assert "the new one" in nights.transcript(second.rows["a.json"]["folder"])


def test_a_file_that_still_grows_is_left_for_the_next_night(nights: Nights, symbl_local: SymblLocal) -> None:
    """It is sent once it has stopped growing, whole."""
    nights.chat("whole.json")
    growing = nights.chat("growing.json", "One.")

    def grow() -> None:
        # By then it has been looked into.
        wait_until(lambda: [*nights.report("first").glob("inspected-*")] or None, seconds=SECONDS, what="the look")
        nights.chat("growing.json", "One.", "Two.")

    with ThreadPoolExecutor(1) as pool:
        grown = pool.submit(grow)
        first = nights.run("first", settle_seconds=1.5)
        grown.result()
    assert first.outcomes == {"whole.json": ("landed", "landed"), "growing.json": ("waiting", "not settled")}
    assert len(symbl_local.submissions()) == 1
    second = nights.run("second")
    assert second.outcomes["growing.json"] == ("landed", "landed")
    assert symbl_local.submissions()[1]["body"]["messages"] == json.loads(growing.read_text())


def test_a_job_that_runs_since_yesterday_is_adopted(nights: Nights, symbl_local: SymblLocal) -> None:
    """The same conversation lands, after one submission."""
    nights.chat("a.json")
    hold_jobs(symbl_local)
    first = nights.run("first", finish_by=4)
    assert first.outcomes == {"a.json": ("waiting", "running")}
    clear_faults(symbl_local)
    second = nights.run("second", later=HOUR)
    assert second.outcomes == {"a.json": ("landed", "landed")}
    assert second.rows["a.json"]["conversation_id"] == first.rows["a.json"]["conversation_id"]
    assert len(symbl_local.submissions()) == 1
    assert nights.run("third").outcomes == {"a.json": ("skipped", "landed before")}


def test_a_job_that_another_night_follows_just_now_is_left_to_it(nights: Nights, symbl_local: SymblLocal) -> None:
    """The row says whose it is."""
    nights.chat("a.json")
    hold_jobs(symbl_local)
    nights.run("first", finish_by=4)
    second = nights.run("second")
    assert second.outcomes == {"a.json": ("waiting", "elsewhere")}
    assert second.rows["a.json"]["message"] == f"{DAG_ID} first {TASK_ID}"
    assert len(symbl_local.submissions()) == 1


def test_whose_job_it_is_goes_by_the_clock_that_its_facts_were_written_by(
    nights: Nights, symbl_local: SymblLocal
) -> None:
    """Symbl's, and not that of a machine which may be an hour behind."""
    nights.chat("a.json")
    hold_jobs(symbl_local)
    nights.run("first", finish_by=4)
    assert nights.run("second", finish_by=4, later=HOUR).outcomes == {"a.json": ("waiting", "running")}


def test_what_failed_for_good_is_skipped_and_listed(nights: Nights, symbl_local: SymblLocal) -> None:
    """A refused one, one whose job failed as often as it may, and one that is empty."""
    nights.chat("refused.json")
    nights.chat("failing.json")
    (nights.recordings / "empty.wav").touch()
    symbl_local.fault(call="POST /v1/process/text", containing="refused.json", status=400, body={"message": "No."})
    symbl_local.fault(call="POST /v1/process/text", containing="failing.json", job="failed", message="Why.", times=None)
    first = nights.run("first", max_attempts=2, allowed_failures=3)
    assert first.outcomes == {
        "refused.json": ("failed", "refused"),
        "failing.json": ("failed", "job failed"),
        "empty.wav": ("failed", "empty"),
    }
    assert first.rows["failing.json"]["message"] == "Why."
    assert "No." in first.rows["refused.json"]["message"]
    sent = said(symbl_local)
    assert len(sent) == 3
    second = nights.run("second", max_attempts=2, allowed_failures=0)
    assert set(second.outcomes.values()) == {("quarantined", "quarantined")}
    third = nights.run("third", max_attempts=2, allowed_failures=0)
    for told in (second, third):
        assert told.rows["failing.json"]["message"] == "job failed: Why."
        assert told.rows["refused.json"]["message"] == f"refused: {first.rows['refused.json']['message']}"
        assert told.rows["empty.wav"]["message"] == f"empty: {first.rows['empty.wav']['message']}".removesuffix(": ")
    assert all(row["since"] > 0 for row in second.rows.values())
    assert said(symbl_local) == sent


def test_two_names_of_one_content_are_paid_for_once(nights: Nights, symbl_local: SymblLocal) -> None:
    """The other row names the one that was sent, in this night and in the next."""
    nights.chat("a.json", "The same.")
    nights.chat("b.json", "The same.")
    first = nights.run("first")
    assert first.outcomes == {"a.json": ("landed", "landed"), "b.json": ("skipped", "same content")}
    assert first.rows["b.json"]["message"] == "a.json"
    second = nights.run("second")
    assert {row["outcome"] for row in second.rows.values()} == {"skipped"}
    assert said(symbl_local) == ["The same."]


def test_a_tracker_that_is_added_pays_for_nothing_until_somebody_asks(nights: Nights, symbl_local: SymblLocal) -> None:
    """What landed before is told as such; ``redrive`` pays once, however often its run is cleared."""
    nights.chat("a.json")
    nights.run("first")
    added: dict[str, Any] = {"parameters": {"trackers": [{"name": "Meeting", "vocabulary": ["talk about"]}]}}
    second = nights.run("second", **added)
    assert second.outcomes == {"a.json": ("skipped", "landed before")}
    assert second.rows["a.json"]["notes"] == ["landed with other options"]
    assert len(symbl_local.submissions()) == 1
    for _ in range(2):
        third = nights.run("third", redrive=["changed"], **added)
        assert third.outcomes == {"a.json": ("landed", "landed")}
        assert len(symbl_local.submissions()) == 2
    assert symbl_local.submissions()[1]["body"]["trackers"] == added["parameters"]["trackers"]
    assert nights.run("fourth", redrive=["changed"], **added).outcomes == {"a.json": ("skipped", "landed before")}
    assert len(symbl_local.submissions()) == 2


def test_redrive_failed_gives_one_attempt_more(nights: Nights, symbl_local: SymblLocal) -> None:
    """To what could pass; what Symbl never takes needs ``quarantined``."""
    nights.chat("failing.json")
    nights.chat("refused.json")
    symbl_local.fault(call="POST /v1/process/text", containing="failing.json", job="failed", times=2)
    symbl_local.fault(call="POST /v1/process/text", containing="refused.json", status=400, body={"message": "No."})
    nights.run("first", max_attempts=1, allowed_failures=2)
    assert len(symbl_local.submissions()) == 2
    for _ in range(2):
        second = nights.run("second", max_attempts=1, redrive=["failed"])
        assert second.outcomes["failing.json"] == ("failed", "job failed")
        assert second.outcomes["refused.json"] == ("quarantined", "quarantined")
        assert len(symbl_local.submissions()) == 3
    third = nights.run("third", max_attempts=1, redrive=["quarantined"])
    assert set(third.outcomes.values()) == {("landed", "landed")}
    assert len(symbl_local.submissions()) == 5


def test_redrive_results_renders_again_and_asks_symbl_for_nothing(nights: Nights, symbl_local: SymblLocal) -> None:
    """From the document that stands, in the forms that are wanted now."""
    nights.chat("a.json")
    nights.run("first")
    (nights.results / "a.json" / "transcript.txt").unlink()
    before = [request for request in symbl_local.requests() if request["path"].startswith("/v1/")]
    nights.run("second", redrive=["results"], formats=["txt", "md"])
    assert "talk about a.json" in nights.transcript("a.json")
    assert "talk about a.json" in (nights.results / "a.json" / "transcript.md").read_text()
    assert [request for request in symbl_local.requests() if request["path"].startswith("/v1/")] == before


def test_redrive_by_name_pays_for_those_alone_and_once(nights: Nights, symbl_local: SymblLocal) -> None:
    """By a path or a glob; the old conversation stays."""
    for path in ("day/a.json", "day/b.json", "c.json"):
        nights.chat(path)
    nights.run("first")
    for _ in range(2):
        second = nights.run("second", redrive="day/*")
        assert second.outcomes["day/a.json"] == second.outcomes["day/b.json"] == ("landed", "landed")
        assert second.outcomes["c.json"] == ("skipped", "landed before")
    assert len(symbl_local.submissions()) == 5


def test_redrive_reads_names_as_overrides_do(nights: Nights, symbl_local: SymblLocal) -> None:
    """A name is meant in any folder, ``*`` stands for one name, and a path for itself, whatever is in it."""
    for path in ("b.json", "day/b.json", "day/call [1].json", "day/late/c.json"):
        nights.chat(path)
    nights.run("first")
    expected = {
        "b.json": {"b.json", "day/b.json"},
        "day/*": {"day/b.json", "day/call [1].json"},
        "day/**": {"day/b.json", "day/call [1].json", "day/late/c.json"},
        "day/call [1].json": {"day/call [1].json"},
        "/b.json": {"b.json"},
    }
    for number, (name, paths) in enumerate(expected.items()):
        told = nights.run(f"again {number}", redrive=[name], overrides={name: {"confidence_threshold": 0.7}})
        assert {path for path, (outcome, _) in told.outcomes.items() if outcome == "landed"} == paths
        sent = symbl_local.submissions()[-len(paths) :]
        assert [one["body"].get("confidenceThreshold") for one in sent] == [0.7] * len(paths)
    assert len(symbl_local.submissions()) == 4 + sum(map(len, expected.values()))


def test_a_redrive_that_fails_is_told_and_leaves_the_old_results(nights: Nights, symbl_local: SymblLocal) -> None:
    """The recording did not land in that night; it did before, and nothing is paid for by itself afterwards."""
    nights.chat("a.json")
    nights.run("first")
    symbl_local.fault(call="POST /v1/process/text", job="failed", message="Why.", times=None)
    for _ in range(2):
        second = nights.run("second", redrive="a.json")
        assert second.outcomes == {"a.json": ("failed", "job failed")}
        assert second.rows["a.json"]["message"] == "Why."
        assert len(symbl_local.submissions()) == 2
    assert "talk about a.json" in nights.transcript("a.json")
    assert nights.run("third").outcomes == {"a.json": ("skipped", "landed before")}
    assert len(symbl_local.submissions()) == 2


def test_two_dags_over_one_ledger_at_once_send_each_recording_once(nights: Nights, symbl_local: SymblLocal) -> None:
    """Each recording lands in one of them, and the other one says so."""
    symbl_local.progress(by="polls", polls=2)
    for number in range(30):
        nights.chat(f"{number:02}.json")
    together = threading.Barrier(2)

    def run(dag_id: str) -> dict[str, tuple[str, str]]:
        together.wait()
        return nights.run("first", dag_id=dag_id, max_concurrent_jobs=20).outcomes

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(run, ["one", "other"])
    sent = said(symbl_local)
    assert len(sent) == len(set(sent)) == 30
    landed = [path for told in (one, other) for path, outcome in told.items() if outcome == ("landed", "landed")]
    assert sorted(landed) == sorted(one)
    others = {outcome for told in (one, other) for outcome in told.values()} - {("landed", "landed")}
    assert others <= {("waiting", "elsewhere"), ("skipped", "landed by another"), ("skipped", "landed before")}
    assert {outcome for outcome, _ in nights.run("second").outcomes.values()} == {"skipped"}


def test_a_clear_and_a_backfill_of_thirty_runs_pay_for_nothing(nights: Nights, symbl_local: SymblLocal) -> None:
    """A clear tells what its night has landed; each other run tells that it was landed before."""
    for path in ("a.json", "b.json"):
        nights.chat(path)
    state = TaskState()
    nights.run("first", state=state)
    state.clear()
    again = nights.run("first", state=state)
    assert set(again.outcomes.values()) == {("landed", "landed")}
    for number in range(30):
        told = nights.run(f"backfill {number}")
        assert set(told.outcomes.values()) == {("skipped", "landed before")}
    assert len(symbl_local.submissions()) == 2


def test_what_is_beyond_the_budget_waits_for_the_next_night(nights: Nights, symbl_local: SymblLocal) -> None:
    """A clear has no further budget."""
    for number in range(3):
        nights.chat(f"{number}.json")
    minutes = nights.recordings.joinpath("0.json").stat().st_size / 1000 / 60
    for _ in range(2):
        first = nights.run("first", max_minutes=2.5 * minutes, order="name")
        assert first.outcomes == {
            "0.json": ("landed", "landed"),
            "1.json": ("landed", "landed"),
            "2.json": ("waiting", "budget"),
        }
        assert len(symbl_local.submissions()) == 2
        assert first.result["minutes"] == pytest.approx(2 * minutes, abs=0.01)
    assert nights.run("second", max_minutes=2.5 * minutes).outcomes["2.json"] == ("landed", "landed")
    assert len(symbl_local.submissions()) == 3


def test_after_finish_by_nothing_is_sent(nights: Nights, symbl_local: SymblLocal) -> None:
    """What runs goes on, and the next night lands it."""
    for number in range(3):
        nights.chat(f"{number}.json")
    hold_jobs(symbl_local)
    first = nights.run("first", max_concurrent_jobs=1, order="name", finish_by="4")
    assert first.outcomes == {
        "0.json": ("waiting", "running"),
        "1.json": ("waiting", "finish_by"),
        "2.json": ("waiting", "finish_by"),
    }
    assert len(symbl_local.submissions()) == 1
    clear_faults(symbl_local)
    assert set(nights.run("second", later=HOUR).outcomes.values()) == {("landed", "landed")}
    assert len(symbl_local.submissions()) == 3


@pytest.mark.parametrize("later", [HOUR, -HOUR])
def test_finish_by_is_a_time_of_this_machine_whatever_symbl_s_clock_says(
    nights: Nights, symbl_local: SymblLocal, later: float
) -> None:
    """The report's moments are all of one clock."""
    nights.chat("a.json")
    assert nights.run("first", later=later, finish_by=SECONDS).outcomes == {"a.json": ("landed", "landed")}
    nights.chat("b.json")
    hold_jobs(symbl_local)
    second = nights.run("second", later=later, finish_by=2)
    assert second.outcomes["b.json"] == ("waiting", "running")
    report = json.loads((nights.report("second") / "report.json").read_text())
    assert report["started"] <= second.rows["b.json"]["submitted"] <= report["ended"]


def test_what_a_trigger_waits_for_is_told_by_the_clock_that_it_has(nights: Nights, symbl_local: SymblLocal) -> None:
    """Where Symbl's clock is an hour ahead, it would sleep an hour too long."""
    nights.chat("a.json")
    hold_jobs(symbl_local)
    before = time.time()
    with pytest.raises(TaskDeferred) as deferred:
        nights.run("first", later=HOUR, finish_by=600, deferrable=True)
    told = deferred.value.trigger.serialize()[1]
    ((_, _, submitted),) = told["jobs"]
    assert before <= submitted <= time.time()
    assert before + 600 <= told["wake_at"] <= time.time() + 600


@pytest.mark.parametrize(
    "schedule",
    # The second is the one of DAG files since Airflow 3.1.
    [CronTriggerTimetable, getattr(airflow.sdk, "CronTriggerTimetable", CronTriggerTimetable)],
    ids=["scheduler", "sdk"],
)
def test_a_time_of_day_is_one_in_the_zone_of_the_schedule(
    nights: Nights, symbl_local: SymblLocal, schedule: Callable[..., object]
) -> None:
    """Of a DAG without a start date, too."""
    nights.chat("a.json")
    hold_jobs(symbl_local)
    now = datetime.datetime.now(zoneinfo.ZoneInfo(ZONE))
    end = (now + datetime.timedelta(hours=3)).replace(second=0, microsecond=0)
    with pytest.raises(TaskDeferred) as deferred:
        nights.run("first", finish_by=f"{end:%H:%M}", deferrable=True, schedule=schedule("0 1 * * *", timezone=ZONE))
    assert deferred.value.trigger.serialize()[1]["wake_at"] == pytest.approx(end.timestamp(), abs=SECONDS)


def test_a_file_named_pause_stops_the_sending(nights: Nights, symbl_local: SymblLocal) -> None:
    """Until it is taken away."""
    nights.chat("a.json")
    nights.run("first")
    nights.chat("b.json")
    (nights.ledger / "pause").touch()
    second = nights.run("second")
    assert second.outcomes["b.json"] == ("waiting", "paused")
    assert second.rows["b.json"]["message"] == "a file named pause lies in the ledger"
    assert len(symbl_local.submissions()) == 1
    (nights.ledger / "pause").unlink()
    assert nights.run("second").outcomes["b.json"] == ("landed", "landed")


def test_more_failures_than_allowed_fail_the_task_after_its_report(nights: Nights, symbl_local: SymblLocal) -> None:
    """All the rest has landed by then."""
    for number in range(4):
        nights.chat(f"{number}.json")
    for number in range(2):
        symbl_local.fault(call="POST /v1/process/text", containing=f"about {number}.json", status=400, body={})
    told = nights.run("first", allowed_failures=1)
    assert told.error.startswith("2 recordings have failed, and allowed_failures is 1: ")
    assert told.result["balance"] == {
        "found": 4, "landed": 2, "failed": 2, "waiting": 0, "quarantined": 0, "skipped": 0,
    }  # fmt: skip
    assert (nights.report("first") / "report.html").exists()
    landed = {path for path, outcome in told.outcomes.items() if outcome == ("landed", "landed")}
    assert landed == {"2.json", "3.json"}


def test_a_dry_run_sends_nothing_and_names_what_then_happens(nights: Nights, symbl_local: SymblLocal) -> None:
    """The same recordings, and the same minutes."""
    nights.chat("known.json")
    nights.run("first")
    for number in range(3):
        nights.chat(f"{number}.json")
    (nights.recordings / "empty.wav").touch()
    (nights.recordings / "note.txt").write_text("Not a recording.")
    planned = nights.run("dry", dry_run=True, price_per_minute=10)
    assert len(symbl_local.submissions()) == 1
    done = nights.run("second", price_per_minute=10)
    to_send = {path for path, outcome in planned.outcomes.items() if outcome == ("waiting", "dry run")}
    assert to_send == {path for path, outcome in done.outcomes.items() if outcome == ("landed", "landed")}
    assert to_send == {"0.json", "1.json", "2.json"}
    others = planned.outcomes.keys() - to_send
    assert {path: planned.outcomes[path] for path in others} == {path: done.outcomes[path] for path in others}


def test_a_conversation_is_deleted_once_its_results_stand(nights: Nights, symbl_local: SymblLocal) -> None:
    """Where that fails, the next night deletes it; nothing is paid for again."""
    nights.chat("a.json")
    symbl_local.fault(call="DELETE /v1/conversations/*", status=400, body={"message": "Not now."})
    first = nights.run("first", delete_after=True)
    assert first.outcomes == {"a.json": ("landed", "landed")}
    path = f"/v1/conversations/{first.rows['a.json']['conversation_id']}"
    second = nights.run("second", delete_after=True)
    assert second.outcomes == {"a.json": ("skipped", "landed before")}
    asked = [request["status"] for request in symbl_local.requests(path) if request["method"] == "DELETE"]
    assert asked == [400, 200]
    nights.run("third", delete_after=True)
    assert len(symbl_local.submissions()) == 1
    assert "talk about a.json" in nights.transcript("a.json")


@pytest.fixture(scope="module")
def running_s3() -> Iterator[S3Server]:
    """Run S3, once: all of its servers in a process share their buckets."""
    with S3Server() as server:
        yield server


@pytest.fixture
def s3(running_s3: S3Server, attach_storage: Callable[..., None]) -> S3Server:
    """Make Airflow know it as ``s3://aws@…``, with nothing in it."""
    files = running_s3.files()
    if found := files.find(BUCKET):
        files.rm(found)
    running_s3.reads.clear()
    attach_storage("s3", files, conn_id="aws")
    return running_s3


def test_by_url_no_byte_of_a_recording_passes_the_worker(
    nights: Nights, symbl_local: SymblLocal, s3: S3Server, clips: Path
) -> None:
    """Symbl fetches it by a presigned link; the results lie in the bucket too."""
    symbl_local.progress(by="work")
    content = (clips / "late-parcel.wav").read_bytes()
    s3.files().pipe_file(f"{BUCKET}/calls/late-parcel.wav", content)
    places: dict[str, Any] = {"recordings": f"s3://aws@{BUCKET}/calls", "results": f"s3://aws@{BUCKET}/results"}
    first = nights.run("first", send="url", ledger=str(nights.ledger), **places)
    assert first.result["balance"]["landed"] == 1
    reads = [read for read in s3.reads if read.path.endswith("late-parcel.wav")]
    assert sum(read.size for read in reads if "boto" in read.agent.lower()) == 0
    assert sum(read.size for read in reads) == len(content)
    nights.run("second", send="url", ledger=str(nights.ledger), **places)
    assert len(symbl_local.submissions()) == 1


def test_two_tasks_at_once_over_a_ledger_in_a_bucket_send_each_recording_once(
    nights: Nights, symbl_local: SymblLocal, s3: S3Server
) -> None:
    """Where only the store can tell who was first."""
    for number in range(S3_RECORDINGS):
        content = nights.chat(f"{number:03}.json").read_bytes()
        s3.files().pipe_file(f"{BUCKET}/calls/{number:03}.json", content)
    first_night = datetime.datetime.now(datetime.UTC).date().isoformat()
    together = threading.Barrier(2)
    balances: dict[str, dict[str, int]] = {}

    def run(dag_id: str) -> None:
        together.wait()
        balances[dag_id] = nights.run_stored(
            dag_id=dag_id,
            recordings=f"s3://aws@{BUCKET}/calls",
            results=f"s3://aws@{BUCKET}/results",
            first_night=first_night,
        )["balance"]

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, ["one", "other"]))
    sent = said(symbl_local)
    assert len(sent) == len(set(sent)) == S3_RECORDINGS
    assert sum(balance["landed"] for balance in balances.values()) == S3_RECORDINGS
    assert all(balance["found"] == S3_RECORDINGS for balance in balances.values())
    assert all(balance["failed"] == 0 for balance in balances.values())
    landed = [path for path in s3.files().find(f"{BUCKET}/results") if path.endswith("/transcript.txt")]
    assert len(landed) == S3_RECORDINGS
