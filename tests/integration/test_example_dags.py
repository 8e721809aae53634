"""The example DAGs run in a whole Airflow: scheduler, workers, triggerer and API server, against symbl-local."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

import jiwer
import pytest
import requests

from demo.box import RECORDINGS, Box, open_box
from demo.results import Result, missing_recordings, path_of, read_results, word_error_rate
from tests.support.word_error import normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

RUN_SECONDS = 600.0
"""Far more than a run takes, so that a busy machine fails nothing."""

KINDS = ("calls", "chats", "meetings")
UNAUTHORISED = 401

DEFERRED = {
    "symbl_text": ["wait"],
    "symbl_audio": ["submit_file", "append_file", "append_url", "submit_url"],
    "symbl_video": ["submit_file", "append_file", "append_url", "submit_url"],
}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """Run Airflow, symbl-local and a web server with the recordings for all tests of this module."""
    with open_box(tmp_path_factory.mktemp("box")) as opened:
        yield opened


def test_the_example_dags_succeed_and_wait_in_the_triggerer(box: Box) -> None:
    """Text, audio and video go through submit, append, wait and read, all three at the same time."""
    # A chat is understood at once. By polls, the sensor's first look finds its job not over, so that it defers.
    requests.put(f"{box.symbl.url}/__local__/progress", json={"by": "polls", "polls": 2}, timeout=10)
    runs = {dag_id: _start(box, dag_id) for dag_id in DEFERRED}
    for dag_id, run_id in runs.items():
        _wait_for_success(box, dag_id, run_id)
    for dag_id, tasks in DEFERRED.items():
        for task_id in tasks:
            assert box.airflow.was_deferred(dag_id, runs[dag_id], task_id), f"{dag_id}.{task_id}"
    read = box.airflow.xcom("symbl_text", runs["symbl_text"], "read")
    assert read["messages"] == len(_chat()) + 1
    submitted = box.airflow.xcom("symbl_audio", runs["symbl_audio"], "submit_file")
    appended = box.airflow.xcom("symbl_audio", runs["symbl_audio"], "append_url")
    assert submitted.keys() == {"conversation_id", "job_id"}
    assert appended["conversation_id"] == submitted["conversation_id"]
    assert appended["job_id"] != submitted["job_id"]


def test_a_night_lands_every_recording_once(box: Box) -> None:
    """The first click does the night, with no run before it; the second night submits nothing."""
    requests.put(f"{box.symbl.url}/__local__/progress", json={"by": "work"}, timeout=10)
    before, started = _submissions(box), datetime.datetime.now(datetime.UTC)
    run_id = _start(box, "symbl_nightly")
    _wait_for_success(box, "symbl_nightly", run_id)
    assert box.airflow.was_deferred("symbl_nightly", run_id, "process")
    results = _check_landed(box.results, KINDS, box)
    told = box.airflow.xcom("symbl_nightly", run_id, "process")
    assert told["balance"]["found"] == len(list(RECORDINGS.rglob("*.*"))) == told["balance"]["skipped"] + len(results)
    assert told["balance"]["landed"] == len(results) == len(_submissions(box)) - len(before)
    assert "lessons-learned.mp3" in path_of(told["report"]).read_text()
    calls = [call for call in _submissions(box)[len(before) :] if call["path"] == "/v1/process/audio"]
    assert sum("enableSeparateRecognitionPerChannel" in str(call) for call in calls) == len(_files("calls"))
    second = box.airflow.trigger("symbl_nightly")
    _wait_for_success(box, "symbl_nightly", second)
    balance = box.airflow.xcom("symbl_nightly", second, "process")["balance"]
    assert balance == {**dict.fromkeys(balance, 0), "found": balance["found"], "skipped": balance["found"]}
    assert len(_submissions(box)) - len(before) == len(results)
    _check_only_due(box, "symbl_nightly", {run_id, second}, started)


def test_a_night_of_mapped_tasks_lands_every_recording_once(box: Box) -> None:
    """Each by tasks of its own, which keep recording and conversation together; the second night finds nothing."""
    requests.put(f"{box.symbl.url}/__local__/progress", json={"by": "work"}, timeout=10)
    before, started = _submissions(box), datetime.datetime.now(datetime.UTC)
    run_id = _start(box, "symbl_nightly_mapped")
    _wait_for_success(box, "symbl_nightly_mapped", run_id)
    assert box.airflow.was_deferred("symbl_nightly_mapped", run_id, "call.submit", map_index=0)
    results = _check_landed(box.results / "mapped", (*KINDS, "videos"), box)
    assert len(_submissions(box)) - len(before) == len(results)
    second = box.airflow.trigger("symbl_nightly_mapped")
    _wait_for_success(box, "symbl_nightly_mapped", second)
    assert len(_submissions(box)) - len(before) == len(results)
    _check_only_due(box, "symbl_nightly_mapped", {run_id, second}, started)


def test_calls_become_tables_that_answer_questions(box: Box) -> None:
    """Each call is landed once, by its own name; and the tables tell who talked how long, and what nobody answered."""
    requests.put(f"{box.symbl.url}/__local__/progress", json={"by": "work"}, timeout=10)
    run_id = _start(box, "symbl_talk_time")
    _wait_for_success(box, "symbl_talk_time", run_id)
    calls = sorted(file.name for file in (RECORDINGS / "calls").iterdir())
    landed = [box.airflow.xcom("symbl_talk_time", run_id, "land", map_index=index) for index in range(len(calls))]
    tasks = box.airflow.task_instances("symbl_talk_time", run_id)
    assert [task.map_index for task in tasks if task.task_id == "land"] == [*range(len(calls))]
    assert len({str(manifest["conversation_id"]) for manifest in landed}) == len(calls)
    documents = [json.loads((box.results / "tables" / call / "conversation.json").read_text()) for call in calls]
    scripts = json.loads((RECORDINGS / "scripts.json").read_text())
    for call, document in zip(calls, documents, strict=True):
        said = " ".join(message["text"] for message in document["messages"])
        expected = " ".join(turn["text"] for turn in scripts[f"calls/{call}"]["turns"])
        assert jiwer.wer(normalised(expected), normalised(said)) <= 0.15
    answers = box.airflow.xcom("symbl_talk_time", run_id, "ask")
    assert {speaker for _, speaker, _, _ in answers["talk_time"]} == {"Agent", "Customer"}
    assert sum(messages for _, _, _, messages in answers["talk_time"]) == sum(
        len(document["messages"]) for document in documents
    )
    assert sum(seconds for _, _, seconds, _ in answers["talk_time"]) > 30
    unanswered = sorted(text for document in documents for text in _unanswered(document))
    assert sorted(asked["question"] for asked in answers["unanswered"]) == unanswered


def test_parts_of_a_meeting_become_one_transcript(box: Box) -> None:
    """In their order; afterwards Symbl holds nothing of it."""
    requests.put(f"{box.symbl.url}/__local__/progress", json={"by": "work"}, timeout=10)
    run_id = _start(box, "symbl_meeting_parts")
    _wait_for_success(box, "symbl_meeting_parts", run_id)
    folder = box.results / "parts" / "a-meeting-in-three-parts"
    document = json.loads((folder / "conversation.json").read_text())
    said = [message["text"] for message in document["messages"]]
    scripts = json.loads((RECORDINGS / "scripts.json").read_text())
    parts = ("meetings/stand-up.wav", "meetings/project-review.mp3", "meetings/lessons-learned.mp3")
    expected = [turn["text"] for part in parts for turn in scripts[part]["turns"]]
    assert jiwer.wer(normalised(" ".join(expected)), normalised(" ".join(said))) <= 0.15
    assert " ".join(said[-1].split()[-2:]) in (folder / "transcript.srt").read_text()
    # Airflow's API reads text of digits as a number.
    assert str(box.airflow.xcom("symbl_meeting_parts", run_id, "delete")) == document["conversation"]["id"]


def _check_landed(folder: Path, kinds: Iterable[str], box: Box) -> list[Result]:
    """Check that each recording has landed with its own words, and with subtitles; and return what has landed."""
    folders = [folder / kind for kind in kinds]  # other examples write beside them
    results = [result for kind in folders for result in read_results(kind, box.symbl.job_seconds())]
    assert missing_recordings(results, RECORDINGS) == []
    assert word_error_rate(results, RECORDINGS) <= 0.10
    assert len(results) == len({result.recording for result in results}) == sum(len(_files(kind)) for kind in KINDS)
    subtitles = [file.read_text() for kind in folders for file in kind.glob("*/transcript.srt")]
    assert len(subtitles) == sum("-->" in text for text in subtitles) == len(results)
    return results


def _files(kind: str) -> list[Path]:
    return list((RECORDINGS / kind).iterdir())


def _submissions(box: Box) -> list[dict[str, Any]]:
    """Return what symbl-local received, but for what it refused for its token."""
    received = requests.get(f"{box.symbl.url}/__local__/journal", timeout=10).json()["requests"]
    return [each for each in received if each["path"].startswith("/v1/process/") and each["status"] != UNAUTHORISED]


def _check_only_due(box: Box, dag_id: str, clicked: set[str], started: datetime.datetime) -> None:
    """Check that Airflow has made no run of its own but for what became due meanwhile, by the schedule."""
    others = [run["run_after"] for run in box.airflow.runs(dag_id) if run["dag_run_id"] not in clicked]
    due = started - datetime.timedelta(minutes=5)
    assert [after for after in others if datetime.datetime.fromisoformat(after) < due] == []


def _unanswered(document: Mapping[str, Any]) -> Iterator[str]:
    """Give the questions after which nobody else spoke."""
    speakers = {message["id"]: message["speaker"]["name"] for message in document["messages"]}
    following = dict(zip(speakers, [*list(speakers.values())[1:], None], strict=True))
    for question in document["questions"]:
        last = question["message_ids"][-1]
        if following[last] in {None, speakers[last]}:
            yield question["text"]


def _start(box: Box, dag_id: str) -> str:
    box.airflow.wait_for_dag(dag_id)
    run_id = box.airflow.trigger(dag_id)
    box.airflow.unpause(dag_id)
    return run_id


def _wait_for_success(box: Box, dag_id: str, run_id: str) -> None:
    state = box.airflow.wait_for_run(dag_id, run_id, RUN_SECONDS)
    assert state == "success", box.airflow.describe_run(dag_id, run_id)


def _chat() -> list[object]:
    messages: list[object] = json.loads((RECORDINGS / "chats" / "expired-password.json").read_text())
    return messages
