"""Tasks whose links a person follows: one waits in its worker, one in the triggerer, one has written results."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import dag

from airflow_provider_symbl.links.conversation import SymblConversationLink, SymblResultsLink, publish_results_link
from airflow_provider_symbl.operators.text import SymblSubmitTextOperator

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow.sdk import BaseOperatorLink
    from airflow.sdk.definitions.context import Context

MESSAGES: list[dict[str, Any]] = [{"payload": {"content": "Shall we meet on Friday?"}, "from": {"name": "Anna"}}]


class LandingOperator(SymblSubmitTextOperator):
    """Submits, and writes a file about it."""

    operator_extra_links: Collection[BaseOperatorLink] = (SymblConversationLink(), SymblResultsLink())

    def execute(self, context: Context) -> dict[str, str | None]:
        """Write a file into the folder of the recording."""
        ids = super().execute(context)
        folder = Path(os.environ["SYMBL_RESULTS"], "calls", "late parcel")
        folder.mkdir(parents=True)
        (folder / "landed.txt").write_text("Landed.")
        publish_results_link(self, context, str(ids["conversation_id"]), "calls/late parcel")
        return ids


@dag(schedule=None)
def shown() -> None:
    """Submit in three ways."""
    SymblSubmitTextOperator(task_id="in_worker", messages=MESSAGES, poll_interval=1, max_poll_interval=1)
    SymblSubmitTextOperator(
        task_id="in_triggerer", messages=MESSAGES, deferrable=True, poll_interval=1, max_poll_interval=1
    )
    LandingOperator(task_id="landed", messages=os.environ["SYMBL_CHAT"], wait_for_completion=False)


shown_dag = shown()
