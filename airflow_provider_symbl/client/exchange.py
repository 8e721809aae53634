"""One call from its description to its result: token, retries and a refused token, decided once for both clients.

An exchange is a generator, as httpx's ``auth_flow`` is: it yields each step, a client takes it and sends back what came
of it. So the policy has no I/O, and each client is the few lines that send, sleep and lock in its own way.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from airflow_provider_symbl.client import calls
from airflow_provider_symbl.client.responses import RequestFailedError, Response, error_of_failure, parse_response
from airflow_provider_symbl.client.retries import RetryPolicy
from airflow_provider_symbl.exceptions import printable

if TYPE_CHECKING:
    from airflow_provider_symbl.client.calls import Call
    from airflow_provider_symbl.client.settings import ClientSettings
    from airflow_provider_symbl.client.tokens import TokenCache

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class Send(NamedTuple):
    """Send a call once; the response comes back, or the failure.

    :param call: what to send.
    :param token: the access token, None to send none.
    """

    call: Call[Any]
    token: str | None


class Sleep(NamedTuple):
    """Wait; nothing comes back.

    :param seconds: how long.
    """

    seconds: float


class TakeAlone(NamedTuple):
    """Take further steps while nobody else of the same client takes such ones; their result comes back.

    :param steps: those that renew the token.
    """

    steps: Steps[str]


Step = Send | Sleep | TakeAlone
# What comes back depends on the step, which a generator's type cannot say.
Steps = Generator[Step, Any, Result]


def exchange(
    call: Call[Result], settings: ClientSettings, tokens: TokenCache, *, retry_concurrency_limit: bool = True
) -> Steps[Result]:
    """Yield the steps of one call, and return what its response says.

    :param call: what is asked.
    :param settings: the account, and how often a call may be sent again.
    :param tokens: the account's.
    :param retry_concurrency_limit: whether a submission that was refused with 429 may be sent again.
    :raises SymblError: the call did not succeed.
    """
    token = yield from _token(settings, tokens)
    response = yield from _attempts(call, token, settings, retry_concurrency_limit=retry_concurrency_limit)
    if response.is_refused_token:
        tokens.reject(token)
        # Symbl may hand out the same one again, and take it now.
        token = yield from _token(settings, tokens)
        response = yield from _attempts(call, token, settings, retry_concurrency_limit=retry_concurrency_limit)
    return parse_response(call, response, (token, settings.app_secret))


def read_clock(settings: ClientSettings, tokens: TokenCache) -> Steps[float]:
    """Yield the steps to a token, which the next call needs in any case, and return Symbl's time by its response.

    :param settings: the account.
    :param tokens: the account's.
    :raises SymblError: there is no token.
    """
    yield from _token(settings, tokens)
    return tokens.symbl_time()


def _token(settings: ClientSettings, tokens: TokenCache) -> Steps[str]:
    token: str = tokens.current() or (yield TakeAlone(_renewal(settings, tokens)))
    return token


def _renewal(settings: ClientSettings, tokens: TokenCache) -> Steps[str]:
    # Who took these steps just before has renewed it.
    if (token := tokens.current()) is not None:
        return token
    call = calls.generate_token(settings)
    response = yield from _attempts(call, None, settings)
    tokens.set_clock(response.date)
    return tokens.keep(parse_response(call, response, (settings.app_secret,)))


def _attempts(
    call: Call[Any], token: str | None, settings: ClientSettings, *, retry_concurrency_limit: bool = True
) -> Steps[Response]:
    """Yield a call as often as it may be sent, and return the response that is final."""
    policy = RetryPolicy(call.endpoint.effect, settings.max_retries, retry_concurrency_limit=retry_concurrency_limit)
    while True:
        outcome: Response | RequestFailedError = yield Send(call, token)
        if isinstance(outcome, RequestFailedError):
            pause = policy.pause_after_failure(outcome.failure)
            if pause is None:
                raise error_of_failure(call, outcome) from outcome
            reason: object = outcome
        else:
            pause = policy.pause_after_status(outcome.status_code, outcome.retry_after)
            if pause is None:
                return outcome
            reason = outcome.status_code
        log.warning("%s %s: %s; again in %.1f s", call.endpoint.method, printable(call.path), reason, pause)
        yield Sleep(pause)
