"""What was said, and what is secret, over a whole Airflow: in the results as far as it belongs there, nowhere else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
import requests

from demo.box import RECORDINGS
from demo.local_airflow import LocalAirflow
from demo.processes import wait_until
from demo.symbl_server import SymblServer
from tests.support.canary_search import found_in
from tests.support.s3_server import BUCKET, CREDENTIALS, S3Server

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 600.0
"""Far more than anything here takes, so that a busy machine fails nothing."""
DAGS = Path(__file__).parent / "canary_dags"
KEY = "calls/late-parcel.wav"
SAID = {"chat": "zanzibar-canary", "call": "My package was due on Monday"}
REDACTED = {"address": "ann.canary@mail.example.com", "number": "415-555-2671", "digits": "4155552671"}
WAITS = {f"{kind}_in_{way}" for kind in SAID for way in ("worker", "triggerer")}
HOLD = {"call": "GET /v1/job/*", "delay": 3600, "times": None}
JWT = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]+")


class CanaryRun:
    """A run of all four ways, looked at while its tasks wait and once it is over.

    :param folder: takes all that is written.
    :param storage: holds the recording.
    """

    def __init__(self, folder: Path, storage: S3Server) -> None:
        self.results = folder / "results"
        self.home = folder / "airflow"
        self.lineage = folder / "lineage.json"
        self.states: dict[str, str | None] = {}
        self.report = ""
        self._data = folder / "symbl"
        self._storage = storage
        chat = folder / "chat.json"
        said = f"The word is {SAID['chat']}. Write to {REDACTED['address']} or call {REDACTED['number']}."
        chat.write_text(json.dumps([{"payload": {"content": said}, "from": {"name": "Ann"}}]))
        self._env = {
            "CHAT": str(chat),
            "RECORDING": f"s3://aws@{BUCKET}/{KEY}",
            "RESULTS": str(self.results),
            "STORAGE_URL": storage.url,
            "STORAGE_KEY": CREDENTIALS["key"],
            "STORAGE_SECRET": CREDENTIALS["secret"],
            # So that what a trigger keeps in the database can be read there.
            "AIRFLOW__CORE__FERNET_KEY": "",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
                {"type": "file", "log_file_path": str(self.lineage), "append": True}
            ),
        }
        self.found_while_waiting: list[tuple[str, str]] = []
        self.conversation_ids: list[str] = []
        self.secrets: dict[str, str] = {}

    def run(self) -> None:
        """Run the DAG, and stop for a look while every submission waits for its job."""
        with SymblServer(self.home.parent / "symbl-local.log", data_dir=self._data) as symbl:
            _control(symbl, "PUT", "progress", {"by": "polls", "polls": 2})
            _control(symbl, "POST", "faults", HOLD)
            with LocalAirflow(self.home, DAGS, {**self._env, **symbl.connection_env}) as airflow:
                airflow.wait_for_dag("canaries", SECONDS)
                run_id = airflow.trigger("canaries")
                airflow.unpause("canaries")

                def states() -> dict[str, str | None]:
                    return {task.task_id: task.state for task in airflow.task_instances("canaries", run_id)}

                def do_wait() -> bool | None:
                    held = _control(symbl, "GET", "faults")["faults"][0]["holding"]
                    deferred = [state for state in states().values() if state == "deferred"]
                    return (held == len(WAITS) and len(deferred) == len(SAID)) or None

                wait_until(do_wait, seconds=SECONDS, what="four tasks to wait", every=1)
                self.secrets = self._secrets(symbl)
                self.found_while_waiting = self.found()
                _control(symbl, "DELETE", "faults")
                airflow.wait_for_run("canaries", run_id, SECONDS)
                self.states, self.report = states(), airflow.describe_run("canaries", run_id)
                self.conversation_ids = [
                    str(airflow.xcom("canaries", run_id, task_id)["conversation_id"]) for task_id in sorted(WAITS)
                ]
            # Once more: Symbl's tokens may have been renewed meanwhile.
            self.secrets = self._secrets(symbl)

    def found(self) -> list[tuple[str, str]]:
        """Return where in Airflow's home, or in OpenLineage's file, anything of it is."""
        return found_in(self.kept, {**SAID, **REDACTED, **self.secrets})

    @property
    def kept(self) -> list[Path]:
        """All that Airflow writes."""
        return [self.home, self.lineage]

    def _secrets(self, symbl: SymblServer) -> dict[str, str]:
        """Return App Secret, tokens, the storage's key, and the signatures of the links that were made."""
        data = b"".join(file.read_bytes() for file in self._data.rglob("*") if file.is_file())
        tokens = {token.decode() for token in JWT.findall(data)}
        assert tokens
        queries = [parse_qs(read.query) for read in self._storage.reads if read.path.endswith(KEY)]
        signatures = {query[name][0] for query in queries for name in ("Signature", "X-Amz-Signature") if name in query}
        assert signatures
        return {
            "App Secret": symbl.app_secret,
            "storage": CREDENTIALS["secret"],
            **{f"token {number}": token for number, token in enumerate(tokens)},
            **{f"signature {number}": signature for number, signature in enumerate(signatures)},
        }


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CanaryRun]:
    """Run all of it once."""
    with S3Server() as storage:
        storage.files().pipe_file(f"{BUCKET}/{KEY}", (RECORDINGS / KEY).read_bytes())
        made = CanaryRun(tmp_path_factory.mktemp("canaries"), storage)
        made.run()
        yield made


def test_all_four_ways_succeed(over: CanaryRun) -> None:
    """So that there is something to look at: each conversation is landed, and nothing of it is left at Symbl."""
    assert len(over.states) == 3 * len(WAITS)
    assert set(over.states.values()) == {"success"}, over.report
    assert {folder.name for folder in over.results.iterdir()} == WAITS


def test_what_was_said_is_in_the_results(over: CanaryRun) -> None:
    """But for what is redacted; no secret is there."""
    where = found_in([over.results], {**SAID, **REDACTED, **over.secrets})
    named = {(Path(place).parent.name, name) for place, name in where}
    assert named == {(task_id, task_id.partition("_")[0]) for task_id in WAITS}


@pytest.mark.parametrize("when", ["while the tasks wait", "when all is over"])
def test_nothing_of_it_is_anywhere_else(over: CanaryRun, when: str) -> None:
    """Not in the database, a log, a trigger, a rendered template, an XCom, the task state or a lineage event."""
    assert (over.found_while_waiting if when.startswith("while") else over.found()) == []


def test_the_search_sees_what_airflow_keeps(over: CanaryRun) -> None:
    """What may stand there is found: each conversation's id, in the database, in logs and in OpenLineage's file."""
    ids = {conversation_id: conversation_id for conversation_id in over.conversation_ids}
    assert len(ids) == len(WAITS)
    places = found_in(over.kept, ids)
    for conversation_id in ids:
        found = {place.removeprefix(f"{over.home}/") for place, name in places if name == conversation_id}
        assert {"airflow.db:xcom", "standalone.log", str(over.lineage)} <= found
        assert any(place.startswith("logs/") for place in found)


def _control(symbl: SymblServer, method: str, route: str, body: object = None) -> dict[str, list[dict[str, int]]]:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, f"{symbl.url}/__local__/{route}", json=body, timeout=10)
        answer.raise_for_status()
        shown: dict[str, list[dict[str, int]]] = answer.json() if answer.content else {}
        return shown
