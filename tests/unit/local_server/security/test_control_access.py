"""Who gets to the control routes."""

from __future__ import annotations

import base64
import json
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from airflow_provider_symbl.local_server.api.responses import JsonResponse
from airflow_provider_symbl.local_server.security.control_access import SECURITY, ControlAccessMiddleware
from airflow_provider_symbl.local_server.server import LocalServer

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from tests.support.local_client import Local

APP_ID, APP_SECRET = "an-id", "a-secret"
HERE, ELSEWHERE = ("127.0.0.1", 50_000), ("203.0.113.5", 50_000)
HOST = "localhost:8765"


@dataclass
class Room:
    """What is behind the door: it notes who came in."""

    came: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer anybody."""
        self.came.append(scope["path"])
        await JsonResponse({}, headers={"Cache-Control": "public"})(scope, receive, send)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    came_in: bool


async def knock(
    path: str = "/__local__/jobs", client: tuple[str, int] | None = HERE, method: str = "GET", **headers: str
) -> Answer:
    """Send a request; ``_`` in a header's name stands for ``-``."""
    given = {"host": HOST, **{name.replace("_", "-").lower(): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "scheme": "http", "client": client}
    room, events = Room(), list[Any]()

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(event: Message) -> None:
        events.append(event)

    await ControlAccessMiddleware(room, APP_ID, APP_SECRET)({**scope, "headers": raw}, receive, send)
    start, end = events
    shown = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], shown, end["body"], bool(room.came))


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("client", [HERE, ("127.9.9.9", 1), ("::1", 1), ("::ffff:127.0.0.1", 1), None])
@pytest.mark.parametrize("host", [HOST, "LOCALHOST", "127.0.0.1:8765", "127.0.0.1", "[::1]:8765", "[::1]"])
async def test_a_program_on_this_machine_passes(client: tuple[str, int] | None, host: str) -> None:
    """Over either protocol, and over a Unix socket."""
    answer = await knock(client=client, host=host)
    assert (answer.status, answer.came_in) == (200, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": f"http://{HOST}"},
        {"origin": f"HTTP://{HOST}"},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"origin": f"http://{HOST}", "sec_fetch_site": "same-origin"},
    ],
)
async def test_the_servers_own_page_passes(headers: dict[str, str]) -> None:
    """As does an address that somebody typed."""
    assert (await knock(client=HERE, **headers)).came_in


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://localhost:9999"},
        {"origin": "http://localhost"},
        {"origin": f"https://{HOST}"},
        {"origin": "http://127.0.0.1:8765"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": f"http://{HOST}", "sec_fetch_site": "cross-site"},
    ],
)
@pytest.mark.parametrize("client", [HERE, ELSEWHERE])
async def test_a_page_of_another_origin_is_refused(headers: dict[str, str], client: tuple[str, int]) -> None:
    """Even with the credentials that a browser remembers and adds by itself."""
    answer = await knock(client=client, authorization=_basic(APP_ID, APP_SECRET), **headers)
    assert (answer.status, answer.came_in) == (403, False)
    assert answer.body == b'{"message":"The control routes answer no web page of another origin."}'


FOLLOWED = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}


@pytest.mark.parametrize("path", ["/__local__/", "/__local__"])
async def test_a_link_on_a_page_of_another_origin_opens_the_page(path: str) -> None:
    """As the one on a task in Airflow's UI does; the page holds nothing, and cannot be read from there."""
    assert (await knock(path, HERE, **FOLLOWED)).came_in
    assert (await knock(path, ELSEWHERE, **FOLLOWED)).status == 401
    assert (await knock(path, HERE, host="evil.example", **FOLLOWED)).status == 403


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        ("/__local__/jobs", "GET", {}),
        ("/__local__/conversations/58151", "GET", {}),
        ("/__local__/page/page.js", "GET", {}),
        ("/__local__/", "POST", {}),
        ("/__local__/", "GET", {"sec_fetch_dest": "iframe"}),
        ("/__local__/", "GET", {"sec_fetch_dest": "object"}),
        ("/__local__/", "GET", {"sec_fetch_mode": "no-cors", "sec_fetch_dest": "empty"}),
        ("/__local__/", "GET", {"origin": "https://evil.example"}),
    ],
)
async def test_a_page_of_another_origin_gets_nothing_else(path: str, method: str, headers: dict[str, str]) -> None:
    """Neither what is shown on the page, nor the page in a frame or by a script."""
    answer = await knock(path, HERE, method, **(FOLLOWED | headers))
    assert (answer.status, answer.came_in) == (403, False)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "localhost.evil.example", "192.168.1.7:8765", "[::2]", "[", ""]
)
async def test_a_name_that_was_pointed_at_this_machine_is_refused(host: str) -> None:
    """The page of such a name is of the same origin, as far as its browser knows."""
    answer = await knock(host=host, origin=f"http://{host}", sec_fetch_site="same-origin")
    assert (answer.status, answer.came_in) == (403, False)
    assert json.loads(answer.body)["message"].endswith(f'but "Host" is "{host}".')


async def test_a_request_without_a_host_is_refused() -> None:
    """No browser sends one, nor does any client of today."""
    assert (await knock(host="")).status == 403


@pytest.mark.parametrize("client", [ELSEWHERE, ("2001:db8::1", 1), ("::ffff:203.0.113.5", 1), ("no address", 1)])
async def test_another_machine_passes_with_the_accounts_credentials(client: tuple[str, int]) -> None:
    """Under whatever name it knows this one."""
    answer = await knock(client=client, host="recorder.example", authorization=_basic(APP_ID, APP_SECRET))
    assert (answer.status, answer.came_in) == (200, True)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !",
        "Basic Y",
        "Basic ü",
        "Bearer abc",
        _basic(APP_ID, "wrong"),
        _basic("wrong", APP_SECRET),
        _basic(APP_ID, ""),
        _basic(APP_ID, APP_SECRET + "x"),
        _basic(APP_ID, APP_SECRET).replace("Basic", "Bearer"),
        _basic(APP_ID, APP_SECRET).replace("Basic ", ""),
    ],
)
async def test_another_machine_is_asked_for_credentials(authorization: str | None) -> None:
    """In a way that a browser understands."""
    answer = await knock(client=ELSEWHERE, **({} if authorization is None else {"authorization": authorization}))
    assert (answer.status, answer.came_in) == (401, False)
    assert answer.headers["www-authenticate"] == 'Basic realm="symbl-local"'
    assert b"by HTTP Basic authentication" in answer.body


async def test_the_name_of_the_scheme_is_read_in_any_case() -> None:
    """As the standard wants it."""
    assert (await knock(client=ELSEWHERE, authorization=_basic(APP_ID, APP_SECRET).replace("Basic", "bAsIc"))).came_in


@pytest.mark.parametrize("client", [HERE, ELSEWHERE])
async def test_health_is_open_to_all(client: tuple[str, int]) -> None:
    """Whoever watches over the machine needs no secret for it."""
    answer = await knock("/__local__/health", client, host="recorder.example", origin="https://evil.example")
    assert (answer.status, answer.came_in) == (200, True)


@pytest.mark.parametrize("path", ["/__local__", "/__local__/", "/__local__/healthy", "/__local__/health/x"])
async def test_only_health_itself_is_open_to_all(path: str) -> None:
    """Nothing that merely begins like it."""
    assert (await knock(path, ELSEWHERE)).status == 401


@pytest.mark.parametrize("path", ["/v1/process/text", "/oauth2/token:generate", "/", "/v1/__local__/jobs"])
async def test_the_api_is_left_alone(path: str) -> None:
    """It asks for a token of its own, and a page may well be its client."""
    answer = await knock(path, ELSEWHERE, host="recorder.example", origin="https://evil.example")
    assert (answer.status, answer.came_in) == (200, True)
    assert answer.headers["cache-control"] == "public"
    assert not answer.headers.keys() & {"content-security-policy", "x-frame-options"}


@pytest.mark.parametrize(
    ("client", "host"), [(HERE, HOST), (HERE, "evil.example"), (ELSEWHERE, HOST)], ids=["200", "403", "401"]
)
async def test_every_answer_has_the_security_headers(client: tuple[str, int], host: str) -> None:
    """Refusals too, and they replace what the route itself says."""
    answer = await knock(client=client, host=host)
    assert answer.headers.items() >= {(name.lower(), value) for name, value in SECURITY.items()}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"Host": "evil.example"}, 403), ({"Origin": "https://evil.example"}, 403)],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_server_has_this_door(local: Local, headers: dict[str, str], status: int, method: str) -> None:
    """What is refused is not done either."""
    added = local.send("POST", "/__local__/faults", json={"call": "GET /nowhere", "status": 500})
    assert added.status_code == 201
    answer = local.send(method, "/__local__/faults", headers=headers)
    assert answer.status_code == status
    assert answer.headers["X-Frame-Options"] == "DENY"
    is_cleared = method == "DELETE" and status == 200
    assert len(local.get("/__local__/faults")["faults"]) == (0 if is_cleared else 1)


@pytest.mark.parametrize("given", [None, ("wrong", "wrong")])
def test_a_server_asks_who_comes_by_another_address(given: tuple[str, str] | None) -> None:
    """Also this machine, if it comes by the address that it has among others."""
    address = _own_address()
    with LocalServer(host="0.0.0.0") as server:  # noqa: S104 - what is tested is who may come that way
        url = f"http://{address}:{urlsplit(server.url).port}/__local__"
        right = (server.app_id, server.app_secret)
        assert requests.get(f"{url}/jobs", auth=given, timeout=10).status_code == 401
        assert requests.get(f"{url}/jobs", auth=right, timeout=10).json()["jobs"] == []
        assert requests.get(f"{url}/health", timeout=10).status_code == 200


def _own_address() -> str:
    """Tell by which address this machine would go to others; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("This machine has no address but loopback")
        address: str = line.getsockname()[0]
    if address.startswith("127."):
        pytest.skip("This machine has no address but loopback")
    return address


async def test_what_is_no_request_passes() -> None:
    """The server's own start and end."""
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def never() -> Message:
        raise AssertionError

    async def nowhere(_event: Message) -> None:
        raise AssertionError

    await ControlAccessMiddleware(app, APP_ID, APP_SECRET)({"type": "lifespan"}, never, nowhere)
    assert seen == ["lifespan"]
