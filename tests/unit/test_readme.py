"""The README's code works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from airflow.sdk import DAG

from airflow_provider_symbl.client.settings import ClientSettings
from tests.support.airflow_version import AIRFLOW
from tests.support.arguments import OPERATORS, TABLES, between_marks

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PYTHON_BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("block", PYTHON_BLOCKS)
def test_a_python_block_is_a_dag_file_that_airflow_can_read(block: str) -> None:
    """Every operator and sensor that the README shows can be made as it is shown."""
    if "RetryPolicy" in block and AIRFLOW < (3, 3):
        pytest.skip("retry policies came with Airflow 3.3")
    with DAG("readme", schedule=None):
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102 - the project's own text


def test_each_connection_that_the_readme_shows_is_accepted() -> None:
    """Its JSON holds what a client needs."""
    hosts = []
    for shown in re.findall(r"AIRFLOW_CONN_SYMBL_DEFAULT='(.*?)'", README, flags=re.DOTALL):
        fields = json.loads(shown)
        assert fields["conn_type"] == "symbl"
        extra = fields.get("extra", {})
        hosts.append(ClientSettings(fields["login"], fields["password"], fields["host"], **extra).host)
    assert hosts == ["http://127.0.0.1:8765", "https://api.symbl.ai"]


@pytest.mark.parametrize("title", TABLES)
def test_the_tables_of_arguments_are_current(title: str) -> None:
    """``python -m tests.support.arguments`` makes them from the code."""
    assert between_marks(title) in README


def test_every_argument_is_in_the_tables_with_its_meaning() -> None:
    """The own arguments of all ten operators, of the other two, of the sensor and of a night, each in words."""
    assert len(OPERATORS) == 10
    tables = [[row.strip("| ").split(" | ") for row in table().splitlines()[2:]] for table in TABLES.values()]
    rows, others, night = tables
    assert {"`on_clear`", "`file`", "`channel_metadata`"} <= {row[0] for row in rows}
    assert {("`job_id`", "sensor"), ("`redact`", "get"), ("`conversation_id`", "get, delete")} <= {
        (name, group) for name, group, *_ in others
    }
    assert {"`recordings`", "`ledger`", "`redrive`", "`dry_run`", "`symbl_conn_id`"} <= {row[0] for row in night}
    assert all(len(row[-1]) > 5 for row in [*rows, *others, *night])
