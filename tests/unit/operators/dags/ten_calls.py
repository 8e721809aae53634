"""All ten operators with every template field filled by a template; once the worker waits, once the triggerer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG

from airflow_provider_symbl.operators.audio import (
    SymblAppendAudioFileOperator,
    SymblAppendAudioUrlOperator,
    SymblSubmitAudioFileOperator,
    SymblSubmitAudioUrlOperator,
)
from airflow_provider_symbl.operators.text import SymblAppendTextOperator, SymblSubmitTextOperator
from airflow_provider_symbl.operators.video import (
    SymblAppendVideoFileOperator,
    SymblAppendVideoUrlOperator,
    SymblSubmitVideoFileOperator,
    SymblSubmitVideoUrlOperator,
)

if TYPE_CHECKING:
    from airflow_provider_symbl.operators.submission import SymblSubmissionOperator

OPERATORS: dict[str, tuple[type[SymblSubmissionOperator], type[SymblSubmissionOperator]]] = {
    "text": (SymblSubmitTextOperator, SymblAppendTextOperator),
    "audio_file": (SymblSubmitAudioFileOperator, SymblAppendAudioFileOperator),
    "audio_url": (SymblSubmitAudioUrlOperator, SymblAppendAudioUrlOperator),
    "video_file": (SymblSubmitVideoFileOperator, SymblAppendVideoFileOperator),
    "video_url": (SymblSubmitVideoUrlOperator, SymblAppendVideoUrlOperator),
}

TEXT_ARGUMENTS: dict[str, Any] = {
    "symbl_conn_id": "{{ params.symbl_conn_id }}",
    "name": "{{ dag.dag_id }} {{ task.task_id }} of {{ params.customer }}",
    "confidence_threshold": "{{ params.confidence_threshold }}",
    "detect_phrases": "{{ params.yes }}",
    "detect_entities": "{{ params.no }}",
    "entities": "{{ params.entities | tojson }}",
    "trackers": [{"name": "{{ params.tracker }}", "vocabulary": ["{{ params.tracker | lower }}", "I'm late & sorry"]}],
    "enable_all_trackers": "{{ params.no }}",
    "enable_summary": "{{ params.yes }}",
    "webhook_url": "{{ params.clips_url }}/hook?run={{ params.customer | urlencode }}",
    "features": '{"featureList": {{ params.features | tojson }}, "callScore": {"scorecardId": "12"}}',
    "metadata": {"salesStage": "{{ params.sales_stage }}", "prospectName": "{{ params.customer }}"},
    "conversation_type": "{{ params.conversation_type }}",
}
SPEECH_ARGUMENTS: dict[str, Any] = {
    "custom_vocabulary": "{{ params.words | tojson }}",
    "language_code": "{{ params.language }}",
    "mode": "{{ params.mode }}",
    "enable_separate_recognition_per_channel": "{{ params.yes }}",
    "channel_metadata": "{{ params.channels | tojson }}",
    "enable_speaker_diarization": "{{ params.yes }}",
    "diarization_speaker_count": "{{ params.speakers }}",
}


def _arguments(source: str, step: str) -> dict[str, Any]:
    content = "messages" if source == "text" else source.rpartition("_")[2]
    arguments = TEXT_ARGUMENTS | ({} if source == "text" else SPEECH_ARGUMENTS)
    # Of what has no keyword, Symbl's pages name a time zone for text and links; with a file this is empty, so not sent.
    offset = "{{ '' }}" if content == "file" else "{{ params.offset }}"
    return arguments | {
        "extra_parameters": {"timezoneOffset": offset},
        content: f"{{{{ params.contents.{step}_{source} }}}}",
    }


def ten_calls(dag_id: str, *, deferrable: bool) -> DAG:
    """Make the DAG.

    :param dag_id: its id.
    :param deferrable: whether its tasks wait in the triggerer.
    """
    waiting = {"deferrable": deferrable, "poll_interval": 0.1, "max_poll_interval": 0.3}
    with DAG(dag_id, schedule=None, default_args=waiting, render_template_as_native_obj=False) as dag:
        for source, (submit, append) in OPERATORS.items():
            first = submit(task_id=f"submit_{source}", **_arguments(source, "submit"))
            conversation_id = f"{{{{ ti.xcom_pull('submit_{source}')['conversation_id'] }}}}"
            second = append(
                task_id=f"append_{source}",
                conversation_id=conversation_id,
                **_arguments(source, "append"),
            )
            first >> second
    return dag


sync = ten_calls("ten_calls_sync", deferrable=False)
deferrable = ten_calls("ten_calls_deferrable", deferrable=True)
