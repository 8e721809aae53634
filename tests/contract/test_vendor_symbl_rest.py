"""The vendor's generated client, ``symbl_rest`` 1.0.14: every method of every class is called, as it comes."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import pytest
import symbl_rest
from symbl_rest.rest import ApiException

from airflow_provider_symbl.local_server.server import LocalServer
from tests.contract.generated_calls import CALLS, CONVERSATION_PATH, ClientSetup, grant
from tests.contract.sample_conversation import conversation_body, text_body
from tests.support.symbl_local import SymblLocal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.web_server import ClipServer

    Note = Callable[[str, str, str], None]

CLIENT = "symbl_rest 1.0.14"
OTHER_PRODUCTS = {
    "ConnectionToEndpointApi": "Telephony",
    "ExternalEventWebHookApi": "Telephony",
    "MetricApi": "metrics",
    "MetricEntryApi": "metrics",
}


def _methods(*, of_other_products: bool) -> list[Any]:
    """List the methods that the package has, each with its class; those with HTTP details are the same calls again."""
    classes = inspect.getmembers(symbl_rest, lambda item: inspect.isclass(item) and item.__name__.endswith("Api"))
    return [
        pytest.param(name, method, id=f"{name}.{method}")
        for name, api in classes
        for method, function in vars(api).items()
        if inspect.isfunction(function) and not method.startswith("_") and not method.endswith("_with_http_info")
        if (name in OTHER_PRODUCTS) == of_other_products
    ]


def _signed_in(server: SymblLocal) -> symbl_rest.ApiClient:
    configuration = symbl_rest.Configuration()
    configuration.host = server.url
    configuration.api_key = {}
    client = symbl_rest.ApiClient(configuration)
    token = symbl_rest.AuthenticationApi(client).generate_token(grant(server))
    configuration.api_key["x-api-key"] = token.access_token
    return client


def _closed(client: symbl_rest.ApiClient) -> None:
    client.pool.close()
    client.pool.join()


@pytest.fixture
def setup(symbl_local: SymblLocal, web: ClipServer, clips: Path) -> Iterator[ClientSetup]:
    """Return the setup; each job is over when its submission is answered."""
    symbl_local.progress(by="at_once")
    client = _signed_in(symbl_local)
    ids = symbl_rest.AsyncApi(client).add_text(body=conversation_body())
    yield ClientSetup(client, symbl_local, web, clips, ids)
    _closed(client)


REFUSED = {
    "get_call_score_by_conversation_id": "callscore",
    "get_intents_by_conversation_id": "intents",
}
"""What the server says that it has not, for it would have to be made up."""


@pytest.mark.parametrize(("name", "method"), _methods(of_other_products=False))
def test_a_method_of_the_generated_client_works(name: str, method: str, setup: ClientSetup, note: Note) -> None:
    """Each call arrives with no header but x-api-key to let it in, and its answer fits the client's own model."""
    api = getattr(symbl_rest, name)(setup.client)
    if method in REFUSED:
        note(*_refused(setup, api, method))
        return
    note(CALLS[method](setup, api), CLIENT, "yes")
    assert {entry["headers"].get("authorization") for entry in setup.server.journal()} == {None}


def _refused(setup: ClientSetup, api: Any, method: str) -> tuple[str, str, str]:  # noqa: ANN401 - the same
    with pytest.raises(ApiException) as refusal:
        getattr(api, method)(setup.conversation_id)
    assert refusal.value.status == 501
    assert json.loads(refusal.value.body)["message"].startswith("symbl-local does not ")
    return f"GET {CONVERSATION_PATH}/{REFUSED[method]}", CLIENT, "refused: 501"


@pytest.mark.parametrize(("name", "method"), _methods(of_other_products=True))
def test_other_products_are_not_found(name: str, method: str, setup: ClientSetup, note: Note) -> None:
    """Telephony and metrics are not in the Async API: the server says that it does not know their paths."""
    with pytest.raises(ApiException) as refusal:
        getattr(getattr(symbl_rest, name)(setup.client), method)("some-id")
    assert refusal.value.status == 404
    assert "Not Found" in json.loads(refusal.value.body)["message"]
    call = f"{setup.last()['method']} {setup.last()['path'].replace('some-id', '{id}')}"
    note(call, CLIENT, f"another product: {OTHER_PRODUCTS[name]}")


def test_an_unknown_conversation_is_an_error_with_the_documented_message(setup: ClientSetup) -> None:
    """The 404 and its body reach the user of the client."""
    with pytest.raises(ApiException) as refusal:
        symbl_rest.TopicsApi(setup.client).get_topics_by_conversation_id("0000000000000000")
    assert refusal.value.status == 404
    assert json.loads(refusal.value.body) == {"message": "The conversationId is either invalid or does not exist."}


def test_a_bad_value_is_an_error_that_names_the_field(setup: ClientSetup) -> None:
    """The generated client turns a list for a query into single letters or Python's own notation: never guessed at."""
    with pytest.raises(ApiException) as refusal:
        symbl_rest.AsyncApi(setup.client).add_audio(b"RIFF", "audio/wav", features={"featureList": ["insights"]})
    assert refusal.value.status == 400
    assert json.loads(refusal.value.body)["message"].startswith('"features" must be')


def test_a_missing_token_is_an_error_with_the_documented_message(setup: ClientSetup) -> None:
    """The 401 and its body reach the user of the client."""
    setup.client.configuration.api_key.clear()
    with pytest.raises(ApiException) as refusal:
        symbl_rest.MembersApi(setup.client).get_members_by_conversation_id(setup.conversation_id)
    assert refusal.value.status == 401
    assert json.loads(refusal.value.body) == {"message": "Token validation failed for provided token."}


def test_too_many_jobs_are_an_error_with_the_documented_body() -> None:
    """The 429 and its body reach the user of the client, and no job is made."""
    with LocalServer(max_concurrent_jobs=1) as running:
        server = SymblLocal(running.url, running.app_id, running.app_secret)
        server.progress(by="polls", polls=2)
        client = _signed_in(server)
        calls = symbl_rest.AsyncApi(client)
        calls.add_text(body=text_body("Hello.", "first"))
        with pytest.raises(ApiException) as refusal:
            calls.add_text(body=text_body("Hello.", "second"))
        _closed(client)
    body = json.loads(refusal.value.body)
    assert (refusal.value.status, body["statusCode"]) == (429, 429)
    assert "maximum of `1` number of concurrent jobs" in body["message"]
