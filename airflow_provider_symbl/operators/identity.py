"""By what a submission is known again: a later try by its fingerprint, Symbl by its conversation's name."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import TYPE_CHECKING

from airflow_provider_symbl.client.validators import is_empty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_symbl.client.endpoints import Source
    from airflow_provider_symbl.client.settings import ClientSettings
    from airflow_provider_symbl.client.validators import Json


def fingerprint(
    source: Source,
    settings: ClientSettings,
    conversation_id: str | None,
    content: object,
    parameters: Mapping[str, Json],
) -> str:
    """Return the idempotency key of a submission: a hash of call, target and parameters, as they were given.

    :param source: how the conversation is handed over.
    :param settings: of the account.
    :param conversation_id: what is appended to; None for a submit.
    :param content: the messages, or the place of the file or link.
    :param parameters: Symbl's parameters, as the client takes them.
    """
    target = (source.name, settings.host, settings.app_id, conversation_id)
    # What is not sent says nothing, so that a version with one more parameter gives the same hash.
    given = {name: value for name, value in parameters.items() if not is_empty(value)}
    identity = [*target, content, given]
    return hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()


def unique_name(*origins: str) -> str:
    """Return a conversation's name that tells where it comes from; its end is another one for each submission.

    :param origins: DAG, task, run and file; an empty one is left out.
    """
    return " ".join([*filter(None, origins), f"({secrets.token_hex(4)})"])
