"""One DAG with all ten operators, run by Airflow: what Symbl receives from it, whichever way it waits."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import pytest

from airflow_provider_symbl.hooks.arguments import is_templated
from tests.support.audio import RECORDINGS
from tests.support.dag_run import Run, TaskKey, run_dags
from tests.unit.operators.dags import ten_calls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.symbl_local import SymblLocal

pytestmark = pytest.mark.process

SOURCES = tuple(ten_calls.OPERATORS)
STEPS = ("submit", "append")
TASKS = tuple(f"{step}_{source}" for source in SOURCES for step in STEPS)
FILE_TASKS = tuple(task for task in TASKS if task.endswith("_file"))
BODY_TASKS = tuple(task for task in TASKS if not task.endswith("_file"))
PATHS = {
    "text": "/v1/process/text",
    "audio_file": "/v1/process/audio",
    "audio_url": "/v1/process/audio/url",
    "video_file": "/v1/process/video",
    "video_url": "/v1/process/video/url",
}
CLIPS = {
    "submit_audio_file": "late-parcel.wav",
    "append_audio_file": "project-review.mp3",
    "submit_audio_url": "stand-up.wav",
    "append_audio_url": "late-parcel.wav",
    "submit_video_file": "launch-planning.mp4",
    "append_video_file": "customer-interview.mp4",
    "submit_video_url": "launch-planning.mp4",
    "append_video_url": "customer-interview.mp4",
}
CONTENT_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".mp4": "video/mp4"}
CHAT = RECORDINGS / "chats" / "expired-password.json"
MORE_MESSAGES = [{"from": {"name": "Ann", "userId": "a1"}, "payload": {"content": "One more: “Zürich” & 100 %"}}]

PARAMS: Mapping[str, Any] = {
    "symbl_conn_id": "symbl_elsewhere",
    "customer": "Müller & Söhne + 50%",
    "confidence_threshold": 0.75,
    "yes": True,
    "no": False,
    "entities": [{"customType": "Colour", "text": "Grün/Blau #7", "value": "gb7"}],
    "tracker": "Delay",
    "features": ["insights", "callScore"],
    "sales_stage": "discovery",
    "conversation_type": "sales",
    "words": ["Zürich"],
    "language": "en-GB",
    "mode": "phone",
    "channels": [{"channel": 1, "speaker": {"email": "ann@example.com", "name": "Ann Å"}}],
    "speakers": 1,
    "offset": 60,
}


class Sent(NamedTuple):
    """How a parameter's value stands in a JSON body, and how in a query string before it is percent-encoded."""

    in_body: Any
    in_query: str


TEXT_PARAMETERS: Mapping[str, Sent] = {
    "confidenceThreshold": Sent(0.75, "0.75"),
    "detectPhrases": Sent(in_body=True, in_query="true"),
    "detectEntities": Sent(in_body=False, in_query="false"),
    "entities": Sent(PARAMS["entities"], '[{"customType":"Colour","text":"Grün/Blau #7","value":"gb7"}]'),
    "trackers": Sent(
        [{"name": "Delay", "vocabulary": ["delay", "I'm late & sorry"]}],
        '[{"name":"Delay","vocabulary":["delay","I\'m late & sorry"]}]',
    ),
    "enableAllTrackers": Sent(in_body=False, in_query="false"),
    "enableSummary": Sent(in_body=True, in_query="true"),
    "features": Sent(
        {"featureList": ["insights", "callScore"], "callScore": {"scorecardId": "12"}},
        '{"featureList":["insights","callScore"],"callScore":{"scorecardId":"12"}}',
    ),
    "metadata": Sent(
        {"salesStage": "discovery", "prospectName": "Müller & Söhne + 50%"},
        '{"salesStage":"discovery","prospectName":"Müller & Söhne + 50%"}',
    ),
    "conversationType": Sent("sales", "sales"),
}
SPEECH_PARAMETERS: Mapping[str, Sent] = {
    "customVocabulary": Sent(["Zürich"], '["Zürich"]'),
    "languageCode": Sent("en-GB", "en-GB"),
    "mode": Sent("phone", "phone"),
    "enableSeparateRecognitionPerChannel": Sent(in_body=True, in_query="true"),
    "channelMetadata": Sent(
        PARAMS["channels"],
        '[{"channel":1,"speaker":{"email":"ann@example.com","name":"Ann Å"}}]',
    ),
    "enableSpeakerDiarization": Sent(in_body=True, in_query="true"),
    "diarizationSpeakerCount": Sent(1, "1"),
}


@dataclasses.dataclass(frozen=True)
class Observed:
    """A run of the DAG, and what the server received from it and the other one."""

    dag_id: str
    run: Run
    journal: list[dict[str, Any]]
    clips: Path
    clips_url: str
    app_secret: str

    def result(self, task_id: str) -> dict[str, str]:
        """Return what a task returned."""
        found: dict[str, str] = self.run.results[TaskKey(task_id)]
        return found

    def call(self, task_id: str) -> dict[str, Any]:
        """Return the one submission or append of a task."""
        name = self.name(task_id)
        (call,) = [
            call for call in self.journal if name in ((call["body"] or {}).get("name"), dict(call["query"]).get("name"))
        ]
        return call

    def name(self, task_id: str) -> str:
        """Return the name that a task gives its conversation."""
        return f"{self.dag_id} {task_id} of Müller & Söhne + 50%"

    def parameters(self, task_id: str) -> dict[str, Sent]:
        """Return every parameter that a task must send."""
        name = self.name(task_id)
        hook = f"{self.clips_url}/hook?run=M%C3%BCller%20%26%20S%C3%B6hne%20%2B%2050%25"
        speech = {} if task_id.endswith("_text") else SPEECH_PARAMETERS
        return {"name": Sent(name, name), "webhookUrl": Sent(hook, hook), **TEXT_PARAMETERS, **speech}


@pytest.fixture(scope="module")
def both(
    airflow_database: None,  # noqa: ARG001 - the run needs it
    running_symbl_local: SymblLocal,
    clips: Path,
    clips_url: str,
) -> dict[str, Observed]:
    """Run both DAGs, once for all tests here."""
    running_symbl_local.reset()
    contents = {task: f"{clips_url if task.endswith('_url') else clips}/{name}" for task, name in CLIPS.items()}
    contents |= {"submit_text": str(CHAT), "append_text": json.dumps(MORE_MESSAGES)}
    runs = run_dags(
        Path(ten_calls.__file__),
        [ten_calls.sync.dag_id, ten_calls.deferrable.dag_id],
        {**PARAMS, "clips_url": clips_url, "contents": contents},
        {"AIRFLOW_CONN_SYMBL_ELSEWHERE": json.dumps(running_symbl_local.connection)},
    )
    received = (running_symbl_local.requests(), clips, clips_url, running_symbl_local.app_secret)
    return {dag_id: Observed(dag_id, run, *received) for dag_id, run in runs.items()}


@pytest.fixture(params=["ten_calls_sync", "ten_calls_deferrable"])
def observed(request: pytest.FixtureRequest, both: dict[str, Observed]) -> Observed:
    """Return each of the two in turn."""
    return both[request.param]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("step", [0, 1])
def test_the_dag_fills_every_template_field_with_a_template(source: str, step: int) -> None:
    """What follows covers all arguments that can be templated: none is left at a literal or its default."""
    task = ten_calls.sync.get_task(f"{STEPS[step]}_{source}")
    literal = [field for field in task.template_fields if not is_templated(getattr(task, field))]
    assert literal == []
    assert type(task) is ten_calls.OPERATORS[source][step]


@pytest.mark.parametrize("task_id", TASKS)
def test_every_task_succeeds_and_returns_both_ids(observed: Observed, task_id: str) -> None:
    """Whether it waited in the worker or in the triggerer, a task returns the same two keys, both text."""
    assert observed.run.states[TaskKey(task_id)] == "success", observed.run.log
    result = observed.result(task_id)
    assert list(result) == ["conversation_id", "job_id"]
    assert [type(value) for value in result.values()] == [str, str]
    assert all(result.values())


@pytest.mark.parametrize("source", SOURCES)
def test_an_append_goes_to_the_conversation_that_was_submitted(observed: Observed, source: str) -> None:
    """The id travels through XCom into the path, and the append gets a job of its own."""
    submitted, appended = observed.result(f"submit_{source}"), observed.result(f"append_{source}")
    assert appended["conversation_id"] == submitted["conversation_id"]
    assert appended["job_id"] != submitted["job_id"]
    assert observed.call(f"append_{source}")["path"] == f"{PATHS[source]}/{submitted['conversation_id']}"


@pytest.mark.parametrize("task_id", TASKS)
def test_submits_are_posts_and_appends_are_puts_that_are_accepted(observed: Observed, task_id: str) -> None:
    """The method and the path are what tells one from the other."""
    call = observed.call(task_id)
    step, _, source = task_id.partition("_")
    path = PATHS[source] + (f"/{observed.result(task_id)['conversation_id']}" if step == "append" else "")
    assert (call["method"], call["path"], call["status"]) == ("POST" if step == "submit" else "PUT", path, 201)


def test_each_task_submits_once_and_all_share_one_token(observed: Observed) -> None:
    """Twice ten tasks make as many submissions; workers and triggers of one process share an account's token."""
    paths = [request["path"] for request in observed.journal]
    assert sum(path.startswith("/v1/process/") for path in paths) == 2 * len(TASKS)
    assert paths.count("/oauth2/token:generate") == 1


@pytest.mark.parametrize("task_id", FILE_TASKS)
def test_a_file_travels_with_its_parameters_in_the_query(observed: Observed, task_id: str) -> None:
    """Each parameter stands in the query with its exact text, percent-encoded, and nothing else does."""
    call = observed.call(task_id)
    expected = {name: sent.in_query for name, sent in observed.parameters(task_id).items()}
    assert dict(call["query"]) == expected
    assert sorted(call["query_string"].split("&")) == sorted(
        f"{name}={quote(text, safe='')}" for name, text in expected.items()
    )


@pytest.mark.parametrize("task_id", FILE_TASKS)
def test_a_file_arrives_as_it_lies_on_disk(observed: Observed, task_id: str) -> None:
    """The whole body is the file, announced by type and length."""
    call, file = observed.call(task_id), observed.clips / CLIPS[task_id]
    assert call["body_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert call["headers"]["content-type"] == CONTENT_TYPES[file.suffix]
    assert call["headers"]["content-length"] == str(file.stat().st_size)
    assert "transfer-encoding" not in call["headers"]


@pytest.mark.parametrize("task_id", BODY_TASKS)
def test_text_and_links_travel_with_their_parameters_in_the_body(observed: Observed, task_id: str) -> None:
    """The JSON body holds the content and each parameter, typed; the query is empty."""
    call = observed.call(task_id)
    contents: dict[str, Any] = {"submit_text": json.loads(CHAT.read_text()), "append_text": MORE_MESSAGES}
    content = contents.get(task_id) or f"{observed.clips_url}/{CLIPS[task_id]}"
    expected = {name: sent.in_body for name, sent in observed.parameters(task_id).items()}
    expected |= {"messages" if task_id in contents else "url": content, "timezoneOffset": "60"}
    assert call["body"] == expected
    # Equality alone takes 1 for True and 0.75 for "0.75"'s number; the kinds must be the same, too.
    assert [type(call["body"][name]) for name in expected] == [type(value) for value in expected.values()]
    assert call["query"] == []
    assert call["headers"]["content-type"] == "application/json"
    assert call["headers"]["content-length"] == str(call["body_size"])


@pytest.mark.parametrize("task_id", TASKS)
def test_the_job_and_then_the_features_are_waited_for(observed: Observed, task_id: str) -> None:
    """A task ends only after the job, the insights and the call score were seen, in this order."""
    result = observed.result(task_id)
    conversation = f"/v1/conversations/{result['conversation_id']}"
    wanted = iter(
        [f"/v1/job/{result['job_id']}", f"{conversation}/lm-insights/status", f"{conversation}/callscore/status"]
    )
    awaited = next(wanted)
    for request in observed.journal:
        if request["path"] == awaited:
            awaited = next(wanted, "")
    assert awaited == ""


def test_no_secret_and_no_conversation_is_shown(observed: Observed) -> None:
    """Log, XCom and rendered fields hold neither the App Secret, nor a token, nor what was said."""
    spoken = "I cannot sign in to my account"
    assert spoken in CHAT.read_text()
    for text in (observed.app_secret, "Bearer ", "accessToken", spoken, "One more"):
        assert text not in observed.run.shown


def test_rendered_fields_show_what_was_sent(observed: Observed) -> None:
    """A person sees in Airflow's UI what the templates came to, and that there were messages."""
    rendered = observed.run.rendered[TaskKey("append_text")]
    assert rendered["name"] == observed.name("append_text")
    assert rendered["messages"] == "messages, not shown"
