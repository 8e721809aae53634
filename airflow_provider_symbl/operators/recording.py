"""What a task knows of its recording, so that a transcript can be traced to its file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.client.uploads import StoredPath, location, reading_failed
from airflow_provider_symbl.client.validators import Json, did_you_mean, invalid_value, is_empty, parsed, without_query
from airflow_provider_symbl.operators.storage import is_web_link, path_of, protocol_of, size_of
from airflow_provider_symbl.operators.submission import SymblSubmissionOperator
from airflow_provider_symbl.results.document import RecordingFacts

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator

BLOCK = 1 << 20
DIGEST_LENGTH = 64
FACTS = tuple(RecordingFacts.__annotations__)
ALLOWED = f"a path, a URI, or a mapping of any of {', '.join(FACTS)}"


def check_recording(where: str, given: object) -> Json:
    """Check what a task is told of its recording: a path or URI, or facts by name, which may be JSON text.

    :param where: the argument.
    :param given: what it got.
    :raises SymblConfigurationError: names the fact.
    """
    value = parsed(given) if isinstance(given, str) and given.lstrip().startswith("{") else given
    if not isinstance(value, Mapping):
        if not isinstance(value, (str, os.PathLike, StoredPath)) or not location(value).strip():
            invalid_value(where, given, ALLOWED)
        return value
    for name, fact in value.items():
        if name not in FACTS:
            invalid_value(where, name, f"{', '.join(FACTS)}{did_you_mean(str(name), FACTS)}")
        if fact is not None:
            _check_fact(f"{where}.{name}", name, fact)
    return dict(value)


def facts_of(given: object, task: BaseOperator, run_id: str) -> RecordingFacts:
    """Return what is known of a recording, with DAG, task and run of its submission where nobody says otherwise.

    Of a local path the file is read once, for size and hash; of a URI nothing is read, for its bytes should not have to
    pass through a worker; its size is asked for.

    :param given: a task's argument, checked.
    :param task: the task; a submission just before it in the DAG is the one that submitted.
    :param run_id: of the DAG run.
    :raises SymblConfigurationError: the local file is missing, a folder, or not permitted.
    :raises SymblStorageError: it cannot be read at present.
    """
    value = None if is_empty(given) else check_recording("recording", given)
    facts: dict[str, Any] = dict(value) if isinstance(value, Mapping) else {}
    if value is not None and not isinstance(value, Mapping):
        facts = _facts_of_path(value)
    if facts.get("path"):
        facts["path"] = str(without_query(location(facts["path"]))).removesuffix("?…")
    is_in_dag = task.has_dag()  # type: ignore[no-untyped-call]  # Airflow's own
    before = task.upstream_list if is_in_dag else []
    submissions = [other.task_id for other in before if isinstance(other, SymblSubmissionOperator)]
    own = {"dag_id": task.dag_id, "run_id": run_id, "task_id": submissions[0] if len(submissions) == 1 else None}
    return {**own, **facts}  # type: ignore[typeddict-item]  # its names were checked


def _facts_of_path(place: object) -> dict[str, Any]:
    if is_web_link(place):
        return {"path": location(place)}
    path = path_of(place, "recording")
    if protocol_of(path):
        return {"path": location(place), "size": size_of(path)}
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as problem:
        reading_failed("recording", path, problem, "a readable file")
    return {"path": str(path), "size": size, "sha256": digest.hexdigest()}


def _check_fact(where: str, name: str, fact: object) -> None:
    is_number = isinstance(fact, (int, float)) and not isinstance(fact, bool) and fact >= 0
    if name in {"size", "duration"}:
        if not is_number or (name == "size" and not isinstance(fact, int)):
            invalid_value(where, fact, "bytes, a whole number" if name == "size" else "seconds, a number")
    elif name == "sha256":
        is_hex = isinstance(fact, str) and len(fact) == DIGEST_LENGTH and set(fact.lower()) <= set("0123456789abcdef")
        if not is_hex:
            invalid_value(where, fact, "64 hexadecimal digits")
    elif not isinstance(fact, (str, os.PathLike, StoredPath)):
        invalid_value(where, fact, "text")
