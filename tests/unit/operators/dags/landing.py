"""Submit a chat, land it in every form, and delete it; what it holds must be in the files alone."""

from __future__ import annotations

import os
from typing import Any

from airflow.sdk import dag

from airflow_provider_symbl.operators.conversation import SymblDeleteConversationOperator, SymblGetConversationOperator
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator
from airflow_provider_symbl.results.forms import FORMS

FEATURES = {"featureList": ["insights"]}


@dag(schedule=None)
def landing() -> None:
    """Land a chat."""
    submit = SymblSubmitTextOperator(
        task_id="submit",
        messages=os.environ.get("CHAT", "chat.json"),
        features=FEATURES,
        poll_interval=0.05,
        deferrable=True,
    )
    output: Any = submit.output
    conversation_id = output["conversation_id"]
    land = SymblGetConversationOperator(
        task_id="land",
        conversation_id=conversation_id,
        features=FEATURES,
        results=os.environ.get("RESULTS", "results"),
        formats=FORMS,
        name="chat",
        recording="https://bucket.example/chat.json",
        redact=["email", "phone"],
        redact_region="US",
        deferrable=True,
        poll_interval=0.05,
    )
    land >> SymblDeleteConversationOperator(task_id="delete", conversation_id=conversation_id)


landing_dag = landing()
