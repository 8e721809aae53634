"""Bad input of a night: one sentence before anything is sent, or one recording that waits; never a traceback."""

from __future__ import annotations

import datetime
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from fsspec.implementations.memory import MemoryFileSystem  # type: ignore[import-untyped]  # fsspec has no type hints

from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.operators.recordings import SymblProcessRecordingsOperator
from tests.support.night.real_nights import Nights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.symbl_local import SymblLocal

pytestmark = [pytest.mark.usefixtures("connection"), pytest.mark.process]

MANY = 101
"""One more than a new ledger sends without being told to."""


@pytest.fixture
def nights(tmp_path: Path, symbl_local: SymblLocal) -> Nights:
    """Return the nights of an empty folder; each job is over at once."""
    symbl_local.progress(by="at_once")
    return Nights(tmp_path)


@pytest.fixture
def refused(nights: Nights, symbl_local: SymblLocal) -> Callable[..., str]:
    """Return what runs a night that is refused, and gives the sentence; nothing was sent by then."""

    def run(run_id: str = "first", **given: Any) -> str:
        before = symbl_local.submissions()
        with pytest.raises(AirflowFailException) as caught:
            nights.run(run_id, **given)
        assert symbl_local.submissions() == before
        sentence = str(caught.value)
        assert "\n" not in sentence
        assert len(sentence) < 600
        # Airflow prints what it was raised from, too.
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        return sentence

    return run


def test_an_empty_folder_is_a_night_of_none(nights: Nights, symbl_local: SymblLocal) -> None:
    """It succeeds, and has its report."""
    told = nights.run()
    assert set(told.result["balance"].values()) == {0}
    assert (nights.report("first") / "report.html").exists()
    assert symbl_local.submissions() == []


def test_a_missing_folder_is_named(nights: Nights, refused: Callable[..., str]) -> None:
    """With the argument."""
    missing = nights.recordings / "missing"
    sentence = refused(recordings=str(missing))
    assert sentence.startswith("recordings: ")
    assert str(missing) in sentence


def test_results_inside_the_recordings_are_refused(nights: Nights, refused: Callable[..., str]) -> None:
    """Each night would process what the one before has written."""
    nights.chat("a.json")
    sentence = refused(results=str(nights.recordings / "results"))
    assert sentence.startswith("recordings: ")
    assert str(nights.recordings / "results") in sentence
    assert not (nights.recordings / "results").exists()


def test_an_unknown_parameter_in_a_sidecar_names_the_file(nights: Nights, refused: Callable[..., str]) -> None:
    """And what was meant; the recordings beside it are not sent either."""
    for number in range(5):
        nights.chat(f"{number}.json")
    nights.chat("calls/a.json")
    (nights.recordings / "calls" / "a.symbl.json").write_text(json.dumps({"diarisation": True}))
    sentence = refused()
    assert sentence.startswith("calls/a.symbl.json: ")
    assert "diarisation" in sentence


def test_an_unknown_parameter_in_an_override_names_the_glob(nights: Nights, refused: Callable[..., str]) -> None:
    """When the DAG is parsed; where it is a template, once the task runs."""
    nights.chat("a.json")
    overrides: dict[str, Any] = {"calls/*": {"entitys": []}}
    with pytest.raises(SymblConfigurationError, match=r"overrides\['calls/\*'\].*entitys"):
        nights.run(overrides=overrides)
    sentence = refused(overrides="{{ '" + json.dumps(overrides).replace("'", "\\'") + "' }}")
    assert sentence.startswith("overrides['calls/*']: ")
    assert "entitys" in sentence


class Overwriting(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no type hints
    """Storage that overwrites what it is asked to create."""

    cachable = False

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **more: Any) -> None:  # noqa: ARG002 - that is the fault
        """Write a file, whatever is there."""
        super().pipe_file(path, value, **more)


@pytest.fixture
def overwriting(attach_storage: Callable[..., None]) -> None:
    """Make such storage known to Airflow as ``memory://shelf@…``, empty."""
    storage = Overwriting()
    storage.store, storage.pseudo_dirs = {}, [""]
    attach_storage("memory", storage, conn_id="shelf")


@pytest.mark.usefixtures("overwriting")
def test_a_store_that_overwrites_holds_no_ledger(nights: Nights, refused: Callable[..., str]) -> None:
    """Two tasks at once would pay twice."""
    nights.chat("a.json")
    sentence = refused(ledger="memory://shelf@ledgers/calls")
    assert sentence.startswith("ledger: ")
    assert "ledgers/calls" in sentence


def test_the_ledger_of_another_account_is_refused(nights: Nights, refused: Callable[..., str]) -> None:
    """Its entries would say nothing of this one."""
    nights.chat("a.json")
    nights.ledger.mkdir(parents=True)
    head = {"format": 1, "id": "an-id", "host": "https://api.symbl.ai", "app_id": "another"}
    (nights.ledger / "ledger.json").write_text(json.dumps(head))
    sentence = refused()
    assert "belongs to the account another at https://api.symbl.ai" in sentence


def test_results_by_template_need_a_ledger(tmp_path: Path) -> None:
    """Told when the DAG is parsed."""
    with pytest.raises(SymblConfigurationError, match=r"^ledger: .*results is a template"):
        SymblProcessRecordingsOperator(task_id="process", recordings=str(tmp_path), results="/results/{{ ds }}")
    with pytest.raises(SymblConfigurationError, match=r"^ledger: .*no template"):
        SymblProcessRecordingsOperator(
            task_id="process", recordings=str(tmp_path), results="/results", ledger="/ledger/{{ ds }}"
        )


def test_a_first_night_of_many_is_not_begun_before_somebody_means_it(
    nights: Nights, symbl_local: SymblLocal, refused: Callable[..., str]
) -> None:
    """Neither by the next night, nor after a dry run; the sentence tells what it would cost and how to go on."""
    for number in range(MANY):
        nights.chat(f"{number:03}.json", f"{number:03} " + "word " * 2000)
    minutes = sum(file.stat().st_size for file in nights.recordings.iterdir()) / 1000 / 60
    sentence = refused("first", price_per_minute=0.5)
    assert f"{MANY} recordings ({minutes:.0f} minutes, {minutes / 2:.2f} at 0.5 a minute)" in sentence
    assert "first_night" in sentence
    assert refused("first") == refused("second")
    nights.run("dry", dry_run=True)
    refused("third")
    refused("fourth", first_night="2020-01-31")
    told = nights.run("fifth", first_night=datetime.datetime.now(datetime.UTC).date().isoformat())
    assert told.result["balance"]["landed"] == MANY
    assert len(symbl_local.submissions()) == MANY
    nights.chat("one more.json")
    assert nights.run("sixth").result["balance"]["landed"] == 1


def test_a_recording_with_a_fact_of_another_format_waits_and_is_named(
    nights: Nights, symbl_local: SymblLocal, caplog: pytest.LogCaptureFixture
) -> None:
    """The others go on."""
    caplog.set_level(logging.WARNING)
    nights.chat("a.json")
    symbl_local.fault(call="GET /v1/job/*", times=None, status=200, body={"id": "held", "status": "in_progress"})
    nights.run("first", finish_by=4)
    (claim,) = (nights.ledger / "open").glob("*.claim")
    claim.write_text(json.dumps({**json.loads(claim.read_text()), "format": 99}))
    nights.chat("b.json")
    second = nights.run("second", finish_by=4)
    assert second.outcomes["a.json"] == ("waiting", "fact that cannot be read")
    assert claim.name in second.rows["a.json"]["message"]
    assert second.outcomes["b.json"] == ("waiting", "running")
    assert len(symbl_local.submissions()) == 2
