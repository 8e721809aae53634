"""What the tests of the page share: a server, a client that fills it, and a window of a real browser on it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest
from playwright.sync_api import ViewportSize, expect, sync_playwright

from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.audio import RECORDINGS, cut_clips
from tests.support.local_client import Local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response

Scheme: TypeAlias = Literal["light", "dark"]

TIMEOUT = 60_000.0
"""Milliseconds after which what a test waits for is taken never to come."""
CALL = RECORDINGS / "calls" / "late-parcel.wav"
STAND_UP = RECORDINGS / "meetings" / "stand-up.wav"
VIDEO = RECORDINGS / "meetings" / "launch-planning.mp4"
WAV = {"Content-Type": "audio/wav"}

LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2

expect.set_options(timeout=TIMEOUT)


@dataclass
class Window:
    """A window of a browser on a server's page.

    :param tab: the browser's own idea of it.
    :param url: the server's.
    :param problems: what the browser complains about, and requests that go elsewhere; there are none in the end.
    """

    tab: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def open(self, view: str) -> None:
        """Go to a view, such as ``jobs``."""
        answer = self.tab.goto(f"{self.url}/__local__/#{view}")
        assert answer is None or answer.ok  # None: the page is there already, and only its view changes
        expect(self.tab.locator("#health")).to_contain_text("ok · version")

    def forgive(self, problem: str) -> None:
        """Take some complaints of the browser as meant to be; there must be some."""
        meant = [one for one in self.problems if problem in one]
        assert meant, self.problems
        self.problems = [one for one in self.problems if one not in meant]

    def find(self, selector: str) -> Locator:
        """Find elements by CSS."""
        return self.tab.locator(selector)

    def press(self, name: str) -> None:
        """Click the one button of a name."""
        self.tab.get_by_role("button", name=name, exact=True).click()

    def wait_for(self, condition: str, given: Any = None) -> None:  # noqa: ANN401 - whatever JSON can hold
        """Wait until a JavaScript function answers true.

        :param given: what it is called with.
        """
        self.tab.wait_for_function(condition, arg=given, timeout=TIMEOUT)

    def picture(self, folder: Path, name: str) -> Path:
        """Take a picture of the whole page, and keep it."""
        path = folder / f"{name}.png"
        self.tab.screenshot(path=path, full_page=True)
        return path


@dataclass(frozen=True)
class Filled:
    """A client of a server with something in it.

    :param call: the ids of a real recording, heard: a support call with a speaker on each channel.
    :param appended: the same once more, with a second recording after it.
    :param video: the ids of the beginning of a real video.
    """

    client: Local
    call: dict[str, str]
    appended: dict[str, str]
    video: dict[str, str]


@pytest.fixture(scope="package")
def page_server() -> Iterator[LocalServer]:
    """Run one server for all tests of the page."""
    with LocalServer(max_concurrent_jobs=500) as running:
        yield running


@pytest.fixture
def local(page_server: LocalServer) -> Iterator[Local]:
    """Return a client of the server, which has forgotten everything."""
    client = Local(page_server)
    client.send("POST", "/__local__/reset")
    client.authorise()
    yield client
    client.session.close()


@pytest.fixture
def at_once(local: Local) -> Local:
    """Return a client whose submissions are done when they are answered."""
    local.progress(by="at_once")
    return local


@pytest.fixture(scope="package")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Run a server with something of everything in it, for tests that only look: recordings take long to hear."""
    with LocalServer() as running:
        client = Local(running)
        client.progress(by="at_once")
        call, appended = _call(client), _call(client)
        client.submit(f"audio/{appended['conversationId']}", "PUT", data=STAND_UP.read_bytes(), headers=WAV)
        clips = tmp_path_factory.mktemp("clips")
        cut_clips([VIDEO], clips)
        video = client.submit("video", data=(clips / VIDEO.name).read_bytes(), headers={"Content-Type": "video/mp4"})
        client.send("POST", "/__local__/faults", json={"call": "POST *", "job": "failed", "message": LONG_WORD})
        client.text("Hello.", name="Failed")
        client.send("POST", "/__local__/faults", json={"call": "GET *", "status": 503, "after": 9, "times": 3})
        client.text(LONG_WORD, name=LONG_WORD)
        client.progress(by="polls", polls=9)
        job = client.text("Hello.", name="Running")
        assert [client.job(job)["status"] for _ in range(2)] == ["scheduled", "in_progress"]
        yield Filled(client, call, appended, video)
        client.session.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Run the machine's own Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def open_window(browser: Browser, page_server: LocalServer) -> Iterator[Callable[..., Window]]:
    """Return what opens windows; they must give the browser no cause for complaint."""
    opened: list[Window] = []

    def open_one(
        url: str = page_server.url, *, width: int = 1280, height: int = 800, scheme: Scheme = "light"
    ) -> Window:
        size = ViewportSize(width=width, height=height)
        context = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB", timezone_id="UTC")
        opened.append(_watched(Window(context.new_page(), url)))
        return opened[-1]

    yield open_one
    for window in opened:
        window.tab.context.close()
    assert [problem for window in opened for problem in window.problems] == []


@pytest.fixture
def window(local: Local, open_window: Callable[..., Window]) -> Window:
    """Return a window of 1280 by 800 on a server that has forgotten everything."""
    return open_window(local.url)


@pytest.fixture
def reading(filled: Filled, open_window: Callable[..., Window]) -> Window:
    """Return a window of 1280 by 800 on the server with something in it."""
    return open_window(filled.client.url)


def _call(client: Local) -> dict[str, str]:
    speakers = '[{"channel": 1, "speaker": {"name": "Agent"}}, {"channel": 2, "speaker": {"name": "Customer"}}]'
    query = {
        "name": "Late parcel",
        "enableSeparateRecognitionPerChannel": "true",
        "channelMetadata": speakers,
        "detectEntities": "true",
        "trackers": '[{"name": "Delivery", "vocabulary": ["parcel", "package"]}]',
    }
    return client.submit("audio", data=CALL.read_bytes(), headers=WAV, params=query)


def _watched(window: Window) -> Window:
    def complain(said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            window.problems.append(f"{said.text} ({said.location.get('url')})")

    def look_where(request: Request) -> None:
        own = (f"{window.url}/__local__/", f"{window.url}/v1/")  # the page, and the API by which it changes things
        if not request.url.startswith(own):
            window.problems.append(f"a request to {request.url}")

    def look_under_which_policy(answer: Response) -> None:
        if answer.request.is_navigation_request() and answer.ok:
            policy = answer.headers.get("content-security-policy", "none")
            if "default-src 'self'" not in policy or "unsafe" in policy:
                window.problems.append(f"the policy is {policy}")

    window.tab.on("console", complain)
    window.tab.on("pageerror", lambda error: window.problems.append(str(error)))
    window.tab.on("request", look_where)
    window.tab.on("response", look_under_which_policy)
    return window
