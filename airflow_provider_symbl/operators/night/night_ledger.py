"""Where the ledger of a night lies, and whether it is the one that the night began with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, conf

from airflow_provider_symbl.operators.storage import is_local, local_path, path_of, public_uri

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_symbl.client.settings import ClientSettings
    from airflow_provider_symbl.recordings.ledger.ledger import Ledger

log = logging.getLogger(__name__)

FOLDER = "_symbl"
KEY = "symbl_ledger"
"""Under which a task's state keeps the id of its ledger."""
LOCAL_EXECUTORS = frozenset(("LocalExecutor", "SequentialExecutor"))


def ledger_path(given: object, results: Any) -> Any:  # noqa: ANN401 - a path of one of two libraries
    """Return the folder of the ledger.

    :param given: the argument; None for a folder of the results.
    :param results: the folder of all results.
    """
    if given is not None:
        return path_of(given, "ledger")
    return local_path(results) / FOLDER if is_local(results) else results / FOLDER


def open_ledger(path: Any, account: ClientSettings, context: Context) -> Ledger:  # noqa: ANN401 - a path of one of two libraries
    """Return the ledger, open; one that was made just now is said aloud.

    :param path: of its folder.
    :param account: whose it is.
    :param context: Airflow's.
    :raises SymblConfigurationError: another account's, or a store that does not create files exclusively.
    :raises AirflowFailException: it is another one than the last try's.
    """
    # Imported here: no DAG file needs it.
    from airflow_provider_symbl.recordings.ledger.ledger import Ledger  # noqa: PLC0415 - only needed once the task runs
    from airflow_provider_symbl.recordings.ledger.ledger_store import LedgerStore, LocalLedgerStore  # noqa: PLC0415 - only needed once the task runs
    from airflow_provider_symbl.recordings.ledger.object_ledger_store import ObjectLedgerStore  # noqa: PLC0415 - only needed once the task runs

    store: LedgerStore
    if is_local(path):
        store = LocalLedgerStore(local_path(path))
        _warn_of_executor(public_uri(path))
    else:
        store = ObjectLedgerStore(path.fs, path.path, public_uri(path))
    ledger = Ledger(store, account.host, account.app_id)
    if ledger.open():
        log.warning("The ledger %s is new: nothing is known of any recording", public_uri(path))
    _check_is_the_same(ledger.id, public_uri(path), context)
    return ledger


def _warn_of_executor(uri: str) -> None:
    executor = conf.get("core", "executor", fallback="").rpartition(".")[2]
    if executor not in LOCAL_EXECUTORS:
        log.warning("The ledger %s is a local path: %s may run this task on a machine that has another", uri, executor)


def _check_is_the_same(ledger_id: str, uri: str, context: Context) -> None:
    store = context.get("task_state_store")
    if store is None:
        return
    known = store.get(KEY)
    if known is not None and known != ledger_id:
        raise AirflowFailException(
            f"ledger: {uri} has the id {ledger_id}, and an earlier try used {known}: is it another folder, or was it"
            " deleted? Bring the old one back, else everything in it is paid for again"
        )
    store.set(KEY, ledger_id)
