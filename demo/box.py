"""Everything that the examples need, started together: symbl-local, the recordings' web server and Airflow."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from demo.local_airflow import LocalAirflow
from demo.recordings_server import serve_folder
from demo.symbl_server import SymblServer

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parent.parent
DAGS = CHECKOUT / "example_dags"
RECORDINGS = DAGS / "recordings"
KEPT_ACCOUNT = "the-account-of-make-airflow"
"""The App ID of what is started again: a ledger belongs to one account."""


@dataclass(frozen=True)
class Box:
    """What runs, and where its files are.

    :param results: the folder that the example DAGs write to.
    """

    airflow: LocalAirflow
    symbl: SymblServer
    results: Path


@contextlib.contextmanager
def open_box(folder: Path, *, airflow_port: int = 0, symbl_port: int = 0, is_kept: bool = False) -> Iterator[Box]:
    """Start all of it, and stop all of it when the ``with`` block ends, however it ends.

    :param folder: takes Airflow's home, the logs and the results.
    :param airflow_port: the first port to try for Airflow; 0 takes any.
    :param symbl_port: the same for symbl-local.
    :param is_kept: whether all of it will be started again in this folder: symbl-local keeps its account and its
        state there, so that the ledger of a night knows it again, and the connection is kept in Airflow's database,
        where the UI shows it, and not in the environment.
    :raises DemoError: something did not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    symbl_local = SymblServer(
        folder / "symbl-local.log",
        port=symbl_port,
        data_dir=folder / "symbl-local" if is_kept else None,
        app_id=KEPT_ACCOUNT if is_kept else None,
    )
    with symbl_local as symbl, serve_folder(RECORDINGS) as url:
        results = folder / results_folder(symbl.url, symbl_port)
        results.mkdir(exist_ok=True)
        env = {
            "SYMBL_RECORDINGS": str(RECORDINGS),
            "SYMBL_RECORDINGS_URL": url,
            "SYMBL_RESULTS": str(results),
            **({} if is_kept else symbl.connection_env),
        }
        with LocalAirflow(folder / "airflow", DAGS, env, port=airflow_port) as airflow:
            if is_kept:
                # Airflow 3.3's Test button sends port 0 for a connection without one, which is then refused.
                airflow.set_connection("symbl_default", {**symbl.connection, "port": 0})
            yield Box(airflow, symbl, results)


def results_folder(url: str, wanted: int) -> str:
    """Return the name of the results' folder: one of its own where symbl-local has not the port that it should have.

    The ledger in it belongs to one account, which is App ID and host, and the port is part of the host.

    :param url: of symbl-local.
    :param wanted: the port that was tried first; 0 for any.
    """
    port = urlsplit(url).port
    return "results" if wanted in {0, port} else f"results-{port}"
