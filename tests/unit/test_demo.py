"""What demonstrations keep from one start to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.recordings.ledger.ledger import Ledger
from airflow_provider_symbl.recordings.ledger.ledger_store import LocalLedgerStore
from demo.box import KEPT_ACCOUNT, results_folder

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = ("http://127.0.0.1:8765", "http://127.0.0.1:8766", "http://127.0.0.1:8765")


def test_a_start_on_another_port_finds_a_ledger_of_its_own_account(tmp_path: Path) -> None:
    """And the next one on the usual port its old one again; in one folder it would be another account's."""

    def open_in(folder: str, host: str) -> str:
        ledger = Ledger(LocalLedgerStore(tmp_path / folder / "_symbl"), host, KEPT_ACCOUNT)
        ledger.open()
        return ledger.id

    first, other, again = (open_in(results_folder(host, 8765), host) for host in HOSTS)
    assert first == again != other
    with pytest.raises(SymblConfigurationError, match="belongs to the account"):
        open_in(results_folder(HOSTS[0], 8765), HOSTS[1])


def test_a_start_on_any_port_has_its_results_in_the_usual_folder() -> None:
    """It is thrown away with all the rest."""
    assert results_folder(HOSTS[1], 0) == "results"
