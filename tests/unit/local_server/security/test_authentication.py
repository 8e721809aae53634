"""Who is let in."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.local_client import Local

if TYPE_CHECKING:
    from collections.abc import Callable

GENERATE = "/oauth2/token:generate"
REFRESH = "/oauth2/token:refresh"
REVOKE = "/oauth2/token:revoke"


def test_a_token_opens_the_api_as_bearer_and_as_api_key(local: Local) -> None:
    """Both headers of the contract are accepted."""
    token = local.send("POST", GENERATE, json=local.credentials).json()["accessToken"]
    for header in ({"Authorization": f"Bearer {token}"}, {"x-api-key": token}):
        assert requests.get(f"{local.url}/v1/conversations", headers=header, timeout=10).status_code == 200


def test_the_same_token_comes_back_while_it_lasts(local: Local) -> None:
    """The vendor's cache hands out one token with what is left of its day."""
    first, second = (local.send("POST", GENERATE, json=local.credentials).json() for _ in range(2))
    assert first["accessToken"] == second["accessToken"]
    assert 86_000 < second["expiresIn"] <= first["expiresIn"] <= 86_400


def test_a_token_is_a_jwt_that_tells_when_it_expires(local: Local) -> None:
    """The vendor's JavaScript client reads the claim ``exp``."""
    answer = local.send("POST", GENERATE, json=local.credentials).json()
    header, claims, _signature = answer["accessToken"].split(".")
    assert _decoded(header)["alg"] == "HS256"
    assert isinstance(_decoded(claims)["exp"], int)


def test_a_token_at_its_end_is_refused_and_replaced() -> None:
    """Less than a second before its end a token is no longer handed out; after it, it opens nothing."""
    with LocalServer(token_lifetime=0.0) as server:
        local = Local(server)
        assert local.send("GET", "/v1/conversations").status_code == 401
        before = local.session.headers["Authorization"]
        local.authorise()
        assert local.session.headers["Authorization"] != before
        local.session.close()


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nonsense"}, {"x-api-key": "nonsense"}])
def test_a_call_without_a_good_token_is_refused(local: Local, header: dict[str, str]) -> None:
    """The answer is the contract's own, and the body was read before it."""
    answer = requests.post(f"{local.url}/v1/process/audio", headers=header, data=bytes(3_000_000), timeout=10)
    assert (answer.status_code, answer.json()) == (401, {"message": "Token validation failed for provided token."})
    assert local.journal()[-1]["body_size"] == 3_000_000


@pytest.mark.parametrize("wrong", ["appId", "appSecret"])
def test_wrong_credentials_are_refused(local: Local, wrong: str) -> None:
    """Neither an App ID nor a Secret of another account will do."""
    answer = local.send("POST", GENERATE, json={**local.credentials, wrong: "söme other"})
    assert answer.status_code == 401
    assert "appId and appSecret" in answer.json()["message"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda grant: grant.pop("appId"), '"appId" is required'),
        (lambda grant: grant.update(appSecret=""), '"appSecret" is not allowed to be empty'),
        (lambda grant: grant.update(appId=7), '"appId" must be a string, but is a number'),
        (lambda grant: grant.update(type="password"), '"type" must be one of [application], but is "password"'),
        (lambda grant: grant.update(scope="all"), '"scope" is not allowed'),
    ],
)
def test_a_bad_field_of_the_grant_is_named(local: Local, change: Callable[[dict[str, Any]], None], said: str) -> None:
    """The answer says which field is wrong, and how."""
    grant = dict(local.credentials)
    change(grant)
    answer = local.send("POST", GENERATE, json=grant)
    assert (answer.status_code, answer.json()["message"]) == (400, said)


def test_a_grant_must_be_json(local: Local) -> None:
    """A form is not taken for JSON."""
    answer = local.send("POST", GENERATE, data=local.credentials)
    assert answer.status_code == 400
    assert "application/json" in answer.json()["message"]


def test_a_token_is_exchanged_for_a_new_one(local: Local) -> None:
    """The old one is refused from then on, and its refresh token with it."""
    old = local.send("POST", GENERATE, json=local.credentials).json()
    renewal = {**_account(local), "refreshToken": old["refershToken"]}
    new = local.send("POST", REFRESH, json=renewal).json()
    assert new["accessToken"] != old["accessToken"]
    assert local.send("GET", "/v1/conversations").status_code == 401
    local.session.headers["Authorization"] = f"Bearer {new['accessToken']}"
    assert local.get("/v1/conversations") == {"conversations": []}
    again = local.send("POST", REFRESH, json=renewal)
    said = "The refreshToken given is not that of this account's current token."
    assert (again.status_code, again.json()["message"]) == (401, said)


def test_tokens_are_revoked(local: Local) -> None:
    """By whoever knows the App Secret, and nothing is answered."""
    wrong = local.send("DELETE", REVOKE, json={**_account(local), "appSecret": "x"})
    assert wrong.status_code == 401
    right = local.send("DELETE", REVOKE, json=_account(local))
    assert (right.status_code, right.content) == (204, b"")
    assert local.send("GET", "/v1/conversations").json() == {"message": "Token validation failed for provided token."}


def _account(local: Local) -> dict[str, str]:
    return {name: local.credentials[name] for name in ("appId", "appSecret")}


def _decoded(part: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims
