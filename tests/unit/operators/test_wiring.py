"""A DAG as authors write them, run by Airflow: mapping, results of other tasks, sensors, links made by storage."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.dag_run import Run, TaskKey, run_dags
from tests.support.object_storage import SIGNATURE
from tests.unit.operators.dags import wiring

if TYPE_CHECKING:
    from tests.support.symbl_local import SymblLocal

pytestmark = pytest.mark.process


@dataclasses.dataclass(frozen=True)
class Observed:
    """A run of the DAG, and the submissions that the server received from it."""

    run: Run
    submissions: list[dict[str, Any]]
    jobs: list[str]
    clips: Path
    clips_url: str


@pytest.fixture(scope="module")
def observed(
    airflow_database: None,  # noqa: ARG001 - the run needs it
    running_symbl_local: SymblLocal,
    clips: Path,
    clips_url: str,
) -> Observed:
    """Run the DAG once for all tests here; each job takes three polls."""
    running_symbl_local.reset()
    running_symbl_local.progress(by="polls", polls=3)
    runs = run_dags(
        Path(wiring.__file__),
        ["wiring"],
        {"clips": str(clips), "signed": "stand-up.wav"},
        {"AIRFLOW_CONN_SYMBL_DEFAULT": json.dumps(running_symbl_local.connection), "CLIPS_URL": clips_url},
    )
    journal = running_symbl_local.requests()
    polls = [request["path"].removeprefix("/v1/job/") for request in journal if request["path"].startswith("/v1/job/")]
    return Observed(runs["wiring"], running_symbl_local.submissions(), polls, clips, clips_url)


def test_everything_succeeds(observed: Observed) -> None:
    """Sensors and operators, mapped or not, in every way of waiting."""
    assert set(observed.run.states.values()) == {"success"}, observed.run.log
    assert len(observed.run.states) == 13


def test_mapped_texts_are_submitted_one_by_one(observed: Observed) -> None:
    """Each list of messages that another task returned is one conversation; its results arrive downstream."""
    texts = [call for call in observed.submissions if call["path"] == "/v1/process/text"]
    contents = [call["body"]["messages"] for call in texts]
    assert wiring.said(wiring.SPOKEN[0]) in contents
    assert wiring.said(wiring.SPOKEN[1]) in contents
    assert observed.run.results[TaskKey("count")] == 2


def test_the_default_name_of_a_mapped_task_has_no_map_index(observed: Observed) -> None:
    """Which index a recording gets depends on what else lies there, so it says nothing; each is found by its end."""
    names = [call["body"].get("name", "") for call in observed.submissions if call["path"] == "/v1/process/text"]
    mapped = [name for name in names if "mapped_texts" in name]
    assert len(mapped) == 2
    assert len(set(mapped)) == 2
    assert all(re.fullmatch(r"wiring mapped_texts manual__\S+ \([0-9a-f]{8}\)", name) for name in mapped)


def test_mapped_files_arrive_whole(observed: Observed) -> None:
    """Templates in mapped arguments and in partial ones are rendered for each."""
    files = [call for call in observed.submissions if call["path"] == "/v1/process/audio"]
    hashes = {hashlib.sha256((observed.clips / clip).read_bytes()).hexdigest() for clip in wiring.CLIPS}
    assert {call["body_sha256"] for call in files} == hashes
    assert [call["query"] for call in files] == [[["name", "mapped_files"]]] * 2


@pytest.mark.parametrize(
    "key", [TaskKey("mapped_texts", 0), TaskKey("mapped_texts", 1), TaskKey("fed"), TaskKey("fed_append")]
)
def test_messages_of_other_tasks_are_not_shown(observed: Observed, key: TaskKey) -> None:
    """What Airflow stores as rendered fields tells that there were messages, and nothing of them."""
    assert observed.run.rendered[key]["messages"] == "messages, not shown"
    assert not any(text in str(observed.run.rendered[key]) for text in wiring.SPOKEN)


def test_no_conversation_is_logged(observed: Observed) -> None:
    """Neither Airflow's log of the tasks nor the package's own holds what was said."""
    assert not any(text in observed.run.log for text in wiring.SPOKEN)


def test_messages_of_another_task_are_sent(observed: Observed) -> None:
    """As the value of the task before, to a new conversation and to that one again."""
    result = observed.run.results[TaskKey("fed")]
    (append,) = [call for call in observed.submissions if call["method"] == "PUT"]
    assert append["path"] == f"/v1/process/text/{result['conversation_id']}"
    assert append["body"]["messages"] == wiring.said(wiring.SPOKEN[2])


def test_the_sensors_waited_for_the_job_of_another_task(observed: Observed) -> None:
    """The job needs three polls, and every sensor asks until it is over."""
    assert observed.jobs.count(observed.run.results[TaskKey("fed")]["job_id"]) >= 3 + 2


def test_a_link_made_by_storage_reaches_symbl_and_nobody_else(observed: Observed) -> None:
    """The link is valid for ``job_timeout``; log, XCom and rendered fields hold the object's URI alone."""
    (call,) = [call for call in observed.submissions if call["path"] == "/v1/process/audio/url"]
    link = f"{observed.clips_url}/stand-up.wav?expires=777&signature={SIGNATURE}"
    assert call["body"]["url"] == link
    assert SIGNATURE not in observed.run.shown
    assert observed.run.rendered[TaskKey("signed")]["url"] == "s3://lake@bucket/stand-up.wav"
