"""What Airflow shows of the package: providers, connection form, and the connection's test on the command line."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import airflow_provider_symbl
from airflow_provider_symbl.get_provider_info import get_provider_info
from airflow_provider_symbl.hooks.connection import EXTRAS, settings_from
from airflow_provider_symbl.hooks.connection import LINKS as LINKS_EXTRAS
from airflow_provider_symbl.hooks.symbl import SymblHook
from tests.support.airflow_version import AIRFLOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.symbl_local import SymblLocal

NAME = "airflow-provider-symbl"
ROOMS = ("hooks", "operators", "sensors", "triggers")
LINKS = get_provider_info()["extra-links"]
INNER = {
    "airflow_provider_symbl.triggers.shared_pace",
    "airflow_provider_symbl.hooks.arguments",
    "airflow_provider_symbl.hooks.connection",
    "airflow_provider_symbl.hooks.failures",
    "airflow_provider_symbl.hooks.link_templates",
    "airflow_provider_symbl.operators.content",
    "airflow_provider_symbl.operators.conversation_task",
    "airflow_provider_symbl.operators.identity",
    "airflow_provider_symbl.operators.lineage",
    "airflow_provider_symbl.operators.media",
    "airflow_provider_symbl.operators.night",
    "airflow_provider_symbl.operators.recording",
    "airflow_provider_symbl.operators.storage",
    "airflow_provider_symbl.triggers.resumption",
    "airflow_provider_symbl.operators.submission",
    "airflow_provider_symbl.operators.task_state",
    "airflow_provider_symbl.operators.waiting",
    "airflow_provider_symbl.triggers.deadline",
}
"""Modules without anything that a DAG names."""

SHOWN = """
import json, sys
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
from airflow.providers_manager import ProvidersManager

forms = [form.model_dump(mode="json") for form in HookMetaService.hook_meta_data()]
print("hooks imported:", "airflow_provider_symbl.hooks.symbl" in sys.modules)
print("form:", json.dumps([form for form in forms if form["connection_type"] == "symbl"]))
print("hook:", json.dumps(ProvidersManager().hooks["symbl"]._asdict()))
print("triggers:", json.dumps([found._asdict() for found in ProvidersManager().trigger]))
print("links:", json.dumps(ProvidersManager().extra_links_class_names))
"""


def airflow(*arguments: str, **variables: str) -> str:
    """Run a command of Airflow and return all that it writes."""
    return _output(["-m", "airflow", *arguments], variables)


def _output(arguments: list[str], variables: Mapping[str, str]) -> str:
    # Coverage would follow into all of Airflow.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        env={**inherited, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    return done.stdout


@pytest.fixture(scope="module")
def shown() -> str:
    """Return what Airflow's API server and command line know of the package."""
    return _output(["-c", SHOWN], {})


def told(shown: str, name: str) -> Any:  # noqa: ANN401 - JSON
    """Return one of the values that were shown."""
    (line,) = [line for line in shown.splitlines() if line.startswith(f"{name}: ")]
    return json.loads(line.partition(": ")[2])


def modules_of(room: str) -> set[str]:
    """Return the modules of a room of the package."""
    package = importlib.import_module(f"airflow_provider_symbl.{room}")
    return {f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__)}


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_that_a_dag_names_is_listed(room: str) -> None:
    """And every module that is listed exists."""
    listed = [module for entry in get_provider_info()[room] for module in entry["python-modules"]]
    assert set(listed) == modules_of(room) - INNER
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("room", ROOMS)
def test_every_entry_belongs_to_a_declared_integration(room: str) -> None:
    """Airflow groups by integration."""
    declared = {integration["integration-name"] for integration in get_provider_info()["integrations"]}
    assert {entry["integration-name"] for entry in get_provider_info()[room]} <= declared


def test_the_form_has_a_field_for_each_extra() -> None:
    """What the hook reads a person can fill in, and nothing else."""
    (connection,) = get_provider_info()["connection-types"]
    assert tuple(connection["conn-fields"]) == EXTRAS
    assert connection["connection-type"] == SymblHook.conn_type
    assert connection["hook-name"] == SymblHook.hook_name


def test_every_field_of_the_form_may_stay_empty() -> None:
    """All extras are optional, which the form learns from the field's type."""
    (connection,) = get_provider_info()["connection-types"]
    for field in connection["conn-fields"].values():
        assert "null" in field["schema"]["type"]
        assert field["label"]
        assert field["description"]


@pytest.mark.process
def test_airflow_lists_the_provider() -> None:
    """With the version of the package, and without complaint about its metadata."""
    output = airflow("providers", "list", "--output", "json")
    (provider,) = [entry for entry in _json_in(output) if entry["package_name"] == NAME]
    assert provider["version"] == airflow_provider_symbl.__version__
    assert "Coherence" not in output


@pytest.mark.process
def test_airflow_finds_the_hook(shown: str) -> None:
    """By connection type, imported without an error, and with a test of its own."""
    hook = told(shown, "hook")
    assert hook["hook_class_name"] == "airflow_provider_symbl.hooks.symbl.SymblHook"
    assert (hook["connection_type"], hook["hook_name"]) == ("symbl", "Symbl")
    assert (hook["connection_id_attribute_name"], hook["package_name"]) == ("symbl_conn_id", NAME)
    assert hook["connection_testable"] is True
    assert "Coherence" not in shown
    assert "Error when importing" not in shown


@pytest.mark.process
def test_airflow_finds_the_trigger(shown: str) -> None:
    """So ``airflow providers triggers`` and registries show it."""
    found = [trigger["trigger_class_name"] for trigger in told(shown, "triggers") if trigger["package_name"] == NAME]
    assert sorted(found) == ["airflow_provider_symbl.triggers.job", "airflow_provider_symbl.triggers.recordings"]


@pytest.mark.process
def test_airflow_finds_the_links(shown: str) -> None:
    """Each class that is listed exists."""
    assert set(LINKS) <= set(told(shown, "links"))


@pytest.mark.skipif(AIRFLOW < (3, 2), reason="before 3.2, Airflow asks the hook for the form, not the metadata")
@pytest.mark.process
def test_airflow_shows_the_form_without_importing_the_hook(shown: str) -> None:
    """Symbl's words stand at the standard fields, what Symbl has no use for is hidden, each extra has a field."""
    assert f"hooks imported: {AIRFLOW < (3, 3)}" in shown  # 3.2 imports all of them beside
    (form,) = told(shown, "form")
    assert form["hook_name"] == "Symbl"
    standard = form["standard_fields"]
    assert {name: standard[name]["title"] for name in ("host", "login", "password")} == {
        "host": "Base URL",
        "login": "App ID",
        "password": "App Secret",
    }
    assert standard["host"]["placeholder"] == "https://api.symbl.ai"
    assert {name for name, field in standard.items() if field and field["hidden"]} == {"port", "url_schema"}
    assert set(form["extra_fields"]) == set(EXTRAS)
    assert form["extra_fields"]["max_retries"]["schema"]["minimum"] == 0


@pytest.mark.parametrize("name", EXTRAS)
def test_what_the_form_allows_the_hook_takes(name: str) -> None:
    """A value of the kind that the form stores is no error."""
    from airflow.sdk import Connection  # noqa: PLC0415 - only here

    values = {"number": 2.5, "integer": 2, "string": "false", "object": {"https": "http://proxy:3128"}, "boolean": True}
    (connection,) = get_provider_info()["connection-types"]
    kind = connection["conn-fields"][name]["schema"]["type"][0]
    value = "https://calls.example.com/" if name in LINKS_EXTRAS else values[kind]
    stored = Connection(conn_id="mine", conn_type="symbl", login="an-app-id", password="an-app-secret")
    assert settings_from(stored, {name: value}) != settings_from(stored, {})


@pytest.mark.process
def test_the_command_line_tests_a_connection(symbl_local: SymblLocal, connection: str) -> None:
    """``airflow connections test`` uses the account, and tells that it works."""
    output = airflow("connections", "test", connection, AIRFLOW__CORE__TEST_CONNECTION="Enabled")
    assert "Connection success!" in output
    assert symbl_local.requests("/v1/conversations")[0]["status"] == 200
    assert symbl_local.app_secret not in output


def _json_in(output: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads(next(line for line in output.splitlines() if line.startswith("[{")))
