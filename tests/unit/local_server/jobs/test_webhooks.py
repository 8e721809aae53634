"""Webhooks: one POST for each change of a job's status."""

from __future__ import annotations

import asyncio
import queue
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.local_server.api import timestamps
from airflow_provider_symbl.local_server.jobs.webhooks import Webhooks
from airflow_provider_symbl.local_server.server import LocalServer
from airflow_provider_symbl.local_server.store.records import Job, Progress, Status
from tests.support.local_client import Local

if TYPE_CHECKING:
    from tests.support.web_server import WebServer

AGAIN = (0.0, 0.0, 0.0, 0.0)
FOREVER = (3600.0,)


class Turns(dict[str, tuple[int, dict[str, str], bytes]]):
    """The pages of a web server that answers each time with the next status."""

    def __init__(self, *statuses: int) -> None:
        super().__init__()
        self.left = list(statuses)

    def get(self, *_: object) -> tuple[int, dict[str, str], bytes]:
        """Give what is next."""
        return self.left.pop(0), {}, b""


def test_each_change_of_status_is_posted_in_order(local: Local, web_server: WebServer) -> None:
    """Scheduled, in progress, and the end."""
    ids = local.text("Hello.", webhookUrl=f"{web_server.url}/hook")
    assert web_server.posted(3) == [
        {"jobId": ids["jobId"], "status": status} for status in ("scheduled", "in_progress", "completed")
    ]


def test_changes_that_are_made_by_polling_are_posted_too(local: Local, web_server: WebServer) -> None:
    """What is posted is what is shown."""
    local.progress(by="polls", polls=3)
    ids = local.text("Hello.", webhookUrl=f"{web_server.url}/hook")
    assert web_server.posted(1)[0]["status"] == "scheduled"
    for _ in range(3):
        local.job(ids)
    assert [post["status"] for post in web_server.posted(2)] == ["in_progress", "completed"]


@pytest.mark.process
def test_a_failed_job_is_posted_as_failed(local: Local, web_server: WebServer) -> None:
    """The reason is read from the job."""
    local.submit("audio", params={"webhookUrl": f"{web_server.url}/hook"}, data=b"noise")
    assert [post["status"] for post in web_server.posted(3)][-1] == "failed"


def test_a_webhook_that_refuses_does_not_hold_up_the_job(
    local: Local, web_server: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The failure is logged, without the address, and the next change is still posted."""
    url = web_server.serve("/hook?key=secret", b"", 404)
    ids = local.text("Hello.", webhookUrl=url)
    while local.job(ids)["status"] != "completed":
        pass
    assert [post["status"] for post in web_server.posted(3)] == ["scheduled", "in_progress", "completed"]
    while caplog.text.count("did not take") < 3:
        pass
    assert f"The webhook of job {ids['jobId']} did not take scheduled: HTTP 404" in caplog.text
    assert "secret" not in caplog.text


def test_a_reset_forgets_what_was_not_posted_yet(local: Local, web_server: WebServer) -> None:
    """What is on its way arrives, what waits behind it never does."""
    web_server.may_answer.clear()
    old = local.text("Hello.", webhookUrl=f"{web_server.url}/hook")
    assert web_server.posted(1) == [{"jobId": old["jobId"], "status": "scheduled"}]
    local.send("POST", "/__local__/reset")
    web_server.may_answer.set()
    local.authorise()
    new = local.text("Hello.", webhookUrl=f"{web_server.url}/hook")
    assert {post["jobId"] for post in web_server.posted(3)} == {new["jobId"]}


@pytest.mark.parametrize("status", [302, 400, 401, 404, 410])
async def test_an_answer_that_would_be_the_same_again_is_final(
    web_server: WebServer, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """It is posted once."""
    web_server.pages = Turns(status, 200)
    webhooks = Webhooks(allow_private=True, backoff=AGAIN)
    await _send(webhooks, _job(web_server))
    assert caplog.messages == [f"The webhook of job a-job did not take completed: HTTP {status}"]
    assert web_server.posts.qsize() == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_a_post_that_failed_for_now_is_sent_again(
    web_server: WebServer, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """Until it is taken; nothing is logged then."""
    web_server.pages = Turns(status, status, 201)
    await _send(Webhooks(allow_private=True, backoff=AGAIN), _job(web_server))
    assert web_server.posted(3) == [{"jobId": "a-job", "status": "completed"}] * 3
    assert web_server.posts.empty()
    assert caplog.messages == []


async def test_a_post_is_given_up_after_the_last_pause(web_server: WebServer, caplog: pytest.LogCaptureFixture) -> None:
    """One try more than there are pauses; the log names neither the address nor what it answered."""
    web_server.pages = Turns(*[500] * 5)
    await _send(Webhooks(allow_private=True, backoff=AGAIN), _job(web_server))
    assert web_server.posts.qsize() == 5
    assert caplog.messages == ["The webhook of job a-job did not take completed: HTTP 500"]


async def test_nobody_there_is_tried_again_too(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing listens on the discard port."""
    job = replace(_job(), webhook_url="http://127.0.0.1:9/hook?key=secret")
    await _send(Webhooks(allow_private=True, backoff=AGAIN), job)
    assert caplog.messages == ["The webhook of job a-job did not take completed: ClientConnectorError"]


async def test_a_later_status_waits_for_the_tries_of_the_earlier(web_server: WebServer) -> None:
    """The changes of one job arrive in their order."""
    web_server.pages = Turns(500, 500, 200, 500, 200)
    webhooks = Webhooks(allow_private=True, backoff=AGAIN)
    await _send(webhooks, _job(web_server, Status.IN_PROGRESS), _job(web_server))
    assert [post["status"] for post in web_server.posted(5)] == ["in_progress"] * 3 + ["completed"] * 2


async def test_a_pause_holds_up_no_other_job_and_no_end(web_server: WebServer) -> None:
    """There is one request at a time here, and the pause would last for an hour."""
    web_server.pages = Turns(500, 200)
    webhooks = Webhooks(allow_private=True, backoff=FOREVER, at_once=1)
    webhooks.notify(_job(web_server))
    webhooks.notify(replace(_job(web_server), id="another-job"))
    posts = await asyncio.to_thread(web_server.posted, 2)
    assert [post["jobId"] for post in posts] == ["a-job", "another-job"]
    await webhooks.drop()
    assert web_server.posts.empty()


@pytest.mark.parametrize("url", ["{url}/hook?key=secret", "http://a..b/hook?key=secret", "http://[::1]:9/?key=secret"])
async def test_a_webhook_goes_to_no_private_address_unless_that_is_allowed(
    web_server: WebServer, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    """Nothing is posted, and what is logged is the kind of the error alone."""
    await _send(Webhooks(backoff=AGAIN), replace(_job(), webhook_url=url.format(url=web_server.url)))
    kind = "ClientConnectorDNSError" if "a..b" in url else "PrivateAddressError"
    assert caplog.messages == [f"The webhook of job a-job did not take completed: {kind}"]
    assert web_server.posts.empty()


def test_a_server_posts_to_no_private_address_unless_that_is_allowed(
    web_server: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The job itself is done all the same."""
    with LocalServer() as server:
        local = Local(server)
        local.progress(by="at_once")
        ids = local.text("Hello.", webhookUrl=f"{web_server.url}/hook")
        assert local.job(ids)["status"] == "completed"
        while caplog.text.count("PrivateAddressError") < 3:
            pass
        local.session.close()
    with pytest.raises(queue.Empty):
        web_server.posts.get_nowait()


async def test_what_does_not_even_look_like_an_address_is_logged_by_its_kind(caplog: pytest.LogCaptureFixture) -> None:
    """The error itself would name the address."""
    job = replace(_job(), webhook_url="gopher://secret.example/")
    await _send(Webhooks(allow_private=True, backoff=()), job)
    assert caplog.messages == ["The webhook of job a-job did not take completed: NonHttpUrlClientError"]


def _job(web_server: WebServer | None = None, status: Status = Status.COMPLETED) -> Job:
    """Make a job as far as its webhook is concerned."""
    now = timestamps.now()
    url = f"{web_server.url}/hook" if web_server else None
    return Job("a-job", "1234567890123456", now, Progress(), webhook_url=url, shown=status)


async def _send(webhooks: Webhooks, *jobs: Job) -> None:
    """Notify of some changes, and wait until all that comes of it is over."""
    before = asyncio.all_tasks()
    for job in jobs:
        webhooks.notify(job)
    await asyncio.wait(asyncio.all_tasks() - before)
