"""What importing the package costs: DAG files are parsed all day long, and every process reads the metadata."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.process

HEAVY = {"aiohttp", "requests", "urllib3", "starlette", "uvicorn", "faster_whisper", "av", "fsspec", "sqlite3"}

DAG_MODULES = (
    "airflow_provider_symbl.operators.text",
    "airflow_provider_symbl.operators.audio",
    "airflow_provider_symbl.operators.video",
    "airflow_provider_symbl.sensors.job",
    "airflow_provider_symbl.triggers.job",
)


def imported(modules: tuple[str, ...], *, after: tuple[str, ...] = ()) -> set[str]:
    """Return all modules that a fresh process loads for some, beyond those that others have loaded.

    :param modules: what is imported.
    :param after: what is imported before and does not count.
    """
    code = (
        "import importlib, json, sys\n"
        f"for name in {after!r}: importlib.import_module(name)\n"
        "before = set(sys.modules)\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    # A parent's coverage starts in the child too and loads modules of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True, timeout=120
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_dag_file_loads_no_http_library_and_no_server() -> None:
    """On top of what Airflow itself has loaded, the modules that a DAG file names load the package alone."""
    airflow = ("airflow.sdk", "airflow.sdk.bases.sensor", "airflow.triggers.base")
    new = imported(DAG_MODULES, after=airflow)
    assert set(DAG_MODULES) <= new
    assert {name.partition(".")[0] for name in new} & HEAVY == set()
    assert not {name for name in new if name.startswith(("airflow_provider_symbl.local_server", "airflow.models"))}
    # Airflow itself may have loaded requests already: none of the modules that import an HTTP library is loaded.
    clients = {f"airflow_provider_symbl.{name}" for name in ("hooks.symbl", "client.client", "client.async_client")}
    assert not clients & new


def test_the_metadata_loads_nothing() -> None:
    """Every process of Airflow reads it at its start, so it loads neither Airflow nor anything of this package."""
    new = imported(("airflow_provider_symbl.get_provider_info",))
    assert {name for name in new if name.startswith("airflow_provider")} == {
        "airflow_provider_symbl",
        "airflow_provider_symbl.get_provider_info",
    }
    assert not {name for name in new if name == "airflow" or name.startswith("airflow.")}


def test_the_package_itself_loads_nothing() -> None:
    """``import airflow_provider_symbl`` is its version."""
    new = imported(("airflow_provider_symbl",))
    assert {name for name in new if name.startswith("airflow")} == {"airflow_provider_symbl"}
