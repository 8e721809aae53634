"""``render_template_as_native_obj=True``: all ten operators, every field a template, and what the server receives."""

from __future__ import annotations

import itertools
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG

from airflow_provider_symbl.client.client import SymblClient
from tests.support.airflow_tasks import run
from tests.support.audio import Sound
from tests.unit.operators.dags.ten_calls import OPERATORS

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
    from tests.support.scripted_symbl import ScriptedSymbl
    from tests.support.symbl_local import SymblLocal

ALL = tuple(itertools.chain.from_iterable(OPERATORS.values()))
APPENDS = tuple(operator for operator in ALL if operator.is_append)

# What Airflow makes a number, a boolean or a list of stands in a template of its own.
TEMPLATES: dict[str, Any] = {
    "symbl_conn_id": "{{ params.digits }}",
    "name": "{{ params.digits }}",
    "confidence_threshold": "{{ params.threshold }}",
    "detect_phrases": "{{ params.yes }}",
    "detect_entities": "{{ params.yes }}",
    "entities": [{"customType": "{{ params.digits }}", "text": "{{ params.digits }}", "value": "{{ params.digits }}"}],
    "trackers": [{"name": "{{ params.digits }}", "vocabulary": ["{{ params.digits }}", "{{ params.threshold }}"]}],
    "enable_all_trackers": "{{ params.yes }}",
    "enable_summary": "{{ params.yes }}",
    "webhook_url": "{{ params.link }}",
    "features": "{{ params.features }}",
    "metadata": {"salesStage": "{{ params.stage }}", "prospectName": "{{ params.threshold }}"},
    "conversation_type": "{{ params.type }}",
    "extra_parameters": "{{ params.extra }}",
    "custom_vocabulary": "{{ params.words }}",
    "language_code": "{{ params.language }}",
    "mode": "{{ params.mode }}",
    "enable_separate_recognition_per_channel": "{{ params.yes }}",
    "channel_metadata": [{"channel": "{{ params.one }}", "speaker": {"name": "{{ params.digits }}"}}],
    "enable_speaker_diarization": "{{ params.yes }}",
    "diarization_speaker_count": "{{ params.one }}",
    "conversation_id": "{{ params.conversation_id }}",
    "file": "{{ params.digits }}",
    "url": "{{ params.link }}",
    "messages": [{"payload": {"content": "{{ params.digits }}"}, "from": {"name": "{{ params.threshold }}"}}],
}
PARAMS: dict[str, Any] = {
    "digits": "20261124",
    "threshold": "0.75",
    "yes": "True",
    "one": "1",
    "link": "http://127.0.0.1:9/x?a=1",
    "features": '{"featureList": ["insights"]}',
    "stage": "discovery",
    "type": "sales",
    "extra": '{"timezoneOffset": 60}',
    "words": '["1984", "R2"]',
    "language": "en-GB",
    "mode": "phone",
}
SENT: dict[str, Any] = {
    "name": "20261124",
    "confidenceThreshold": 0.75,
    "detectPhrases": True,
    "detectEntities": True,
    "entities": [{"customType": "20261124", "text": "20261124", "value": "20261124"}],
    "trackers": [{"name": "20261124", "vocabulary": ["20261124", "0.75"]}],
    "enableAllTrackers": True,
    "enableSummary": True,
    "webhookUrl": PARAMS["link"],
    "features": {"featureList": ["insights"]},
    "metadata": {"salesStage": "discovery", "prospectName": "0.75"},
    "conversationType": "sales",
}
SENT_OF_SPEECH: dict[str, Any] = {
    "customVocabulary": ["1984", "R2"],
    "languageCode": "en-GB",
    "mode": "phone",
    "enableSeparateRecognitionPerChannel": True,
    "channelMetadata": [{"channel": 1, "speaker": {"name": "20261124"}}],
    "enableSpeakerDiarization": True,
    "diarizationSpeakerCount": 1,
}
CONTENT: dict[str, Any] = {
    "messages": [{"payload": {"content": "20261124"}, "from": {"name": "0.75"}}],
    "url": PARAMS["link"],
}


def make(operator: type[SymblSubmissionOperator], **changes: Any) -> SymblSubmissionOperator:
    """Make an operator with all fields templates, that does not wait."""
    templates = {name: TEMPLATES[name] for name in operator.template_fields}
    with DAG("native", schedule=None, render_template_as_native_obj=True):
        return operator(task_id="send", wait_for_completion=False, **(templates | changes))


def in_query(value: object) -> str:
    """Return how a value stands in a query."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


@pytest.fixture
def conversation_id(symbl_local: SymblLocal) -> str:
    """Return a conversation to append to."""
    with SymblClient(symbl_local.settings) as client:
        return client.submit_text([{"payload": {"content": "Good morning."}}]).conversation_id


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("operator", ALL)
def test_the_server_receives_what_was_meant(
    symbl_local: SymblLocal,
    conversation_id: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    operator: type[SymblSubmissionOperator],
) -> None:
    """A number that stands for text arrives as text, a number as a number, everything under its own name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / PARAMS["digits"]).write_bytes(Sound().tone(0.1).wav())
    monkeypatch.setenv(f"AIRFLOW_CONN_{PARAMS['digits']}", os.environ["AIRFLOW_CONN_SYMBL_DEFAULT"])
    # Symbl says nothing of a time zone for files.
    changes = {"extra_parameters": "{{ None }}"} if operator.source.content == "file" else {}
    with DAG("native", schedule=None):
        run(make(operator, **changes), conversation_id=conversation_id, **PARAMS)
    call = symbl_local.submissions()[-1]
    expected = SENT | ({} if operator.source.content == "messages" else SENT_OF_SPEECH)
    assert call["path"].endswith(f"/{conversation_id}" if operator.is_append else operator.source.submit.path)
    if operator.source.content == "file":
        assert dict(call["query"]) == {name: in_query(value) for name, value in expected.items()}
    else:
        content = {operator.source.content: CONTENT[operator.source.content], "timezoneOffset": 60}
        assert call["body"] == expected | content
        assert call["query"] == []


NEEDED = [
    (operator, name)
    for operator in ALL
    for name in ("symbl_conn_id", operator.source.content, *(["conversation_id"] if operator.is_append else []))
]


@pytest.mark.parametrize(("operator", "name"), NEEDED)
@pytest.mark.parametrize("nothing", [None, "None", "", "null"])
@pytest.mark.parametrize("native", [False, True])
def test_a_template_that_gives_none_for_what_is_needed_fails_the_task_for_good(
    scripted_symbl: ScriptedSymbl,
    operator: type[SymblSubmissionOperator],
    name: str,
    nothing: object,
    native: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Before any request, and the message says whose fault it is."""
    content = {"messages": "chat.json", "file": "call.wav", "url": "https://h.example/call.wav"}
    arguments = {operator.source.content: content[operator.source.content], "conversation_id": "7"}
    given: dict[str, Any] = {key: value for key, value in arguments.items() if key in operator.template_fields}
    with DAG("a_dag", schedule=None, render_template_as_native_obj=native):
        task = operator(task_id="send", **(given | {name: "{{ params.x }}"}))
    with pytest.raises(AirflowFailException, match=f"{name}: the template gave .*; allowed: a value that is not empty"):
        run(task, x=nothing)
    assert scripted_symbl.received == []


OPTIONAL = sorted({name for operator in ALL for name in (*operator.parameter_names, "extra_parameters")} - {"name"})


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("nothing", [None, "None", "", "null"])
@pytest.mark.parametrize("native", [False, True])
def test_a_template_that_gives_none_for_the_rest_is_not_given(
    symbl_local: SymblLocal,
    nothing: object,
    native: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """No conversation is called None, and a key of an object is left out as the whole would be."""
    submit = OPERATORS["audio_url"][0]
    arguments: dict[str, Any] = dict.fromkeys(["name", *OPTIONAL], "{{ params.x }}")
    arguments["metadata"] = {"salesStage": "{{ params.x }}", "prospectName": "Ann"}
    with DAG("a_dag", schedule=None, render_template_as_native_obj=native):
        task = submit(task_id="send", url=PARAMS["link"], wait_for_completion=False, **arguments)
    run(task, x=nothing)
    body = symbl_local.submissions()[-1]["body"]
    assert body.pop("name").startswith("a_dag send manual__")
    assert body == {"url": PARAMS["link"], "metadata": {"prospectName": "Ann"}}
