"""The account's own trackers, and what submissions make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.local_server.server import LocalServer
from tests.support.audio import RECORDINGS
from tests.support.local_client import Local, message

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.web_server import WebServer

UNKNOWN = "00000000-0000-4000-8000-000000000000"
PRICE = {"name": "Price", "vocabulary": ["costs", "dollars"]}
WEATHER = {"name": "Weather", "vocabulary": ["rain"]}
SAID = "It costs ten dollars in the rain."


def keep(local: Local, tracker: dict[str, Any]) -> str:
    """Keep a tracker, and give its id."""
    answer = local.send("POST", "/v1/manage/tracker", json=tracker)
    assert answer.status_code == 201, answer.text
    kept: str = answer.json()["tracker"]["id"]
    return kept


def listed(local: Local, **query: str) -> list[str]:
    """List the names of the trackers kept."""
    return [tracker["name"] for tracker in local.get("/v1/manage/trackers", **query)["trackers"]]


def met(local: Local, ids: dict[str, str]) -> dict[str, list[str]]:
    """Read which trackers a conversation meets, and with which words."""
    found = local.of(ids, "trackers-detected")
    return {tracker["name"]: [match["value"] for match in tracker["matches"]] for tracker in found}


@pytest.mark.parametrize("spelling", ["tracker", "trackers"])
def test_a_tracker_is_kept_shown_changed_and_forgotten(local: Local, spelling: str) -> None:
    """Under the singular path as under the plural one."""
    answer = local.send("POST", "/v1/manage/tracker", json=PRICE)
    tracker_id = answer.json()["tracker"]["id"]
    assert (answer.status_code, answer.json()) == (201, {"tracker": {"id": tracker_id, **PRICE}})
    path = f"/v1/manage/{spelling}/{tracker_id}"
    assert local.get(path) == {"tracker": {"id": tracker_id, **PRICE}}
    changed = {"name": "Cost", "vocabulary": ["euros"]}
    assert local.send("PUT", path, json=changed).json() == {"tracker": {"id": tracker_id, **changed}}
    assert local.get(path) == {"tracker": {"id": tracker_id, **changed}}
    answer = local.send("DELETE", path)
    assert (answer.status_code, answer.json()) == (200, {"id": tracker_id, "type": "tracker", "deleted": True})
    assert listed(local) == []


@pytest.mark.parametrize("spelling", ["tracker", "trackers"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_tracker_is_not_found(local: Local, method: str, spelling: str) -> None:
    """By no call."""
    answer = local.send(method, f"/v1/manage/{spelling}/{UNKNOWN}", json=PRICE)
    assert (answer.status_code, answer.json()) == (404, {"message": "There is no tracker of this id"})


def test_trackers_are_listed_in_the_order_of_their_making(local: Local) -> None:
    """All, or those of one name exactly; a change moves none."""
    first = keep(local, WEATHER)
    answer = local.send("POST", "/v1/manage/trackers", json=[PRICE, {"name": "A", "vocabulary": ["b"]}])
    assert answer.status_code == 201
    assert [tracker["name"] for tracker in answer.json()["trackers"]] == ["Price", "A"]
    local.send("PUT", f"/v1/manage/tracker/{first}", json={**WEATHER, "vocabulary": ["snow"]})
    assert listed(local) == ["Weather", "Price", "A"]
    assert listed(local, name="Price") == ["Price"]
    assert listed(local, name="price") == []


def test_a_name_is_given_once(local: Local) -> None:
    """Another tracker of it is a conflict; of several, none is kept then. Case tells names apart."""
    keep(local, PRICE)
    weather = keep(local, WEATHER)
    calls = [
        ("POST", "/v1/manage/tracker", PRICE),
        ("POST", "/v1/manage/trackers", [{"name": "New", "vocabulary": ["x"]}, PRICE]),
        ("PUT", f"/v1/manage/tracker/{weather}", PRICE),
    ]
    for method, path, body in calls:
        answer = local.send(method, path, json=body)
        assert (answer.status_code, answer.json()) == (409, {"message": "There is a tracker of this name already"})
    assert listed(local) == ["Price", "Weather"]
    keep(local, {**PRICE, "name": "price"})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "x"}, '"vocabulary" is required'),
        ({"name": "x", "vocabulary": []}, '"vocabulary" must contain at least 1 items, but has 0'),
        ({"name": "x", "vocabulary": ["a", "a"]}, '"vocabulary[1]" contains a duplicate value'),
        ({**PRICE, "categories": ["x"]}, '"categories" is not allowed'),
        ([PRICE], '"value" must be of type object, but is an array'),
    ],
)
def test_a_bad_tracker_is_refused(local: Local, body: Any, said: str) -> None:  # noqa: ANN401 - what clients may send
    """The answer names the field, what was given and what is allowed."""
    answer = local.send("POST", "/v1/manage/tracker", json=body)
    assert (answer.status_code, answer.json()["message"]) == (400, said)


def test_an_account_has_five_hundred_trackers_at_most(local: Local) -> None:
    """As Symbl's; of too many at a time, none is kept."""
    many = [{"name": str(number), "vocabulary": ["x"]} for number in range(499)]
    assert local.send("POST", "/v1/manage/trackers", json=many).status_code == 201
    answer = local.send("POST", "/v1/manage/trackers", json=[PRICE, WEATHER])
    said = "An account may have at most 500 trackers, and would have 501"
    assert (answer.status_code, answer.json()) == (400, {"message": said})
    keep(local, PRICE)
    assert local.send("POST", "/v1/manage/tracker", json=WEATHER).status_code == 400
    assert len(listed(local)) == 500


def test_a_submission_asks_for_saved_trackers_by_id(at_once: Local) -> None:
    """Beside those it brings along; others of the account are not looked for."""
    keep(at_once, {"name": "Ten", "vocabulary": ["ten"]})
    given = [{"id": keep(at_once, PRICE)}, {"name": "Storm", "vocabulary": ["rain", "storm"]}]
    ids = at_once.text(SAID, trackers=given)
    assert met(at_once, ids) == {"Price": ["costs", "dollars"], "Storm": ["rain"]}
    assert at_once.of(ids, "trackers") == at_once.of(ids, "trackers-detected")


def test_a_submission_asks_for_all_trackers(at_once: Local) -> None:
    """Each once, though it may be named too."""
    price = keep(at_once, PRICE)
    keep(at_once, WEATHER)
    ids = at_once.text(SAID, enableAllTrackers=True, trackers=[{"id": price}])
    assert met(at_once, ids) == {"Price": ["costs", "dollars"], "Weather": ["rain"]}
    assert met(at_once, at_once.text(SAID)) == {}


@pytest.mark.parametrize(
    ("trackers", "said"),
    [
        ([{"id": UNKNOWN}], '"trackers[0].id" must be the id of a tracker that the account keeps'),
        ([PRICE, {**PRICE, "vocabulary": ["euros"]}], '"trackers[1]" contains a duplicate value'),
        ([{"id": UNKNOWN}, {"id": UNKNOWN}], '"trackers[1]" contains a duplicate value'),
    ],
)
def test_bad_trackers_of_a_submission_are_refused(at_once: Local, trackers: list[Any], said: str) -> None:
    """No job is made."""
    body = {"messages": [message(SAID)], "trackers": trackers}
    answer = at_once.send("POST", "/v1/process/text", json=body)
    assert (answer.status_code, answer.json()["message"]) == (400, said)
    assert at_once.get("/__local__/jobs")["jobs"] == []


def test_a_tracker_may_have_any_name(at_once: Local) -> None:
    """Whatever Unicode has."""
    ids = at_once.text(SAID, trackers=[{**PRICE, "name": "\uffff\x00\U0001f600"}])
    assert met(at_once, ids) == {"\uffff\x00\U0001f600": ["costs", "dollars"]}


def test_a_submission_keeps_its_trackers_as_they_were(at_once: Local) -> None:
    """Whatever becomes of them in the account."""
    price, weather = keep(at_once, PRICE), keep(at_once, WEATHER)
    ids = at_once.text(SAID, enableAllTrackers=True)
    at_once.send("PUT", f"/v1/manage/tracker/{price}", json={"name": "Cost", "vocabulary": ["ten"]})
    at_once.send("DELETE", f"/v1/manage/tracker/{weather}")
    assert met(at_once, ids) == {"Price": ["costs", "dollars"], "Weather": ["rain"]}
    assert met(at_once, at_once.text(SAID, enableAllTrackers=True)) == {"Cost": ["ten"]}


def test_trackers_outlive_the_server(tmp_path: Path) -> None:
    """Their changes too."""
    with LocalServer(data_dir=tmp_path) as server:
        local = Local(server)
        price = keep(local, PRICE)
        keep(local, WEATHER)
        local.send("PUT", f"/v1/manage/tracker/{price}", json={**PRICE, "name": "Cost"})
        local.send("DELETE", f"/v1/manage/tracker/{keep(local, {**PRICE, 'name': 'Other'})}")
        local.session.close()
    with LocalServer(data_dir=tmp_path) as server:
        local = Local(server)
        assert local.get("/v1/manage/trackers")["trackers"][0] == {"id": price, **PRICE, "name": "Cost"}
        assert listed(local) == ["Cost", "Weather"]
        local.session.close()


@pytest.mark.process
def test_a_job_taken_up_again_looks_for_what_was_asked_then(tmp_path: Path, web_server: WebServer) -> None:
    """Though the tracker was changed, and the server ended, before any of the work was done."""
    url = web_server.serve("/call.wav", (RECORDINGS / "calls" / "late-parcel.wav").read_bytes())
    web_server.may_answer.clear()
    with LocalServer(data_dir=tmp_path, allow_private_urls=True) as server:
        local = Local(server)
        parcel = keep(local, {"name": "Parcel", "vocabulary": ["package"]})
        ids = local.submit("audio/url", json={"url": url, "trackers": [{"id": parcel}]})
        local.send("PUT", f"/v1/manage/tracker/{parcel}", json=PRICE)
        local.session.close()
    web_server.may_answer.set()
    with LocalServer(data_dir=tmp_path, allow_private_urls=True) as server:
        local = Local(server)
        local.progress(by="at_once")
        local.append(ids["conversationId"], "Jobs of a conversation follow one another: by now the first is over.")
        assert met(local, ids) == {"Parcel": ["package"]}
        local.session.close()
