"""What the client's tests name: the secret of their account, the record of pauses, the types of their fixtures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_symbl.client.models import Job
    from airflow_provider_symbl.client.settings import ClientSettings

APP_SECRET = "app-secret-that-nobody-may-see"
JOB = {"id": "job-1", "status": "completed"}
JOB_PATH = "/v1/job/job-1"
SUBMISSION = {"conversationId": "5815170693595136", "jobId": "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"}

MakeSettings = Callable[..., "ClientSettings"]
GetJob = Callable[["ClientSettings", str], "Job"]


@dataclasses.dataclass
class Pauses:
    """The pauses that a client wanted to make before it sent a call again; none of them was waited for.

    :param wanted: seconds, in order.
    :param retry_after: what the server had asked for, in the same order.
    :param then: called instead of each pause.
    """

    wanted: list[float] = dataclasses.field(default_factory=list)
    retry_after: list[float | None] = dataclasses.field(default_factory=list)
    then: Callable[[], None] | None = None
