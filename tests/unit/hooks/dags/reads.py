"""The commonest line of TaskFlow for every read: a task returns what the hook gives, and the next one uses it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from airflow_provider_symbl.client.models import Model
from airflow_provider_symbl.hooks.symbl import SymblHook
from tests.contract.sample_conversation import DELAY, FEATURES, TURNS

OF_CONVERSATION = (
    *("get_conversation", "get_messages", "get_summary", "get_members", "get_topics", "get_questions"),
    *("get_action_items", "get_follow_ups", "get_insights", "get_entities", "get_trackers", "get_analytics"),
    *("get_transcript", "get_insights_status"),
)
SAID = TURNS[0][1]


def kinds(value: Any) -> set[str]:  # noqa: ANN401 - any result
    """Name the types of a value and of all that is in it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {type(value).__name__}.union(*map(kinds, inner))


@task
def submit() -> Any:  # noqa: ANN401 - a model; Airflow splits what is annotated as a dict into many results
    """Submit a conversation that every read finds something in."""
    # Without times, so that it begins now and is in the list, which shows the last week.
    messages = [{"payload": {"content": said}, "from": speaker} for speaker, said in TURNS]
    return SymblHook().submit_text(messages, detect_entities=True, trackers=[DELAY], features=FEATURES)


@task
def wait(submission: dict[str, str]) -> Any:  # noqa: ANN401 - see submit
    """Wait for the job."""
    return SymblHook().wait_for_job(submission["job_id"], poll_interval=0.01)


@task
def read(name: str, submission: dict[str, str], job: dict[str, str]) -> Any:  # noqa: ANN401 - see submit
    """Read something of a conversation whose job is over."""
    assert job["status"] == "completed"
    found = getattr(SymblHook(), name)(submission["conversation_id"])
    first = found[0] if isinstance(found, list) else found
    if isinstance(first, Model):
        assert {field: getattr(first, field) for field in first} == dict(first)
    return found


@task
def list_conversations(job: dict[str, str]) -> Any:  # noqa: ANN401 - see submit
    """List them once the job is over."""
    assert job["status"] == "completed"
    return SymblHook().list_conversations()


@task(show_return_value_in_logs=False)
def use(found: dict[str, Any]) -> Any:  # noqa: ANN401 - see submit
    """Tell what arrived of each result: its kinds, and the first of a list."""
    return {
        name: {"kinds": sorted(kinds(result)), "first": result[0] if isinstance(result, list) else result}
        for name, result in found.items()
    }


@dag(schedule=None)
def reads() -> None:
    """Read, and use what was read in a task of its own."""
    submission: Any = submit()
    job: Any = wait(submission)
    found = {
        # A transcript is text and no model: Airflow would log it.
        name: read.override(task_id=name, show_return_value_in_logs=name != "get_transcript")(name, submission, job)
        for name in OF_CONVERSATION
    }
    use({**found, "submission": submission, "job": job, "list": list_conversations(job)})


reads_dag = reads()
