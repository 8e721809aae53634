"""The stores that a ledger can lie in, empty."""

from __future__ import annotations

import errno
import itertools
import os
from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.recordings.ledger.ledger_store import InMemoryLedgerStore, LedgerStore, LocalLedgerStore
from airflow_provider_symbl.recordings.ledger.object_ledger_store import ObjectLedgerStore
from tests.support.object_storage import Memory
from tests.support.s3_server import BUCKET, S3Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STORES = ("local", "local without links", "s3", "fsspec memory", "memory")
_numbers = itertools.count()


@pytest.fixture(scope="session")
def ledger_s3() -> Iterator[S3Server]:
    """Run S3."""
    with S3Server() as server:
        yield server


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerStore:
    """Return an empty store of each kind."""
    match request.param:
        case "local":
            return LocalLedgerStore(tmp_path / "results" / "_symbl")
        case "local without links":
            request.getfixturevalue("_no_links")
            return LocalLedgerStore(tmp_path / "results" / "_symbl")
        case "s3":
            # A bracket is a pattern to many calls of fsspec.
            path = f"{BUCKET}/results [{next(_numbers)}]/_symbl"
            return ObjectLedgerStore(request.getfixturevalue("ledger_s3").files(), path, f"s3://{path}")
        case "fsspec memory":
            return ObjectLedgerStore(Memory(), "/shelf/_symbl", "memory://shelf/_symbl")
        case _:
            return InMemoryLedgerStore()


@pytest.fixture
def _no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the file system make no hard links."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
