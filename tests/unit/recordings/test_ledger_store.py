"""One contract for all stores: what is created stands, once, and listings tell what is there."""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblStorageError
from airflow_provider_symbl.recordings.ledger.ledger_store import (
    InMemoryLedgerStore,
    LedgerStore,
    LocalLedgerStore,
    prove_exclusive_creation,
)
from airflow_provider_symbl.recordings.ledger.object_ledger_store import EXCLUSIVE_SINCE, ObjectLedgerStore
from tests.support.object_storage import Memory
from tests.support.s3_server import BUCKET, S3Server

if TYPE_CHECKING:
    from pathlib import Path

NAME = "open/some-key.1.claim"


def names(store: LedgerStore, prefix: str) -> list[str]:
    """List names."""
    return [file.name for file in store.list(prefix)]


def test_the_first_one_stands(store: LedgerStore) -> None:
    """Whoever comes second is told so; whoever writes the same bytes again has lost the answer before."""
    assert store.create(NAME, b"first")
    assert not store.create(NAME, b"second")
    assert store.create(NAME, b"first")
    assert store.read(NAME) == b"first"


def test_a_name_is_free_again_once_it_is_deleted(store: LedgerStore) -> None:
    """And what is not there can be deleted all the same."""
    store.create(NAME, b"first")
    store.delete(NAME)
    store.delete(NAME)
    with pytest.raises(FileNotFoundError):
        store.read(NAME)
    assert store.create(NAME, b"second")
    store.delete_many([NAME, "open/other.1.claim"])
    assert names(store, "open/") == []


def test_a_listing_tells_what_lies_in_a_folder(store: LedgerStore) -> None:
    """By the beginning of the name; sizes are bytes, and moments are seconds."""
    assert names(store, "open/") == []
    begun = time.time()
    for name in ("open/b.1.claim", "open/a.1.done", "open/ab.1.claim", "closed/x.jsonl.gz", "ledger.json"):
        store.create(name, name.encode())
    assert names(store, "open/") == ["open/a.1.done", "open/ab.1.claim", "open/b.1.claim"]
    assert names(store, "open/a.") == ["open/a.1.done"]
    assert names(store, "nights/") == []
    assert "ledger.json" in names(store, "")
    (file,) = store.list("open/b")
    assert file.size == len(file.name)
    assert file.modified is not None
    assert abs(file.modified - begun) < 60


def test_no_listing_is_remembered(store: LedgerStore) -> None:
    """What others create is there in the next one."""
    store.create("open/a.1.claim", b"1")
    assert len(names(store, "open/")) == 1
    store.create("open/b.1.claim", b"1")
    assert len(names(store, "open/")) == 2


def test_many_files_are_read_at_once(store: LedgerStore) -> None:
    """Those that are missing are left out."""
    written = {f"open/{number}.1.claim": str(number).encode() for number in range(30)}
    for name, content in written.items():
        store.create(name, content)
    assert store.read_many([*written, "open/none.1.claim"]) == written
    assert store.read_many([]) == {}


def test_an_empty_file_is_refused(store: LedgerStore) -> None:
    """S3 does not create it exclusively."""
    with pytest.raises(ValueError, match="empty"):
        store.create(NAME, b"")


def test_exclusive_creation_is_proved_any_number_of_times(store: LedgerStore) -> None:
    """The first bytes stand."""
    for _ in range(3):
        prove_exclusive_creation(store)
    assert store.read("probe").startswith(b"Created twice")


def test_people_find_the_files(store: LedgerStore) -> None:
    """By their names."""
    assert store.uri(NAME).endswith(NAME)


class Overwriting(Memory):
    """Storage whose exclusive creation is switched off."""

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **options: Any) -> None:  # noqa: ARG002
        """Overwrite."""
        super().pipe_file(path, value, **options)


def test_a_store_that_overwrites_is_refused() -> None:
    """Each time, with one sentence that says what to do; and once it behaves, it is taken."""
    files = Overwriting()
    store = ObjectLedgerStore(files, "/shelf/_symbl", "memory://shelf/_symbl")
    for _ in range(2):
        with pytest.raises(SymblConfigurationError, match=r"memory://shelf/_symbl/ overwrites files .* give a ledger"):
            prove_exclusive_creation(store)
    files.__class__ = Memory
    prove_exclusive_creation(store)


@pytest.fixture
def s3_store(ledger_s3: S3Server) -> ObjectLedgerStore:
    """Return a store on S3."""
    return ObjectLedgerStore(ledger_s3.files(), f"{BUCKET}/answers", "s3://shelf/answers")


@pytest.mark.parametrize("is_written", [True, False])
def test_what_stands_decides_on_s3(
    s3_store: ObjectLedgerStore, monkeypatch: pytest.MonkeyPatch, *, is_written: bool
) -> None:
    """A creation that fails has worked if its bytes are there, not if another's are; if none are, it is told."""
    files = s3_store._files  # noqa: SLF001 - the file system beneath
    real = files.pipe_file

    def fail(path: str, content: bytes, mode: str) -> None:
        if is_written:
            real(path, content, mode=mode)
        raise TimeoutError("the answer was lost")

    monkeypatch.setattr(files, "pipe_file", fail)
    check_lost_answer(s3_store, NAME if is_written else "open/never.1.claim", is_written=is_written)


@pytest.mark.parametrize("is_written", [True, False])
def test_what_stands_decides_locally(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_written: bool) -> None:
    """The same, where a link over the network is made and then told as refused."""
    real = os.link

    def fail(source: Path, target: Path) -> None:
        if is_written:
            real(source, target)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "link", fail)
    check_lost_answer(LocalLedgerStore(tmp_path), NAME, is_written=is_written)
    assert not [*tmp_path.rglob("*.part")]


def check_lost_answer(store: LedgerStore, name: str, *, is_written: bool) -> None:
    """Create a file by a call that fails after it has worked, or before."""
    if is_written:
        assert store.create(name, b"mine")
        assert not store.create(name, b"another's")
        assert store.read(name) == b"mine"
    else:
        with pytest.raises(SymblStorageError, match=f"ledger: .*{name} cannot be created"):
            store.create(name, b"mine")


def test_a_read_back_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows then what stands there."""
    files = Memory()
    store = ObjectLedgerStore(files, "/shelf", "memory://shelf")
    store.create(NAME, b"another's")

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("unreachable")

    monkeypatch.setattr(files, "cat_file", refuse)
    with pytest.raises(SymblStorageError, match="cannot be created"):
        store.create(NAME, b"mine")
    for call in (lambda: store.read(NAME), lambda: store.read_many([NAME])):
        with pytest.raises(SymblStorageError, match=rf"{NAME} cannot be read \(unreachable\)"):
            call()
    monkeypatch.setattr(files, "find", refuse)
    with pytest.raises(SymblStorageError, match=r"open/ cannot be listed \(unreachable\)"):
        store.list("open/")
    monkeypatch.setattr(files, "rm_file", refuse)
    with pytest.raises(SymblStorageError, match=rf"{NAME} cannot be deleted \(unreachable\)"):
        store.delete_many([NAME])


@pytest.mark.usefixtures("_no_links")
@pytest.mark.parametrize("synced", [0, 1])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synced: int) -> None:
    """Neither a draft nor a file of the name, which is not used up by what was never told to anybody."""
    store = LocalLedgerStore(tmp_path)
    (tmp_path / "open").mkdir()
    left = iter(range(synced))

    def full(_: int) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SymblStorageError, match="No space left on device"):
        store.create(NAME, b"mine")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_drafts_of_killed_processes_are_removed(tmp_path: Path) -> None:
    """Not what another process may be writing just now; neither is listed."""
    store = LocalLedgerStore(tmp_path)
    store.create(NAME, b"1")
    old, new = tmp_path / "open" / "0123.part", tmp_path / "open" / "4567.part"
    for draft in (old, new):
        draft.write_bytes(b"half")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    assert names(store, "open/") == [NAME]
    assert not old.exists()
    assert new.exists()


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    """It is no empty ledger."""
    (tmp_path / "open").write_bytes(b"a file")
    with pytest.raises(SymblStorageError, match=r"open/? cannot be listed"):
        LocalLedgerStore(tmp_path).list("open/")


def test_a_long_listing_on_s3_is_whole(ledger_s3: S3Server) -> None:
    """S3 lists a thousand objects at a time."""
    files = ledger_s3.files()
    files.pipe({f"{BUCKET}/long/open/{number:04d}.1.claim": b"1" for number in range(1001)})
    store = ObjectLedgerStore(files, f"{BUCKET}/long", "s3://shelf/long")
    assert len(names(store, "open/")) == 1001
    assert names(store, "open/10") == ["open/1000.1.claim"]


def test_an_old_library_is_refused(monkeypatch: pytest.MonkeyPatch, ledger_s3: S3Server) -> None:
    """It overwrites silently, whatever it is asked."""
    monkeypatch.setitem(EXCLUSIVE_SINCE, "s3fs", (9999, 1))
    with pytest.raises(SymblConfigurationError, match=r"s3://shelf/x needs s3fs of version 9999\.1 or newer"):
        ObjectLedgerStore(ledger_s3.files(), "shelf/x", "s3://shelf/x")


def test_an_unknown_file_system_is_refused() -> None:
    """Most write what is there, and a race cannot be proved away by trying."""
    from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]  # noqa: PLC0415

    with pytest.raises(SymblConfigurationError, match=r"file:///x is on a file system \(LocalFileSystem\)"):
        ObjectLedgerStore(LocalFileSystem(), "/x", "file:///x")


def test_azure_deletes_without_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its library has no call for one file."""
    monkeypatch.setitem(EXCLUSIVE_SINCE, "fsspec", (2024, 12))
    deleted = []

    class Azure(Memory):
        """Storage as adlfs calls it."""

        def rm(self, path: str, *, expand_path: bool) -> None:
            """Delete an object."""
            deleted.append((path, expand_path))

    store = ObjectLedgerStore(Azure(), "/shelf", "abfs://shelf")
    store._library = "adlfs"  # noqa: SLF001 - it is not installed here
    store.delete(NAME)
    assert deleted == [(f"/shelf/{NAME}", False)]


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ({"mtime": 12.5}, 12.5),
        ({"updated": "1970-01-01T00:01:00+00:00"}, 60.0),
        ({"LastModified": "yesterday", "created": 3}, 3.0),
        ({}, None),
    ],
)
def test_each_file_system_tells_moments_in_its_way(told: dict[str, Any], moment: float | None) -> None:
    """Or not at all."""

    class Telling(Memory):
        """Storage that tells of one file."""

        def find(self, *_: object, **__: object) -> dict[str, Any]:
            """List it."""
            return {"/shelf/open/a": {"type": "file", "size": 1, **told}}

    (file,) = ObjectLedgerStore(Telling(), "/shelf", "memory://shelf").list("open/")
    assert file.modified == moment


def test_memory_takes_the_clock_that_it_is_given() -> None:
    """A simulation has a time of its own."""
    store = InMemoryLedgerStore(lambda: 5.0)
    store.create(NAME, b"1")
    assert [file.modified for file in store.list("open/")] == [5.0]
