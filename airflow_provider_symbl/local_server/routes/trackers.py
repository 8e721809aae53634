"""Routes of the trackers that the account keeps: the Management API, in its singular and its plural spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.leniency import tolerate
from airflow_provider_symbl.local_server.api.operations import Operation, body_of, query_of
from airflow_provider_symbl.local_server.api.parameters import NEW_TRACKER
from airflow_provider_symbl.local_server.api.responses import ApiError, JsonResponse
from airflow_provider_symbl.local_server.api.validation import Validator, list_of, text, unique, validation_error
from airflow_provider_symbl.local_server.store.ids import random_id, stable_id
from airflow_provider_symbl.local_server.store.records import Tracker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_symbl.local_server.store.memory_store import Store

MOST_TRACKERS = 500
SEVERAL = unique(list_of(NEW_TRACKER), lambda tracker: tracker["name"])


def _one_or_several(label: str, value: object) -> Any:  # noqa: ANN401 - a tracker, or a list of them
    if not isinstance(value, dict):
        return SEVERAL(label, value)
    tolerate(validation_error(label, "must be an array, but is an object"), "taken as one")
    return NEW_TRACKER(label, value)


TRACKERS = Validator(_one_or_several, SEVERAL.schema)
"""A list of trackers; the newer clients send one by itself to the same path."""
PATHS = ("/v1/manage/tracker/{tracker_id}", "/v1/manage/trackers/{tracker_id}")


def trackers_of(given: Mapping[str, Any], store: Store) -> tuple[Tracker, ...]:
    """Give the trackers that a submission asks for, each once.

    :param given: the submission's checked parameters.
    :param store: knows the account's own trackers.
    :raises ApiError: it names a tracker that the account has not.
    """
    named = [_tracker_of(f"trackers[{index}]", entry, store) for index, entry in enumerate(given.get("trackers", ()))]
    kept = store.trackers() if given.get("enableAllTrackers") else []
    return tuple({tracker.id: tracker for tracker in [*named, *kept]}.values())


class TrackerRoutes:
    """Endpoints that keep, change and forget trackers.

    :param store: where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> list[Operation]:
        """List the calls."""
        one, several = schemas.TRACKER_ANSWER, schemas.TRACKERS_ANSWER
        common: dict[str, Any] = {"tag": "Management"}
        return [
            Operation(
                "POST",
                "/v1/manage/tracker",
                self.create,
                "Keep a tracker",
                one,
                201,
                body=NEW_TRACKER,
                refuses=(409,),
                **common,
            ),
            Operation(
                "POST",
                "/v1/manage/trackers",
                self.create_all,
                "Keep trackers",
                several,
                201,
                body=TRACKERS,
                refuses=(409,),
                **common,
            ),
            Operation(
                "GET", "/v1/manage/trackers", self.listing, "List trackers", several, query={"name": text}, **common
            ),
            *(Operation("GET", path, self.read, "Show a tracker", one, refuses=(404,), **common) for path in PATHS),
            *(
                Operation(
                    "PUT", path, self.change, "Change a tracker", one, body=NEW_TRACKER, refuses=(404, 409), **common
                )
                for path in PATHS
            ),
            *(
                Operation(
                    "DELETE", path, self.delete, "Forget a tracker", schemas.TRACKER_DELETED, refuses=(404,), **common
                )
                for path in PATHS
            ),
        ]

    async def create(self, request: Request) -> Response:
        """Keep a tracker.

        :raises ApiError: 409 where its name is taken, 400 where there is no room for another.
        """
        (tracker,) = self._keep([body_of(request)])
        return JsonResponse({"tracker": serialize_tracker(tracker)}, 201)

    async def create_all(self, request: Request) -> Response:
        """Keep some trackers, all of them or none; one by itself is answered as one.

        :raises ApiError: 409 where a name is taken, 400 where there is no room for all.
        """
        if isinstance(body_of(request), dict):
            return await self.create(request)
        kept = self._keep(body_of(request))
        return JsonResponse({"trackers": [serialize_tracker(tracker) for tracker in kept]}, 201)

    async def listing(self, request: Request) -> Response:
        """List trackers, those of one name where one is given."""
        name = query_of(request).get("name")
        trackers = [tracker for tracker in self._store.trackers() if name in (None, tracker.name)]
        return JsonResponse({"trackers": [serialize_tracker(tracker) for tracker in trackers]})

    async def read(self, request: Request) -> Response:
        """Show a tracker.

        :raises ApiError: there is no such tracker.
        """
        return JsonResponse({"tracker": serialize_tracker(self._tracker(request))})

    async def change(self, request: Request) -> Response:
        """Give a tracker a new name and vocabulary.

        :raises ApiError: there is no such tracker, or another one has the name.
        """
        tracker_id = self._tracker(request).id
        given = body_of(request)
        self._ensure_free([given["name"]], but=tracker_id)
        changed = Tracker(tracker_id, given["name"], tuple(given["vocabulary"]))
        self._store.put_trackers(changed)
        return JsonResponse({"tracker": serialize_tracker(changed)})

    async def delete(self, request: Request) -> Response:
        """Forget a tracker.

        :raises ApiError: there is no such tracker.
        """
        tracker_id = self._tracker(request).id
        self._store.remove_tracker(tracker_id)
        return JsonResponse({"id": tracker_id, "type": "tracker", "deleted": True})

    def _keep(self, given: list[dict[str, Any]]) -> list[Tracker]:
        self._ensure_free([entry["name"] for entry in given])
        count = len(self._store.trackers()) + len(given)
        if count > MOST_TRACKERS:
            raise ApiError(400, f"An account may have at most {MOST_TRACKERS} trackers, and would have {count}")
        fresh = [Tracker(random_id(), entry["name"], tuple(entry["vocabulary"])) for entry in given]
        self._store.put_trackers(*fresh)
        return fresh

    def _ensure_free(self, names: Iterable[str], but: str | None = None) -> None:
        taken = {tracker.name for tracker in self._store.trackers() if tracker.id != but}
        for name in names:
            if name in taken:
                raise ApiError(409, "There is a tracker of this name already")

    def _tracker(self, request: Request) -> Tracker:
        tracker = self._store.tracker(request.path_params["tracker_id"])
        if tracker is None:
            raise ApiError(404, "There is no tracker of this id")
        return tracker


def serialize_tracker(tracker: Tracker) -> dict[str, object]:
    """Show a tracker."""
    return {"id": tracker.id, "name": tracker.name, "vocabulary": list(tracker.vocabulary)}


def _tracker_of(label: str, entry: Mapping[str, Any], store: Store) -> Tracker:
    if "id" not in entry:
        return Tracker(stable_id("tracker", entry["name"]), entry["name"], tuple(entry["vocabulary"]))
    kept = store.tracker(entry["id"])
    if kept is None:
        raise validation_error(f"{label}.id", "must be the id of a tracker that the account keeps")
    return kept
