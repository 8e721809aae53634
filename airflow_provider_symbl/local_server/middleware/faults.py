"""Faults: calls of the API that go wrong because somebody who tests a client wants them to.

``POST /__local__/faults`` adds a rule, ``GET`` shows them all, ``DELETE`` clears them all. The rules of a point meet a
call in the order of adding, until one of them ends it. The control routes themselves meet none.

=============== =====================================================================================================
``call``        method and path, such as ``POST /v1/process/*``; both may hold ``*`` (as in a shell)
``containing``  only calls whose path, decoded query, or first 64 KiB of body contain this; at ``before_body``, no body
``after``       how many such calls pass unharmed first; 0 unless given
``times``       how many it meets then; 1 unless given, null for all of them
``at``          ``before_body`` (the head is read, the body not), ``before_job`` (all is read, nothing is done; the
                default) or ``after_job`` (all is done, the answer not sent)
``delay``       seconds to hold the call there; it may come with one of the following
``cut``         true closes the connection without an answer
``status``      answers this instead, with ``headers`` and ``body``: any JSON, or a string that is sent as it is
``job``         ``failed``: the job that the submission makes fails, with ``message`` as its reason
``job_seconds`` the job is shown over no earlier than this many seconds after its submission; also with ``job``
=============== =====================================================================================================

A held call whose client vanishes goes on when it is let go: at ``before_job`` its job is made then. At ``before_body``
it breaks off, unless its body is longer than 64 KiB and all on its way already: add ``cut`` where that must not happen.
Clearing the rules lets every held call go on at once, unharmed. Jobs keep what a rule wanted for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote_plus

from starlette.responses import Response

from airflow_provider_symbl.local_server.api import validation
from airflow_provider_symbl.local_server.api.paths import CONTROL_PREFIX, SUBMISSION_PREFIX
from airflow_provider_symbl.local_server.api.responses import JsonResponse
from airflow_provider_symbl.local_server.api.validation import (
    ROOT,
    boolean,
    enum,
    integer,
    kind,
    number,
    object_of,
    text,
    validation_error,
)
from airflow_provider_symbl.local_server.middleware.connections import cut
from airflow_provider_symbl.local_server.store.records import JobFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

JOB_FAULT_KEY = "symbl_local.job_fault"
SEARCHED = 64 * 1024
"""Bytes of a body in which a rule's text is looked for."""
POINTS = ("before_body", "before_job", "after_job")
ENDS = ("cut", "status", "job", "job_seconds")
"""What a rule does to a call apart from holding it."""
NEEDS = {"headers": "status", "body": "status", "message": "job"}
WITHOUT_BODY = (204, 304)
FRAMING = ("content-length", "transfer-encoding")
CALL = re.compile(r"[A-Z*]+ [/*][^\s?]*")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
HEADER_VALUE = re.compile(r"[ -~\xa0-\xff]*")
FAILURE = "A fault rule wants this job to fail"


@dataclass
class RequestInFlight:
    """A call on its way through the server.

    :param scope: what ASGI knows of it.
    :param receive: likewise.
    :param send: likewise; notes the status that is answered.
    :param head: the beginning of its body, once that is read.
    :param job_fault: that of the job it makes.
    """

    scope: Scope
    receive: Receive
    send: Send
    head: bytes = b""
    job_fault: JobFault = field(default_factory=JobFault)

    @property
    def path(self) -> str:
        """The decoded path."""
        return str(self.scope["path"])

    def contains(self, wanted: str) -> bool:
        """Tell whether a text occurs in path, decoded query or what is known of the body."""
        query = unquote_plus(self.scope["query_string"].decode("latin-1"))
        return wanted in self.path or wanted in query or wanted.encode() in self.head


@dataclass(frozen=True)
class FaultRule:
    """What happens to which calls, and where on their way.

    :param setting: the rule in the form in which it is shown.
    :param times: how many calls it meets; None for no end.
    :param delay: seconds.
    :param answer: what is answered instead of anything else.
    :param job_fault: only calls that make a job have one.
    """

    setting: Mapping[str, Any]
    method: str
    path: str
    containing: str
    after: int
    times: int | None
    at: str
    delay: float
    is_cut: bool
    answer: Response | None
    job_fault: JobFault

    def fits(self, call: RequestInFlight) -> bool:
        """Tell whether it is about a call."""
        return (
            not call.path.startswith(CONTROL_PREFIX)
            and (self.job_fault == JobFault() or call.path.startswith(SUBMISSION_PREFIX))
            and fnmatchcase(call.scope["method"], self.method)
            and fnmatchcase(call.path, self.path)
            and call.contains(self.containing)
        )

    async def apply(self, call: RequestInFlight) -> bool:
        """Do to a call what it says, and tell whether the call goes on."""
        if self.is_cut:
            await cut(call.scope, call.receive)
        elif self.answer is not None:
            await self.answer(call.scope, call.receive, call.send)
        call.job_fault = call.job_fault.joined(self.job_fault)
        return not self.is_cut and self.answer is None


class ActiveFault:
    """A rule in force, and what has become of it so far.

    :param rule: the rule.
    """

    def __init__(self, rule: FaultRule) -> None:
        self.rule = rule
        self._fitting = 0
        self._holding = 0
        self._lifted = asyncio.Event()

    @property
    def shown(self) -> dict[str, object]:
        """The rule with how many calls it met, how many it will meet yet, and how many it is holding."""
        left = None if self.rule.times is None else self.rule.times - self._met
        return {**self.rule.setting, "met": self._met, "left": left, "holding": self._holding}

    def release(self) -> None:
        """End it, and let go whatever it holds."""
        self._lifted.set()

    def matches(self, call: RequestInFlight) -> bool:
        """Count a call if the rule is about it, and tell whether it is to be met."""
        before = self._met
        self._fitting += self.rule.fits(call)
        return self._met > before

    async def intercept(self, call: RequestInFlight) -> bool:
        """Hold a call, do to it what the rule says unless that was lifted meanwhile, and tell whether it goes on."""
        self._holding += 1
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._lifted.wait(), self.rule.delay)
        finally:
            self._holding -= 1
        return self._lifted.is_set() or await self.rule.apply(call)

    @property
    def _met(self) -> int:
        met = max(0, self._fitting - self.rule.after)
        return met if self.rule.times is None else min(met, self.rule.times)


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self._standing: list[ActiveFault] = []

    @property
    def shown(self) -> list[dict[str, object]]:
        """All of them, in the order of adding."""
        return [standing.shown for standing in self._standing]

    def add(self, rule: FaultRule) -> dict[str, object]:
        """Put a rule in force, and give it as it is shown."""
        self._standing.append(ActiveFault(rule))
        return self._standing[-1].shown

    def clear(self) -> None:
        """End all rules, and let go whatever they hold."""
        for standing in self._standing:
            standing.release()
        self._standing = []

    async def pass_through(self, point: str, call: RequestInFlight) -> bool:
        """Let a call come to a point on its way, and tell whether it goes on from there.

        :param point: one of :data:`POINTS`.
        :param call: if it does not go on, it is answered or cut.
        """
        for standing in [one for one in self._standing if one.rule.at == point]:
            if standing in self._standing and standing.matches(call) and not await standing.intercept(call):
                return False
        return True


def job_fault(request: Request) -> JobFault:
    """Tell what faults want for the job that a request makes."""
    return cast("JobFault", request.scope[JOB_FAULT_KEY])


def _fault(label: str, setting: object) -> FaultRule:
    given = SETTING(label, setting)
    _check_effects(given)
    _check_answer(given)
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
        answer=_answer(given) if "status" in given else None,
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


def _check_answer(given: Mapping[str, Any]) -> None:
    for name, needed in NEEDS.items():
        if name in given and needed not in given:
            raise validation_error(name, f'is not allowed without "{needed}"')
    if "body" in given and given["status"] in WITHOUT_BODY:
        raise validation_error("body", f'is not allowed when "status" is {given["status"]}')


def _answer(given: Mapping[str, Any]) -> Response:
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
        "call": validation.Validator(_call, {"type": "string", "pattern": f"^(?:{CALL.pattern})$"}),
        "containing": text,
        "after": integer(0),
        "times": validation.Validator(_times, {"anyOf": [{"type": "null"}, integer(1).schema]}),
        "at": enum(*POINTS),
        "delay": number(0),
        "cut": boolean,
        "status": integer(200, 599),
        "headers": validation.Validator(_headers, {"type": "object", "additionalProperties": {"type": "string"}}),
        "body": validation.Validator(_anything, {}),
        "job": enum("failed"),
        "message": text,
        "job_seconds": number(0),
    },
    ("call",),
)
FAULT = validation.Validator(_fault, SETTING.schema)
"""A rule, as the module describes it."""
