"""One call's exchange: the steps that both clients take, seen without a network."""

from __future__ import annotations

import json

import pytest

from airflow_provider_symbl.client.calls import get_job
from airflow_provider_symbl.client.exchange import Send, Sleep, TakeAlone, exchange
from airflow_provider_symbl.client.models import Job, Token
from airflow_provider_symbl.client.responses import RequestFailedError, Response
from airflow_provider_symbl.client.retries import Failure
from airflow_provider_symbl.client.settings import ClientSettings
from airflow_provider_symbl.client.tokens import TokenCache
from airflow_provider_symbl.exceptions import SymblAuthenticationError, SymblTransportError

SETTINGS = ClientSettings("app-id", "app-secret", max_retries=1)
CALL = get_job("job-1")
DONE = Response(200, json.dumps({"id": "job-1", "status": "completed"}).encode())
REFUSED = Response(401, b"{}")
LOST = RequestFailedError(Failure.LOST, "cut")


def cache_with(token: str) -> TokenCache:
    """Make a cache that holds a token."""
    cache = TokenCache()
    cache.keep(Token(token, 86400.0))
    return cache


def a_token(name: str) -> Response:
    """Make the response to a token call."""
    return Response(200, json.dumps({"accessToken": name, "expiresIn": 86400}).encode())


def test_a_call_is_sent_once_with_the_token_that_is_there() -> None:
    """And its response is read."""
    steps = exchange(CALL, SETTINGS, cache_with("one"))
    assert next(steps) == Send(CALL, "one")
    with pytest.raises(StopIteration) as end:
        steps.send(DONE)
    assert end.value.value == Job("job-1", "completed")


def test_a_missing_token_is_asked_for_alone() -> None:
    """Those steps are a generator of their own, which a client takes under its lock."""
    cache = TokenCache()
    steps = exchange(CALL, SETTINGS, cache)
    step = next(steps)
    assert isinstance(step, TakeAlone)
    asked = next(step.steps)
    assert isinstance(asked, Send)
    assert (asked.call.path, asked.token) == ("/oauth2/token:generate", None)
    with pytest.raises(StopIteration) as end:
        step.steps.send(a_token("new"))
    assert steps.send(end.value.value) == Send(CALL, "new")
    assert cache.current() == "new"


def test_who_waited_for_the_lock_takes_the_token_that_is_there_by_then() -> None:
    """Nothing is sent for it."""
    cache = TokenCache()
    step = next(exchange(CALL, SETTINGS, cache))
    assert isinstance(step, TakeAlone)
    cache.keep(Token("of another", 86400.0))
    with pytest.raises(StopIteration) as end:
        next(step.steps)
    assert end.value.value == "of another"


def test_a_failure_is_slept_on_and_sent_again_as_often_as_settings_say() -> None:
    """The last one is the call's error, with the failure as its cause."""
    steps = exchange(CALL, SETTINGS, cache_with("one"))
    assert next(steps) == Send(CALL, "one")
    assert isinstance(steps.send(LOST), Sleep)
    assert next(steps) == Send(CALL, "one")
    with pytest.raises(SymblTransportError, match="no answer: cut") as caught:
        steps.send(LOST)
    assert caught.value.__cause__ is LOST


def test_a_refused_token_is_forgotten_and_the_call_sent_once_more() -> None:
    """A second refusal is an error."""
    cache = cache_with("old")
    steps = exchange(CALL, SETTINGS, cache)
    assert next(steps) == Send(CALL, "old")
    assert isinstance(steps.send(REFUSED), TakeAlone)
    assert cache.current() is None
    assert steps.send("new") == Send(CALL, "new")
    with pytest.raises(SymblAuthenticationError):
        steps.send(REFUSED)
