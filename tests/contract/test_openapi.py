"""Every call as the server's own OpenAPI document describes it: fuzzed, and each answer held to the document."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from airflow_provider_symbl.local_server.api.openapi import document
from airflow_provider_symbl.local_server.app import Application
from airflow_provider_symbl.local_server.routes.control import package_version
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.settings import ServerSettings
from airflow_provider_symbl.local_server.store.memory_store import Store
from tests.contract.openapi_cases import RECORDING, Known, keep_in
from tests.support.local_client import TIMEOUT, Local
from tests.support.sizes import SIZES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from schemathesis import Case

UNSAID: Mapping[str, str] = {
    "Async": "what stands in body and query must agree, and saved trackers must be there",
    "POST /v1/conversations/{conversation_id}/experiences": "a recording's URL must be the one that was submitted",
    "GET /v1/conversations": "a filter has a grammar, and the window lies in the past",
    "PUT /v1/conversations/{conversation_id}/members/{member_id}": "the ids in path and body must be the same",
    "PUT /v1/conversations/{conversation_id}/speakers": "numbers may be decimal strings, whose bounds go unsaid",
    "GET /v1/conversations/{conversation_id}/topics": "two flags exclude each other",
    "POST /__local__/faults": "some keys exclude each other",
    "PUT /__local__/progress": "each kind of progress has a key of its own",
}
"""Calls, or tags of calls, that refuse some of what their schemas allow, and what no schema says about them."""
SENDS_BYTES = "/v1/process/(audio|video)(/{conversation_id})?"
"""Paths to which any bytes may be sent; Schemathesis takes them to violate the schema that a body has not."""
MEDIA = ("audio/wav", "audio/wave", "audio/mpeg", "audio/mp3", "application/octet-stream", "video/mp4")
APPLICATION = Application(ServerSettings(), Store(), Path(), app_id="id", app_secret="secret")
DOCUMENT = document(APPLICATION.operations, package_version())


def part(is_wanted: Callable[[str], bool]) -> dict[str, Any]:
    """Describe some of the calls, by their tags."""
    wanted = [operation for operation in APPLICATION.operations if is_wanted(operation.tag)]
    return document(wanted, package_version())


for media in MEDIA:
    schemathesis.openapi.media_type(media, st.sampled_from([RECORDING[:60], b"ID3", b""]))
APART = ("Control", "Refused")
POSITIVE = {"phases": {"coverage": {"generation": {"mode": "positive"}}}}
TWINS = [
    f"{operation.method} {path}"
    for operation in APPLICATION.operations
    if (path := re.sub(r":\w+}", "}", operation.path)).startswith("/v1/process/")
    if operation.method == "PUT" or "video" in path or re.fullmatch(SENDS_BYTES, path)
]
"""Most of what is bad goes to new texts and new URLs of audios alone: all others take the same, to the letter."""
CONFIG = schemathesis.Config.from_dict({"operations": [{"include-name": name, **POSITIVE} for name in TWINS]})
whole = schemathesis.openapi.from_dict(DOCUMENT)
api = schemathesis.openapi.from_dict(part(lambda tag: tag not in APART), config=CONFIG)
refused = schemathesis.openapi.from_dict(part(lambda tag: tag == "Refused"))
control = schemathesis.openapi.from_dict(part(lambda tag: tag == "Control"))
PAGES = {"/", "/__local__", "/__local__/", "/__local__/page/{file}", "/__local__/recordings/{job_id}"}
"""What is no call: pages, and what they are made of."""
bounded = settings(
    max_examples=SIZES.generated_calls,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def known() -> Iterator[Known]:
    """Run a strict server with something in it: the document says what such a one takes."""
    with LocalServer(max_concurrent_jobs=100_000, strict=True) as server:
        local = Local(server)
        known = Known(local)
        known.fill()
        yield known
        local.session.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[LocalServer]:
    """Run a server whose control routes may do what they like to it."""
    with LocalServer() as server:
        yield server


@pytest.fixture
def refilled(plain: LocalServer) -> Iterator[Known]:
    """Put something into that server."""
    local = Local(plain)
    local.send("POST", "/__local__/reset")
    local.authorise()
    known = Known(local)
    known.fill()
    yield known
    local.session.close()


@pytest.fixture
def answered() -> Iterator[set[int]]:
    """Collect the statuses of all answers to one call, and insist that it was not refused each time."""
    statuses: set[int] = set()
    yield statuses
    assert min(statuses) < 300


@api.parametrize()
@bounded
def test_each_call_of_the_api_answers_as_documented(case: Case[Any], known: Known, answered: set[int]) -> None:
    """No server error, and no status, type or form that the document does not have; the same for bad requests."""
    known.local.authorise()
    known.lead(case)
    known.local.authorise()
    case.query, case.body = keep_in(case.query), keep_in(case.body)
    headers = {"Authorization": known.local.session.headers["Authorization"]}
    answer = case.call_and_validate(known.local.url, headers=headers, timeout=TIMEOUT, excluded_checks=left_out(case))
    answered.add(answer.status_code)


@refused.parametrize()
@bounded
def test_each_call_that_is_not_built_says_so(case: Case[Any], known: Known) -> None:
    """With 501, which is meant."""
    headers = {"Authorization": known.local.session.headers["Authorization"]}
    case.call_and_validate(known.local.url, headers=headers, timeout=TIMEOUT, excluded_checks=[not_a_server_error])


@control.parametrize()
@bounded
def test_each_control_route_answers_as_documented(case: Case[Any], refilled: Known, answered: set[int]) -> None:
    """Resets, restarts and fault rules included."""
    refilled.lead(case)
    answer = case.call_and_validate(refilled.local.url, timeout=TIMEOUT, excluded_checks=left_out(case))
    answered.add(answer.status_code)


def left_out(case: Case[Any]) -> list[Callable[..., bool | None]]:
    """Give the checks that a call cannot be held to."""
    unsaid = {case.operation.label, *(case.operation.tags or ())} & UNSAID.keys()
    positive = [positive_data_acceptance] if unsaid else []
    negative = [negative_data_rejection] if re.fullmatch(SENDS_BYTES, case.operation.path) else []
    return [*positive, *negative]


def test_the_document_is_what_the_server_shows(plain: LocalServer) -> None:
    """It is asked for without a token."""
    shown = requests.get(f"{plain.url}/__local__/openapi.json", timeout=TIMEOUT).json()
    assert shown == json.loads(json.dumps(DOCUMENT))


def test_the_document_is_valid() -> None:
    """By the schema of OpenAPI 3.1, each schema in it by the meta-schema, and each reference leads somewhere."""
    whole.validate()
    assert all(isinstance(found, Ok) for found in whole.get_all_operations())


def test_each_route_is_in_the_document_and_the_other_way_round() -> None:
    """Under the name by which no other goes; the pages and their files apart."""
    routes = {
        (re.sub(r":\w+}", "}", route.path), method.lower())
        for route in APPLICATION.routes
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {(path, method): call for path, calls in DOCUMENT["paths"].items() for method, call in calls.items()}
    assert {path for path, _ in routes - described.keys()} <= PAGES
    assert not described.keys() - routes
    names = [call["operationId"] for call in described.values()]
    assert len(set(names)) == len(names)
