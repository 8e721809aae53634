"""The operators' arguments: what is refused when a DAG is parsed, and what waits until the task runs."""

from __future__ import annotations

import datetime
import inspect
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG, BaseOperator

from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.operators.audio import (
    SymblAppendAudioFileOperator,
    SymblSubmitAudioFileOperator,
    SymblSubmitAudioUrlOperator,
)
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from tests.support.airflow_tasks import run
from tests.unit.operators.dags.ten_calls import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
    from tests.support.scripted_symbl import ScriptedSymbl

SUBMITS = tuple(submit for submit, _ in OPERATORS.values())
APPENDS = tuple(append for _, append in OPERATORS.values())
ALL = tuple(itertools.chain(SUBMITS, APPENDS))

MESSAGES = [{"payload": {"content": "Good morning."}}]
CONTENT = {"messages": MESSAGES, "file": "/recordings/call.wav", "url": "https://recordings.example.com/call.wav"}

OTHER_VALUES: Mapping[str, Any] = {
    **CONTENT,
    "conversation_id": "77",
    "symbl_conn_id": "symbl_elsewhere",
    "name": "A call",
    "confidence_threshold": 0.7,
    "detect_phrases": True,
    "detect_entities": True,
    "entities": [{"customType": "Colour", "text": "green"}],
    "trackers": [{"id": "7"}],
    "enable_all_trackers": True,
    "enable_summary": True,
    "webhook_url": "https://hook.example.com",
    "features": {"featureList": ["insights"]},
    "metadata": {"salesStage": "demo"},
    "conversation_type": "sales",
    "extra_parameters": {"timezoneOffset": 60},
    "wait_for_completion": False,
    "deferrable": True,
    "poll_interval": 1.0,
    "max_poll_interval": 2.0,
    "job_timeout": 3.0,
    "on_unknown_submission": "fail",
    "on_clear": "resume",
    "custom_vocabulary": ["Symbl"],
    "language_code": "en-GB",
    "mode": "phone",
    "enable_separate_recognition_per_channel": True,
    "channel_metadata": [{"channel": 1, "speaker": {"name": "Ann"}}],
    "enable_speaker_diarization": True,
    "diarization_speaker_count": 2,
}


def content_of(operator: type[SymblSubmissionOperator]) -> dict[str, Any]:
    """Return the arguments that an operator cannot do without."""
    content = {operator.source.content: CONTENT[operator.source.content]}
    return content | ({"conversation_id": "77"} if operator.is_append else {})


def make(operator: type[SymblSubmissionOperator], **changes: Any) -> Any:  # noqa: ANN401 - one of ten classes
    """Make an operator with all that it cannot do without."""
    return operator(task_id="a_task", **(content_of(operator) | changes))


def own_arguments(operator: type[SymblSubmissionOperator]) -> set[str]:
    """Return the names of all arguments that an operator has beyond Airflow's own."""
    own = operator.__mro__[: operator.__mro__.index(BaseOperator)]
    constructors = [vars(parent)["__init__"] for parent in own if "__init__" in vars(parent)]
    names = {name for constructor in constructors for name in inspect.signature(constructor).parameters}
    return names - {"self", "args", "kwargs"}


@pytest.mark.parametrize("operator", ALL)
def test_default_args_reach_every_argument(operator: type[SymblSubmissionOperator]) -> None:
    """What a DAG sets for all its tasks is not lost on the way through the constructors."""
    names = own_arguments(operator)
    assert names <= set(OTHER_VALUES)
    with DAG("a_dag", schedule=None, default_args={name: OTHER_VALUES[name] for name in names}):
        task = operator(task_id="a_task")
    assert {name: getattr(task, name) for name in names} == {name: OTHER_VALUES[name] for name in names}


@pytest.mark.parametrize("operator", ALL)
def test_every_parameter_of_symbl_is_a_template_field(operator: type[SymblSubmissionOperator]) -> None:
    """All that a template can reasonably fill can be templated; pauses and switches of Airflow cannot."""
    literal = {
        "wait_for_completion",
        "deferrable",
        "poll_interval",
        "max_poll_interval",
        "job_timeout",
        "on_unknown_submission",
        "on_clear",
    }
    assert isinstance(operator.template_fields, tuple)
    assert set(operator.template_fields) == own_arguments(operator) - literal
    assert set(operator.template_fields_renderers) <= set(operator.template_fields)


@pytest.mark.parametrize("operator", ALL)
def test_defaults(operator: type[SymblSubmissionOperator]) -> None:
    """A task waits, for four hours at most, and only an unknown append is not made again."""
    task = make(operator)
    assert task.symbl_conn_id == "symbl_default"
    assert (task.wait_for_completion, task.deferrable) == (True, False)
    assert (task.poll_interval, task.max_poll_interval, task.job_timeout) == (5.0, 60.0, 4 * 3600.0)
    assert task.on_unknown_submission == ("fail" if operator in APPENDS else "resubmit")
    assert task.on_clear == "airflow"


@pytest.mark.process
def test_airflows_setting_decides_whether_tasks_defer() -> None:
    """``[operators] default_deferrable`` is the default of ``deferrable``, for the sensor too."""
    code = (
        "from airflow_provider_symbl.operators.text import SymblSubmitTextOperator as Operator\n"
        "from airflow_provider_symbl.sensors.job import SymblJobSensor as Sensor\n"
        "print(Operator(task_id='a', messages='chat.json').deferrable, Sensor(task_id='b', job_id='1').deferrable)"
    )
    environment = {**os.environ, "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "True"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "True True"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"confidence_threshold": 0.2}, r"confidence_threshold: got 0\.2; allowed: a number from 0\.5 to 1\.0"),
    ({"confidence_threshold": "high"}, r"confidence_threshold: got 'high'; allowed: a number from 0\.5 to 1\.0"),
    ({"detect_phrases": "yes"}, r"detect_phrases: got 'yes'; allowed: True or False"),
    ({"enable_summary": 1}, r"enable_summary: got 1; allowed: True or False"),
    ({"entities": [{"text": "green"}]}, r"entities\[0\]\.customType: got nothing; allowed: text that is not blank"),
    ({"trackers": [{"name": "Delay"}]}, r"trackers\[0\]\.vocabulary: got nothing; allowed: a list of at least"),
    ({"webhook_url": "hook.example.com"}, r"webhook_url: got 'hook\.example\.com'; allowed: an absolute http or https"),
    ({"features": {"featureList": ["insight"]}}, r"features\.featureList\[0\]: got 'insight'; allowed: insights, call"),
    ({"metadata": {"salesStage": " "}}, r"metadata\.salesStage: got ' '; allowed: text that is not blank"),
    ({"conversation_type": "support"}, r"conversation_type: got 'support'; allowed: sales, general"),
    ({"custom_vocabulary": "Symbl"}, r"custom_vocabulary: got .*; allowed: a list of at least one item"),
    ({"language_code": "en"}, r"language_code: got 'en'; allowed: en-US, en-GB"),
    ({"mode": "telephone"}, r"mode: got 'telephone'; allowed: default, phone"),
    ({"enable_speaker_diarization": True}, r"diarization_speaker_count: got nothing; allowed: a number of speakers"),
    ({"diarization_speaker_count": 2}, r"diarization_speaker_count: got 2; allowed: to be given with enable_speaker_"),
    ({"channel_metadata": [{"channel": 1, "speaker": {"name": "Ann"}}]}, r"channel_metadata: got .*; allowed: to be"),
    (
        {"extra_parameters": {"languageCode": "en-US"}},
        r"extra_parameters: got 'languageCode'; allowed: .*language_code",
    ),
    ({"extra_parameters": {"url": "x"}}, r"extra_parameters: got 'url'; allowed: names other than 'url'"),
    ({"extra_parameters": ["x"]}, r"extra_parameters: got a value of type list; allowed: a mapping"),
    ({"poll_interval": 0}, r"poll_interval: got 0; allowed: seconds, a number above 0"),
    ({"poll_interval": "5"}, r"poll_interval: got '5'; allowed: seconds, a number above 0"),
    (
        {"poll_interval": 90.0, "max_poll_interval": 60.0},
        r"poll_interval: got 90\.0; allowed: at most max_poll_interval, 60\.0",
    ),
    ({"max_poll_interval": -1}, r"max_poll_interval: got -1; allowed: seconds, a number above 0"),
    ({"job_timeout": 0}, r"job_timeout: got 0; allowed: seconds, a number above 0"),
    ({"on_unknown_submission": "retry"}, r"on_unknown_submission: got 'retry'; allowed: resubmit, fail"),
    ({"on_clear": "resubmit"}, r"on_clear: got 'resubmit'; allowed: airflow, submit, resume"),
    ({"on_clear": None}, r"on_clear: got nothing; allowed: airflow, submit, resume"),
    ({"url": 5}, r"url: got 5; allowed: http, https, or object storage"),
    ({"url": "/data/c.wav"}, r"url: got '/data/c\.wav'; allowed: .*; for a file use SymblSubmitAudioFileOperator$"),
    ({"url": Path("/data/c.wav")}, r"url: got '/data/c\.wav'; allowed: .*; for a file use SymblSubmitAudioFileOpera"),
    ({"url": "file:///data/c.wav"}, r"url: got 'file:///data/c\.wav'; .* use SymblSubmitAudioFileOperator$"),
    ({"url": "h.example.com/c.wav"}, r"url: got 'h\.example\.com/c\.wav'; allowed: http, https, or"),
    ({"url": "ftp://h.example/c.wav?key=abc"}, r"url: got 'ftp://h\.example/c\.wav\?…'; allowed: http, https, or"),
    ({"url": "htps://h.example/c.wav"}, r"url: got 'htps://h\.example/c\.wav'; .*; did you mean https\?$"),
    ({"url": "https://h.example/a b.wav"}, r"url: got 'https://h\.example/a b\.wav'; .* a space is written %20$"),
    ({"symbl_conn_id": None}, r"symbl_conn_id: got nothing; allowed: a value that is not empty"),
    ({"symbl_conn_id": True}, r"symbl_conn_id: got True; allowed: text that is not blank"),
    ({"extra_parameters": "{'a': 1}"}, r"extra_parameters: got a value of type str; .*\| tojson"),
    ({"url": ""}, r"url: got ''; allowed: a value that is not empty"),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED, ids=[str(arguments) for arguments, _ in REFUSED])
def test_a_wrong_literal_is_refused_when_the_dag_is_parsed(arguments: Mapping[str, Any], told: str) -> None:
    """A mistake in a DAG file shows in the DAG list, with name, value and what is allowed, not in the night."""
    with pytest.raises(SymblConfigurationError, match=told):
        make(SymblSubmitAudioUrlOperator, **arguments)


@pytest.mark.parametrize("operator", APPENDS)
@pytest.mark.parametrize("empty", ["", None])
def test_an_append_needs_its_conversation(operator: type[SymblSubmissionOperator], empty: object) -> None:
    """Without an id it would be a submit."""
    with pytest.raises(SymblConfigurationError, match=r"conversation_id: got .*; allowed: a value that is not empty"):
        make(operator, conversation_id=empty)


@pytest.mark.parametrize("operator", [operator for operator in ALL if operator.source.content == "file"])
def test_a_link_is_no_file(operator: type[SymblSubmissionOperator]) -> None:
    """The error names the operator that takes links, and no signature."""
    with pytest.raises(SymblConfigurationError, match=f"use {operator.__name__.replace('File', 'Url')}$") as caught:
        make(operator, file="https://h.example/call.wav?signature=abc")
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("file", [5, True, " ", ["call.wav"]])
def test_what_is_no_path_is_no_file(file: object) -> None:
    """A number or a list in a DAG file is a mistake, whatever templates come to."""
    with pytest.raises(SymblConfigurationError, match=r"file: got .*; allowed: the path of a recording"):
        make(SymblSubmitAudioFileOperator, file=file)


@pytest.mark.parametrize("operator", APPENDS)
@pytest.mark.parametrize("given", [5.5, True, "None", {"conversation_id": "7", "job_id": "8"}, ["7"]], ids=str)
def test_what_is_no_id_is_refused_when_the_dag_is_parsed(
    operator: type[SymblSubmissionOperator],
    given: object,
) -> None:
    """An id is text, or the number that its digits are."""
    with pytest.raises(SymblConfigurationError, match=r"conversation_id: got .*; allowed: an id, as text"):
        make(operator, conversation_id=given)
    make(operator, conversation_id=1616161616161616)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"confidence_threshold": 7}, "confidence_threshold: got 7"),
    ({"conversation_id": 5.5}, "conversation_id: got 5.5"),
    ({"file": 5}, "file: got 5"),
    ({"file": "https://h.example/call.wav"}, "use SymblAppendAudioUrlOperator"),
    ({"trackers": [{"name": "Delay"}]}, "vocabulary: got nothing"),
    ({"extra_parameters": {"file": "x"}}, "extra_parameters: got 'file'"),
    ({"job_timeout": 0}, "job_timeout: got 0"),
]


def map_over(way: str, wrong: dict[str, Any]) -> None:
    """Map an operator with some arguments that are wrong, in one of Airflow's ways."""
    right = {"file": "call.wav", "conversation_id": "7"}
    if way == "partial":
        SymblAppendAudioFileOperator.partial(task_id="send", **wrong)
    elif way == "expand":
        rest = {name: value for name, value in right.items() if name not in wrong}
        values: dict[str, Any] = {name: [value] for name, value in wrong.items()}
        SymblAppendAudioFileOperator.partial(task_id="send", **rest).expand(**values)
    else:
        SymblAppendAudioFileOperator.partial(task_id="send").expand_kwargs([right, right | wrong])


@pytest.mark.parametrize(("wrong", "told"), WRONG, ids=str)
@pytest.mark.parametrize("way", ["partial", "expand", "expand_kwargs"])
def test_a_wrong_literal_of_a_mapping_is_refused_when_the_dag_is_parsed(
    wrong: dict[str, Any],
    told: str,
    way: str,
) -> None:
    """Before this, each of the mapped tasks failed in the night."""
    with DAG("a_dag", schedule=None), pytest.raises(SymblConfigurationError, match=re.escape(told)):
        map_over(way, wrong)


def test_templates_and_results_in_a_mapping_are_not_judged() -> None:
    """They are known once the task runs."""
    with DAG("a_dag", schedule=None) as dag:
        paths = SymblSubmitTextOperator(task_id="first", messages="chat.json").output
        partial = SymblSubmitAudioFileOperator.partial(task_id="send", confidence_threshold="{{ params.x }}")
        partial.expand(file=paths)
        SymblSubmitAudioFileOperator.partial(task_id="more").expand(file=["{{ params.x }}", paths])
        SymblSubmitAudioFileOperator.partial(task_id="most").expand_kwargs([{"file": "{{ params.x }}"}])
    assert set(dag.task_ids) == {"first", "send", "more", "most"}


@pytest.mark.parametrize("operator", ALL)
def test_a_misspelt_argument_is_answered_with_the_one_that_was_meant(
    operator: type[SymblSubmissionOperator],
) -> None:
    """Airflow's own error would only say that it is invalid."""
    told = r"has no argument 'confidence_treshold'; did you mean confidence_threshold\?$"
    with pytest.raises(TypeError, match=told):
        make(operator, confidence_treshold=0.7)
    with pytest.raises(TypeError, match=told):
        operator.partial(task_id="a_task", confidence_treshold=0.7)
    with pytest.raises(TypeError, match=r"has no argument 'retrys'; did you mean retries\?$"):
        make(operator, retrys=2)


def test_pauses_may_be_timedeltas() -> None:
    """As Airflow's own arguments may; the longest pause rises with the first one where nobody says how long it is."""
    minutes = datetime.timedelta(minutes=1)
    task = make(SymblSubmitTextOperator, poll_interval=2 * minutes, job_timeout=90 * minutes)
    assert (task.poll_interval, task.max_poll_interval, task.job_timeout) == (120.0, 120.0, 5400.0)
    task = make(SymblSubmitTextOperator, poll_interval=1, max_poll_interval=2 * minutes)
    assert (task.poll_interval, task.max_poll_interval) == (1, 120.0)


@pytest.mark.parametrize("operator", ALL)
def test_an_unknown_argument_is_refused(operator: type[SymblSubmissionOperator]) -> None:
    """A typing error in an argument's name is not a parameter that nobody reads."""
    with pytest.raises(TypeError, match="langage_code"):
        make(operator, langage_code="en-US")


def test_text_has_no_parameters_of_speech() -> None:
    """Symbl's text calls do not take them."""
    with pytest.raises(TypeError, match="language_code"):
        make(SymblSubmitTextOperator, language_code="en-US")


@pytest.mark.parametrize("name", sorted(set(SymblSubmitAudioUrlOperator.template_fields) - {"extra_parameters"}))
def test_a_template_is_not_judged_when_the_dag_is_parsed(name: str) -> None:
    """What it comes to is known only when the task runs."""
    template = "{{ params.known_later }}"
    assert getattr(make(SymblSubmitAudioUrlOperator, **{name: template}), name) == template


def test_a_template_inside_a_list_is_not_judged_either() -> None:
    """A value that is a template in part is one as a whole."""
    make(SymblSubmitAudioUrlOperator, trackers=[{"name": "{{ params.name }}", "vocabulary": "{{ params.words }}"}])
    make(SymblSubmitAudioUrlOperator, extra_parameters={"languageCode": "{{ params.language }}"})


def test_a_literal_beside_a_template_is_judged_all_the_same() -> None:
    """One template does not switch the checks off."""
    with pytest.raises(SymblConfigurationError, match="mode: got 'telephone'"):
        make(SymblSubmitAudioUrlOperator, name="{{ params.name }}", mode="telephone")


@pytest.mark.parametrize(
    ("arguments", "params", "told"),
    [
        (
            {"confidence_threshold": "{{ params.x }}"},
            {"x": 0.2},
            r"confidence_threshold: got '0\.2'; allowed: a number",
        ),
        ({"mode": "{{ params.x }}"}, {"x": "telephone"}, "mode: got 'telephone'; allowed: default, phone"),
        ({"url": "{{ params.x }}"}, {"x": ""}, "url: the template gave ''; allowed: a value that is not empty"),
        (
            {"enable_speaker_diarization": "{{ params.x }}"},
            {"x": True},
            "diarization_speaker_count: got nothing; allowed: a number of speakers",
        ),
        (
            {"extra_parameters": {"{{ params.x }}": 1, "languageCode": "{{ params.x }}"}},
            {"x": "en-US"},
            "extra_parameters: got 'languageCode'; allowed: names without a keyword",
        ),
    ],
    ids=str,
)
def test_a_template_is_judged_when_the_task_runs(
    scripted_symbl: ScriptedSymbl,
    arguments: Mapping[str, Any],
    params: Mapping[str, Any],
    told: str,
) -> None:
    """The task fails at once, without using up its retries, before anything is sent."""
    with pytest.raises(AirflowFailException, match=told):
        run(make(SymblSubmitAudioUrlOperator, **arguments), **params)
    assert scripted_symbl.received == []


def test_a_conversation_is_not_repeated_in_an_error() -> None:
    """A message that is wrong is named by its place; what was said is not told."""
    messages = [*MESSAGES, {"payload": {"content": "Top secret plans", "kind": "Top secret"}}]
    with pytest.raises(SymblConfigurationError, match=r"messages\[1\]\.payload") as caught:
        make(SymblSubmitTextOperator, messages=messages)
    assert "plans" not in str(caught.value)


def test_no_argument_is_looked_up_in_a_constructor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither connection nor file need exist where DAGs are parsed."""
    monkeypatch.delenv("AIRFLOW_CONN_SYMBL_DEFAULT", raising=False)
    task = SymblSubmitAudioFileOperator(task_id="a_task", file="/nowhere/call.wav", symbl_conn_id="no_such_connection")
    assert task.file == "/nowhere/call.wav"
