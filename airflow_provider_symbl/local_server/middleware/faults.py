"""Fault injection: calls of the API that go wrong because somebody who tests a client wants them to.

``POST /__local__/faults`` adds a rule, ``GET`` shows them all, ``DELETE`` clears them all, or at
``/__local__/faults/{id}`` one. The rules of a point meet a call in the order of adding, until one of them ends it. The
control routes themselves meet none.

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
import uuid
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote_plus

from airflow_provider_symbl.local_server.api.paths import CONTROL_PREFIX, SUBMISSION_PREFIX
from airflow_provider_symbl.local_server.middleware.connections import cut
from airflow_provider_symbl.local_server.store.records import JobFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

JOB_FAULT_KEY = "symbl_local.job_fault"
SEARCHED = 64 * 1024
"""Bytes of a body in which a rule's text is looked for."""
POINTS = ("before_body", "before_job", "after_job")


@dataclass
class RequestInFlight:
    """A request on its way through the server.

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
    """What happens to which requests, and where on their way.

    :param setting: the rule in the form in which it is shown.
    :param times: how many requests it meets; None for no end.
    :param delay: seconds.
    :param response: what is answered instead of anything else.
    :param job_fault: only requests that make a job have one.
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
    response: Response | None
    job_fault: JobFault

    def applies_to(self, request: RequestInFlight) -> bool:
        """Tell whether it is about a request."""
        return (
            not request.path.startswith(CONTROL_PREFIX)
            and (self.job_fault == JobFault() or request.path.startswith(SUBMISSION_PREFIX))
            and fnmatchcase(request.scope["method"], self.method)
            and fnmatchcase(request.path, self.path)
            and request.contains(self.containing)
        )

    async def apply(self, request: RequestInFlight) -> bool:
        """Do to a request what it says, and tell whether that goes on."""
        if self.is_cut:
            await cut(request.scope, request.receive)
        elif self.response is not None:
            await self.response(request.scope, request.receive, request.send)
        request.job_fault = request.job_fault.joined(self.job_fault)
        return not self.is_cut and self.response is None


class ActiveFault:
    """A rule in force, and what has become of it so far.

    :param rule: the rule.
    """

    def __init__(self, rule: FaultRule) -> None:
        self.rule = rule
        self.id = str(uuid.uuid4())
        self._matching = 0
        self._holding = 0
        self._released = asyncio.Event()

    @property
    def shown(self) -> dict[str, object]:
        """The rule with its id, how many requests it met, how many it will meet yet, and how many it is holding."""
        left = None if self.rule.times is None else self.rule.times - self._met
        return {"id": self.id, **self.rule.setting, "met": self._met, "left": left, "holding": self._holding}

    def release(self) -> None:
        """End it, and let go whatever it holds."""
        self._released.set()

    def matches(self, request: RequestInFlight) -> bool:
        """Count a request if the rule is about it, and tell whether it is to be met."""
        before = self._met
        self._matching += self.rule.applies_to(request)
        return self._met > before

    async def intercept(self, request: RequestInFlight) -> bool:
        """Hold a request, do to it what the rule says unless released meanwhile, and tell whether it goes on."""
        self._holding += 1
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._released.wait(), self.rule.delay)
        finally:
            self._holding -= 1
        return self._released.is_set() or await self.rule.apply(request)

    @property
    def _met(self) -> int:
        met = max(0, self._matching - self.rule.after)
        return met if self.rule.times is None else min(met, self.rule.times)


class Faults:
    """The rules in force; the middleware lets each request pass through them."""

    def __init__(self) -> None:
        self._active: list[ActiveFault] = []

    @property
    def shown(self) -> list[dict[str, object]]:
        """All of them, in the order of adding."""
        return [fault.shown for fault in self._active]

    def add(self, rule: FaultRule) -> dict[str, object]:
        """Put a rule in force, and give it as it is shown."""
        self._active.append(ActiveFault(rule))
        return self._active[-1].shown

    def clear_one(self, fault_id: str) -> bool:
        """End a rule, and let go whatever it holds.

        :param fault_id: as it is shown with the rule.
        :return: whether it was in force.
        """
        ended = [fault for fault in self._active if fault.id == fault_id]
        self._active = [fault for fault in self._active if fault.id != fault_id]
        for fault in ended:
            fault.release()
        return bool(ended)

    def clear(self) -> None:
        """End all rules, and let go whatever they hold."""
        for fault in self._active:
            fault.release()
        self._active = []

    async def pass_through(self, point: str, request: RequestInFlight) -> bool:
        """Let a request come to a point on its way, and tell whether it goes on from there.

        :param point: one of :data:`POINTS`.
        :param request: if it does not go on, it is answered or cut.
        """
        for fault in [one for one in self._active if one.rule.at == point]:
            if fault in self._active and fault.matches(request) and not await fault.intercept(request):
                return False
        return True


def job_fault(request: Request) -> JobFault:
    """Tell what faults want for the job that a request makes."""
    return cast("JobFault", request.scope[JOB_FAULT_KEY])
