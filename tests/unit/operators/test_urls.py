"""Links: those that are given, and those that object storage makes just before they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, redact
from airflow.sdk import ObjectStoragePath
from airflow.sdk.execution_time.task_runner import _serialize_rendered_fields

from airflow_provider_symbl.client.client import SymblClient
from airflow_provider_symbl.exceptions import SymblStorageError
from airflow_provider_symbl.operators.audio import SymblAppendAudioUrlOperator, SymblSubmitAudioUrlOperator
from airflow_provider_symbl.operators.video import SymblAppendVideoUrlOperator, SymblSubmitVideoUrlOperator
from tests.support.airflow_tasks import run, serde
from tests.support.object_storage import SIGNATURE, SigningMemory
from tests.support.scripted_symbl import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_symbl.operators.media import SymblUrlOperator
    from tests.support.scripted_symbl import ScriptedSymbl
    from tests.support.symbl_local import SymblLocal

pytestmark = pytest.mark.process

OPERATORS = {
    SymblSubmitAudioUrlOperator: "stand-up.wav",
    SymblAppendAudioUrlOperator: "stand-up.wav",
    SymblSubmitVideoUrlOperator: "launch-planning.mp4",
    SymblAppendVideoUrlOperator: "launch-planning.mp4",
}


@pytest.fixture
def lake(attach_storage: Callable[..., None], clips_url: str) -> SigningMemory:
    """Return object storage that Airflow knows as ``s3://lake@…``."""
    storage = SigningMemory(clips_url)
    attach_storage("s3", storage, conn_id="lake")
    return storage


def make(operator: type[SymblUrlOperator], url: str, **changes: Any) -> SymblUrlOperator:
    """Make an operator for a link that does not wait."""
    arguments = {"wait_for_completion": False, **changes}
    if operator.is_append:
        arguments["conversation_id"] = "{{ params.conversation_id }}"
    return operator(task_id="send", url=url, **arguments)


def failing(problem: Exception) -> Callable[..., str]:
    """Make what raises an error."""

    def fail(*_: object, **__: object) -> str:
        raise problem

    return fail


def send(server: SymblLocal, operator: type[SymblUrlOperator], url: str, **changes: Any) -> SymblUrlOperator:
    """Run an operator for a link, for an append after a conversation was made."""
    with SymblClient(server.settings) as client:
        conversation_id = client.submit_text([{"payload": {"content": "Good morning."}}]).conversation_id
    task = make(operator, url, **changes)
    result = run(task, conversation_id=conversation_id)
    assert server.submissions()[-1]["status"] == 201
    assert SIGNATURE not in str(result)
    return task


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_link_is_sent_as_it_is(symbl_local: SymblLocal, clips_url: str, operator: type[SymblUrlOperator]) -> None:
    """With its query, which may be part of what makes it work."""
    link = f"{clips_url}/{OPERATORS[operator]}?a=1&b=%20x#t"
    send(symbl_local, operator, link)
    assert symbl_local.submissions()[-1]["body"]["url"] == link


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("operator", OPERATORS)
def test_object_storage_makes_the_link(
    symbl_local: SymblLocal,
    lake: SigningMemory,
    operator: type[SymblUrlOperator],
) -> None:
    """The link reaches Symbl, and is valid for as long as the job may take."""
    clip = OPERATORS[operator]
    send(symbl_local, operator, f"s3://lake@bucket/2026/{clip}", job_timeout=1234.5)
    assert lake.signed == [(f"bucket/2026/{clip}", 1234)]
    assert symbl_local.submissions()[-1]["body"]["url"] == f"{lake.base}/{clip}?expires=1234&signature={SIGNATURE}"


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("kind", [ObjectStoragePath, "templated"], ids=["literal", "templated"])
def test_a_path_object_is_taken_like_its_uri(symbl_local: SymblLocal, lake: SigningMemory, kind: Any) -> None:  # noqa: ANN401 - a class or a name
    """As it is written in a DAG file, with a template in it, and as another task returned it."""
    uri = "s3://lake@bucket/2026/stand-up.wav"
    given: Any = ObjectStoragePath("s3://lake@bucket/{{ '2026' }}/stand-up.wav") if kind == "templated" else kind(uri)
    send(symbl_local, SymblSubmitAudioUrlOperator, given)
    stored: Any = serde.serialize(ObjectStoragePath(uri))
    returned: Any = serde.deserialize(stored)
    send(symbl_local, SymblSubmitAudioUrlOperator, returned)
    assert [path.lstrip("/") for path, _ in lake.signed] == ["bucket/2026/stand-up.wav"] * 2


def test_storage_that_stumbles_is_tried_again(
    scripted_symbl: ScriptedSymbl,
    lake: SigningMemory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error that passes is none that fails the task for good, and holds no signature."""
    monkeypatch.setattr(lake, "sign", failing(ConnectionError(f"https://store.example/x?signature={SIGNATURE}")))
    with pytest.raises(SymblStorageError, match=r"url: s3://lake@bucket/call\.wav cannot be read") as caught:
        run(make(SymblSubmitAudioUrlOperator, "s3://lake@bucket/call.wav"))
    assert SIGNATURE not in str(caught.value)
    assert scripted_symbl.received == []


def test_what_storage_does_not_permit_fails_the_task_for_good(
    scripted_symbl: ScriptedSymbl,
    lake: SigningMemory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No retry gives a right."""
    monkeypatch.setattr(lake, "sign", failing(PermissionError("Access Denied")))
    with pytest.raises(AirflowFailException, match=r"cannot be read \(Access Denied\)"):
        run(make(SymblSubmitAudioUrlOperator, "s3://lake@bucket/call.wav"))
    assert scripted_symbl.received == []


@pytest.mark.usefixtures("connection", "lake")
def test_symbl_fetches_through_the_link(symbl_local: SymblLocal) -> None:
    """The task waits for a job that could fetch what the link leads to."""
    uri = "s3://lake@bucket/stand-up.wav"
    send(symbl_local, SymblSubmitAudioUrlOperator, uri, wait_for_completion=True, poll_interval=0.1)


@pytest.mark.usefixtures("connection", "lake")
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_signature_is_never_shown(
    symbl_local: SymblLocal,
    operator: type[SymblUrlOperator],
    logged: Callable[[], str],
) -> None:
    """Rendered fields and name hold the object's URI, and no log line holds the link."""
    uri = f"s3://lake@bucket/{OPERATORS[operator]}"
    task = send(symbl_local, operator, "{{ params.uri or '" + uri + "' }}")
    rendered = _serialize_rendered_fields(task)
    assert rendered["url"] == uri
    assert SIGNATURE not in f"{rendered} {task!r} {vars(task)}"
    assert SIGNATURE not in logged()
    assert SIGNATURE not in str(symbl_local.submissions()[-1]["body"].get("name"))


@pytest.mark.usefixtures("lake")
def test_a_signature_that_symbl_repeats_is_masked(scripted_symbl: ScriptedSymbl, lake: SigningMemory) -> None:
    """Symbl may refuse a link in its own words; Airflow masks the link in all that it logs."""
    link = f"{lake.base}/stand-up.wav?expires=14400&signature={SIGNATURE}"
    refusal = Reply(400, {"message": f'"url" must not be {link}'})
    scripted_symbl.on("POST", "/v1/process/audio/url", refusal)
    with pytest.raises(AirflowFailException, match="must not be") as caught:
        run(make(SymblSubmitAudioUrlOperator, "s3://lake@bucket/stand-up.wav"))
    assert SIGNATURE not in str(redact(str(caught.value)))


@pytest.mark.parametrize("operator", OPERATORS)
def test_storage_that_makes_no_links_fails_the_task_for_good(
    scripted_symbl: ScriptedSymbl,
    tmp_path: object,
    operator: type[SymblUrlOperator],
) -> None:
    """The message names the URI and says what would do."""
    uri = f"file://{tmp_path}"[:50]
    given = f"{{{{ '{uri}' }}}}"
    with pytest.raises(AirflowFailException, match=f"url: got '{uri}'; allowed: http, https, or object storage that"):
        run(make(operator, given), conversation_id="7777777777777777")
    assert scripted_symbl.received == []


@pytest.mark.parametrize(
    "url", ["/recordings/call.wav", "recordings.example.com/call.wav", "ftp://example.com/call.wav"]
)
def test_what_is_no_link_fails_the_task_for_good(scripted_symbl: ScriptedSymbl, url: str) -> None:
    """A path, a host without a scheme or another protocol cannot be fetched by Symbl."""
    with pytest.raises(AirflowFailException, match=f"url: got '{url}'; allowed: "):
        run(make(SymblSubmitAudioUrlOperator, "{{ params.url }}"), url=url)
    assert scripted_symbl.received == []
