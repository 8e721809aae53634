"""Submit a chat and a recording, in the worker and in the triggerer, land both with redaction, and delete them."""

from __future__ import annotations

import os
from typing import Any

import s3fs
from airflow.sdk import dag, task_group
from airflow.sdk.io import store

from airflow_provider_symbl.operators.audio import SymblSubmitAudioUrlOperator
from airflow_provider_symbl.operators.conversation import SymblDeleteConversationOperator, SymblGetConversationOperator
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator

FEATURES = {"featureList": ["insights"]}
RECORDING = os.environ["RECORDING"]
PACE: dict[str, Any] = {"poll_interval": 1, "max_poll_interval": 1}

storage = s3fs.S3FileSystem(
    key=os.environ["STORAGE_KEY"],
    secret=os.environ["STORAGE_SECRET"],
    endpoint_url=os.environ["STORAGE_URL"],
    client_kwargs={"region_name": "eu-central-1"},
)
# In place of the provider that knows S3 and of a connection for it.
store.attach(protocol="s3", conn_id="aws", fs=storage)


@task_group
def landed(submit: Any, recording: str, *, deferrable: bool) -> None:  # noqa: ANN401 - Airflow's XComArg
    """Land the conversation of a submission, and delete it."""
    conversation_id = submit.output["conversation_id"]
    land = SymblGetConversationOperator(
        task_id="land",
        conversation_id=conversation_id,
        features=FEATURES,
        results=os.environ["RESULTS"],
        name=submit.task_id,
        recording=recording,
        redact=["email", "phone"],
        redact_region="US",
        deferrable=deferrable,
        **PACE,
    )
    land >> SymblDeleteConversationOperator(task_id="delete", conversation_id=conversation_id)


@dag(schedule=None)
def canaries() -> None:
    """Take four ways."""
    for way, deferrable in (("worker", False), ("triggerer", True)):
        waits: dict[str, Any] = {"features": FEATURES, "deferrable": deferrable, **PACE}
        chat = SymblSubmitTextOperator(task_id=f"chat_in_{way}", messages=os.environ["CHAT"], **waits)
        landed.override(group_id=f"of_chat_in_{way}")(chat, os.environ["CHAT"], deferrable=deferrable)
        call = SymblSubmitAudioUrlOperator(task_id=f"call_in_{way}", url=RECORDING, **waits)
        landed.override(group_id=f"of_call_in_{way}")(call, RECORDING, deferrable=deferrable)


canaries_dag = canaries()
