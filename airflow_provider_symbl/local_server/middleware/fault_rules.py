"""Validator of fault rules: reads a rule as a client sends it, or says what is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from airflow_provider_symbl.local_server.api.responses import JsonResponse
from airflow_provider_symbl.local_server.api.validation import (
    ROOT,
    Validator,
    boolean,
    enum,
    integer,
    kind,
    number,
    object_of,
    text,
    validation_error,
)
from airflow_provider_symbl.local_server.middleware.faults import POINTS, FaultRule
from airflow_provider_symbl.local_server.store.records import JobFault

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDS = ("cut", "status", "job", "job_seconds")
"""What a rule does to a request apart from holding it."""
NEEDS = {"headers": "status", "body": "status", "message": "job"}
WITHOUT_BODY = (204, 304)
FRAMING = ("content-length", "transfer-encoding")
CALL = re.compile(r"[A-Z*]+ [/*][^\s?]*")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
HEADER_VALUE = re.compile(r"[ -~\xa0-\xff]*")
FAILURE = "A fault rule wants this job to fail"


def _fault(label: str, setting: object) -> FaultRule:
    given = SETTING(label, setting)
    _check_effects(given)
    _check_response(given)
    method, path = given["call"].split(" ")
    shown = {"after": 0, "times": 1, "at": "before_job", **given}
    return FaultRule(
        setting=shown,
        method=method,
        path=path,
        containing=given.get("containing", ""),
        after=shown["after"],
        times=shown["times"],
        at=shown["at"],
        delay=given.get("delay", 0.0),
        is_cut=given.get("cut", False),
        response=_response(given) if "status" in given else None,
        job_fault=_job_fault(given),
    )


def _check_effects(given: Mapping[str, Any]) -> None:
    ends = [name for name in ENDS if given.get(name)]
    if not ends and not given.get("delay"):
        raise validation_error(ROOT, f"must contain at least one of [{', '.join(('delay', *ENDS))}]")
    for other in ends[1:]:
        if {ends[0], other} != {"job", "job_seconds"}:
            raise validation_error(other, f'is not allowed together with "{ends[0]}"')
    for name in ends:
        if name.startswith("job") and given.get("at") == "after_job":
            raise validation_error(name, 'is not allowed when "at" is "after_job": the job is made by then')


def _check_response(given: Mapping[str, Any]) -> None:
    for name, needed in NEEDS.items():
        if name in given and needed not in given:
            raise validation_error(name, f'is not allowed without "{needed}"')
    if "body" in given and given["status"] in WITHOUT_BODY:
        raise validation_error("body", f'is not allowed when "status" is {given["status"]}')


def _response(given: Mapping[str, Any]) -> Response:
    body, status, headers = given.get("body", ""), given["status"], given.get("headers")
    if isinstance(body, str):
        return Response(body.encode(errors="surrogatepass"), status, headers, "text/plain" if body else None)
    try:
        return JsonResponse(body, status, headers)
    except (ValueError, RecursionError):
        raise validation_error("body", "must be JSON that can be written again") from None


def _job_fault(given: Mapping[str, Any]) -> JobFault:
    failure = given.get("message", FAILURE) if "job" in given else None
    return JobFault(failure, given.get("job_seconds", 0.0))


def _call(label: str, value: object) -> str:
    given: str = text(label, value)
    if not CALL.fullmatch(given):
        raise validation_error(
            label, f'must be a method and a path without query, such as "POST /v1/process/text", but is "{given}"'
        )
    return given


def _times(label: str, value: object) -> int | None:
    return None if value is None else int(integer(1)(label, value))


def _headers(label: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise validation_error(label, f"must be of type object, but is {kind(value)}")
    return {name: _header(f"{label}.{name}", name, given) for name, given in value.items()}


def _header(label: str, name: str, value: object) -> str:
    if not HEADER_NAME.fullmatch(name):
        raise validation_error(label, "is no name that a header may have")
    if name.lower() in FRAMING:
        raise validation_error(label, "is not allowed: the server writes it")
    if not isinstance(value, str):
        raise validation_error(label, f"must be a string, but is {kind(value)}")
    if not HEADER_VALUE.fullmatch(value):
        raise validation_error(label, "is no value that a header may have")
    return value


def _anything(_label: str, value: object) -> object:
    return value


SETTING = object_of(
    {
        "call": Validator(_call, {"type": "string", "pattern": f"^(?:{CALL.pattern})$"}),
        "containing": text,
        "after": integer(0),
        "times": Validator(_times, {"anyOf": [{"type": "null"}, integer(1).schema]}),
        "at": enum(*POINTS),
        "delay": number(0),
        "cut": boolean,
        "status": integer(200, 599),
        "headers": Validator(_headers, {"type": "object", "additionalProperties": {"type": "string"}}),
        "body": Validator(_anything, {}),
        "job": enum("failed"),
        "message": text,
        "job_seconds": number(0),
    },
    ("call",),
)
FAULT = Validator(_fault, SETTING.schema)
"""A rule, as :mod:`faults` describes it."""
