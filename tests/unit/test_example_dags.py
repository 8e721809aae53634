"""The example DAGs and the README's set a good example."""

from __future__ import annotations

import re

import pytest
from airflow.sdk import DAG

from tests.support.rooms import ROOT
from tests.unit.test_readme import PYTHON_BLOCKS

EXAMPLES = {file.stem: file.read_text() for file in sorted((ROOT / "example_dags").glob("*.py"))}
SHOWN = [block for block in PYTHON_BLOCKS if "@dag(" in block and "def test_" not in block]
LEAST_RETRIES = 3
LEAST_SECONDS = 60.0


@pytest.mark.parametrize("source", [*EXAMPLES.values(), *SHOWN], ids=[*EXAMPLES, *map(str, range(len(SHOWN)))])
def test_a_dag_that_people_copy_outlives_an_outage(source: str) -> None:
    """Half a minute without Symbl or Airflow's API server uses up no task's retries."""
    named = re.sub(r"^(\w+)\(\)$", r"the_dag = \1()", source, flags=re.MULTILINE)
    names: dict[str, object] = {"__file__": str(ROOT / "example_dags" / "an_example.py")}
    exec(compile(named, "an_example.py", "exec"), names)  # noqa: S102 - the project's own text
    the_dag = names["the_dag"]
    assert isinstance(the_dag, DAG)
    assert min(task.retries or 0 for task in the_dag.tasks) >= LEAST_RETRIES
    assert min(task.retry_delay.total_seconds() for task in the_dag.tasks) >= LEAST_SECONDS
