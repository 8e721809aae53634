"""What a night finds: folders, globs and lists, on the machine and in object storage; each listed path once."""

from __future__ import annotations

import datetime
import json
import os
from glob import glob as pythons_glob
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import create_autospec

import pytest
import requests
from hypothesis import given, settings, strategies
from upath import UPath

from airflow_provider_symbl.client.uploads import Upload
from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblStorageError
from airflow_provider_symbl.recordings.discovery import RecordingSource
from airflow_provider_symbl.recordings.facts import Inspection, RecordingFile
from airflow_provider_symbl.recordings.files.file_systems import LocalFiles, StoredFiles, status_of
from airflow_provider_symbl.recordings.files.globs import Glob
from airflow_provider_symbl.recordings.options import RecordingOptions
from airflow_provider_symbl.recordings.preflight import inspect
from tests.support.media_files import tone, wav
from tests.support.s3_server import BUCKET, CREDENTIALS, S3Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def local(place: object) -> Path:
    """Open a path of this machine."""
    return Path(str(place))


def stored(place: object) -> UPath:
    """Open a URI of storage that needs no credentials."""
    return UPath(str(place))


def found(source: RecordingSource) -> list[RecordingFile]:
    """Check a source and list all of it."""
    source.check()
    return [file for page in source.pages() for file in page]


def paths(recordings: object, open_path: Callable[[object], Any] = local, **others: Any) -> list[str]:
    """Return the paths of what is found, in their order."""
    return [file.path for file in found(RecordingSource(recordings, open_path, **others))]


def make(folder: Path, *names: str) -> None:
    """Make files of one byte, and the folders that they lie in."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def refusal(recordings: object, open_path: Callable[[object], Any] = local, **others: Any) -> str:
    """Return the one sentence of a check that fails."""
    with pytest.raises(SymblConfigurationError) as raised:
        RecordingSource(recordings, open_path, **others).check()
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_folder_is_listed_with_all_that_is_below_it(tmp_path: Path) -> None:
    """Folder by folder, sorted; what systems leave there too, so that it has an outcome; no sidecars, no ledgers."""
    make(tmp_path, "b.wav", "a.wav", "a.wav.symbl.json", ".DS_Store", "Thumbs.db", "c.wav.part")
    make(tmp_path, "monday/z.wav", "monday/deep/y.wav", "_symbl/ledger.json", ".git/x.wav", "sunday/b.wav")
    assert paths(str(tmp_path)) == [
        *(".DS_Store", "Thumbs.db", "a.wav", "b.wav", "c.wav.part"),
        *("monday/z.wav", "monday/deep/y.wav", "sunday/b.wav"),
    ]


def test_a_file_is_told_with_size_version_and_time(tmp_path: Path) -> None:
    """By these it is known again; a local file is not taken for whole."""
    make(tmp_path, "a.wav")
    os.utime(tmp_path / "a.wav", ns=(0, 1_700_000_000_123_456_789))
    (file,) = found(RecordingSource(tmp_path, local))
    assert file == RecordingFile("a.wav", str(tmp_path / "a.wav"), 1, "1700000000123456789", file.modified)
    assert file.modified == pytest.approx(1_700_000_000.12)
    assert not file.is_settled


def test_a_sidecar_lies_beside_its_recording(tmp_path: Path) -> None:
    """Under the whole name or that without its ending; the first wins."""
    make(
        tmp_path,
        "x/a.wav",
        "x/a.wav.symbl.json",
        "x/a.symbl.json",
        "x/b.mp3",
        "x/b.symbl.json",
        "x/c.wav",
        "x/lost.symbl.json",
    )
    (tmp_path / "x/a.wav.symbl.json").write_text("whole")
    (tmp_path / "x/b.symbl.json").write_text("stem")
    for recordings in (
        tmp_path,
        f"{tmp_path}/**/*.[wm]*",
        [tmp_path / "x/a.wav", tmp_path / "x/b.mp3", tmp_path / "x/c.wav"],
    ):
        source = RecordingSource(recordings, local)
        sidecars = {file.path.rpartition("/")[2]: file for file in found(source)}
        assert sorted(sidecars) == ["a.wav", "b.mp3", "c.wav"]
        assert source.read_sidecar(sidecars["a.wav"]) == b"whole"
        assert source.read_sidecar(sidecars["b.mp3"]) == b"stem"
        assert sidecars["c.wav"].sidecar is None
        with pytest.raises(FileNotFoundError):
            source.read_sidecar(sidecars["c.wav"])


GLOBS = {
    "*.wav": ["a.wav"],
    "**/*.wav": ["a.wav", "calls/b.wav", "calls/2024/c.wav"],
    "calls/**": ["b.wav", "d.mp3", "2024/c.wav"],
    "calls/202?/*": ["2024/c.wav"],
    "*/202[4-5]/c.*": ["calls/2024/c.wav"],
    "calls/[!b]*": ["d.mp3"],
    "*.ogg": [],
}


@pytest.mark.parametrize(("pattern", "expected"), GLOBS.items(), ids=GLOBS)
def test_a_glob_begins_in_its_fixed_part(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    """Its paths are told below that; what matches nothing is a night of none."""
    make(tmp_path, "a.wav", "calls/b.wav", "calls/d.mp3", "calls/2024/c.wav")
    assert paths(f"{tmp_path}/{pattern}") == expected


def test_a_glob_lists_only_folders_that_it_leads_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A year of other days costs nothing."""
    make(tmp_path, *(f"2024-{month:02}/a.wav" for month in range(1, 13)))
    listing = create_autospec(LocalFiles.listing, side_effect=LocalFiles.listing)
    monkeypatch.setattr(LocalFiles, "listing", listing)
    source = RecordingSource(f"{tmp_path}/2024-0[12]/*", local)
    assert [file.path for page in source.pages() for file in page] == ["2024-01/a.wav", "2024-02/a.wav"]
    assert listing.call_count == 3


def test_what_exists_under_the_name_of_a_glob_is_that(tmp_path: Path) -> None:
    """A folder with brackets in its name is not searched for."""
    make(tmp_path, "calls [new]/a.wav", "calls n/b.wav", "what?.wav", "whats.wav")
    assert paths(f"{tmp_path}/calls [new]") == ["a.wav"]
    assert paths(f"{tmp_path}/what?.wav") == ["what?.wav"]


NAMES = strategies.text("ab.[*", min_size=1, max_size=3).filter(lambda name: name.strip(".") and "**" not in name)
TREES = strategies.lists(strategies.lists(NAMES, min_size=1, max_size=4).map("/".join), min_size=1, max_size=8)
PARTS = strategies.sampled_from(["*", "**", "a", "?", "[ab]*", "*b", "[!a]", ".*", "a*b"])


@settings(deadline=None)  # it makes folders
@given(TREES, strategies.lists(PARTS, min_size=1, max_size=4).map("/".join))
def test_globs_match_as_pythons_do(tmp_path_factory: pytest.TempPathFactory, names: list[str], pattern: str) -> None:
    """With hidden files; a glob leads into every folder that it finds something in."""
    folder = tmp_path_factory.mktemp("tree")
    for name in names:
        try:
            make(folder, name)
        except OSError:  # a file where another has a folder
            continue
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    expected = files & set(pythons_glob(pattern, root_dir=folder, recursive=True, include_hidden=True))  # noqa: PTH207 - of a last ** pathlib finds folders only
    glob = Glob(pattern)
    assert {path for path in files if glob.matches(path)} == expected
    for path in expected:
        for parent in Path(path).parents:
            assert glob.leads_into("" if str(parent) == "." else str(parent))


def test_a_list_is_told_below_the_folder_that_its_files_share(tmp_path: Path) -> None:
    """Each once, equal names apart, the missing among them; JSON text is the list that it holds."""
    make(tmp_path, "one/a.wav", "two/a.wav", "two/b.wav")
    given_paths = [
        f"{tmp_path}/two/a.wav",
        f"{tmp_path}/one/a.wav",
        f"{tmp_path}/two/../two/a.wav",
        f"{tmp_path}/two/no.wav",
    ]
    assert paths(given_paths) == ["one/a.wav", "two/a.wav", "two/no.wav"]
    assert paths(json.dumps(given_paths)) == ["one/a.wav", "two/a.wav", "two/no.wav"]
    assert paths(str(tmp_path / "two/b.wav")) == ["b.wav"]
    assert paths([]) == []
    gone = found(RecordingSource(given_paths, local))[-1]
    assert (gone.size, gone.version) == (0, "")


def test_a_long_list_of_one_folder_is_listed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not in the list stays out."""
    names = [f"{number:02}.wav" for number in range(50)]
    make(tmp_path, *names, "07.symbl.json", "other.wav")
    given_paths = [str(tmp_path / name) for name in [*names, "gone.wav"]]
    listing = create_autospec(LocalFiles.listing, side_effect=LocalFiles.listing)
    monkeypatch.setattr(LocalFiles, "listing", listing)
    files = found(RecordingSource(given_paths, local))
    assert [file.path for file in files] == [*names, "gone.wav"]
    assert [file.sidecar for file in files if file.sidecar] == ["07.symbl.json"]
    assert [call.args[1] for call in listing.call_args_list] == [str(tmp_path)]


def test_links_are_what_they_lead_to(tmp_path: Path) -> None:
    """Real folders first, each folder once, no circle; a link to nothing is a path with an outcome."""
    make(tmp_path / "in", "b/x.wav", "c.wav")
    make(tmp_path / "out", "y.wav")
    (tmp_path / "in/a-latest").symlink_to(tmp_path / "in/b")
    (tmp_path / "in/b/up").symlink_to(tmp_path / "in")
    (tmp_path / "in/elsewhere").symlink_to(tmp_path / "out")
    (tmp_path / "in/link.wav").symlink_to("c.wav")
    (tmp_path / "in/lost.wav").symlink_to("nowhere")
    (tmp_path / "in/self.wav").symlink_to("self.wav")
    files = {file.path: file for file in found(RecordingSource(tmp_path / "in", local))}
    assert [*files] == ["c.wav", "link.wav", "lost.wav", "self.wav", "b/x.wav", "elsewhere/y.wav"]
    assert [files[name].version for name in ("lost.wav", "self.wav")] == ["", ""]
    assert files["link.wav"].size == 1


def test_names_that_are_no_utf_8_are_found_and_opened(tmp_path: Path) -> None:
    """Reports can hold their paths, and no two become one."""
    for name in (b"caf\xe9.wav", b"caf\\xe9.wav", "café.wav".encode()):
        (tmp_path / os.fsdecode(name)).write_bytes(name)
    (tmp_path / os.fsdecode(b"caf\xe9.wav.symbl.json")).write_bytes(b"{}")
    source = RecordingSource(tmp_path, local)
    files = found(source)
    assert sorted(file.path for file in files) == [r"caf\\xe9.wav", r"caf\xe9.wav", "café.wav"]
    for file in files:
        json.dumps(file.path).encode()
        with source.open(file) as stream:
            assert stream.read() == os.fsencode(Path(file.uri).name)
        assert Upload(source.stored_path(file)).size == file.size
    assert [source.read_sidecar(file) for file in files if file.sidecar] == [b"{}"]


def test_a_folder_that_may_not_be_read_is_named_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In a warning; of the first folder it is an error."""
    make(tmp_path, "a/x.wav", "b/x.wav")
    real = os.scandir

    def scandir(folder: str) -> object:
        if str(folder).endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    source = RecordingSource(tmp_path, local)
    assert [file.path for file in found(source)] == ["b/x.wav"]
    assert source.warnings == ["a could not be listed (PermissionError): nothing in it was looked at."]
    assert source.warnings[0] in caplog.text
    assert "Permission denied" in refusal(tmp_path / "a")


def test_a_file_that_vanishes_while_it_is_listed_has_no_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was listed, so it is told; the rest goes on."""
    make(tmp_path, "a.wav", "b.wav", "c.wav")
    real = LocalFiles.status
    monkeypatch.setattr(LocalFiles, "status", lambda self, key: None if key.endswith("b.wav") else real(self, key))
    assert [(file.path, file.size) for page in RecordingSource(tmp_path, local).pages() for file in page] == [
        *(("a.wav", 1), ("b.wav", 0), ("c.wav", 1)),
    ]


def test_since_leaves_out_what_is_older(tmp_path: Path) -> None:
    """By seconds, or by a time, which is UTC where it names no zone."""
    make(tmp_path, "old.wav", "new.wav")
    os.utime(tmp_path / "old.wav", (0, 1_700_000_000))
    os.utime(tmp_path / "new.wav", (0, 1_700_000_100))
    assert paths(tmp_path, since=1_700_000_100) == ["new.wav"]
    assert paths(tmp_path, since=datetime.datetime(2023, 11, 14, 22, 15, 0)) == ["new.wav"]  # noqa: DTZ001 - none is the point
    zone = datetime.timezone(datetime.timedelta(hours=2))
    assert paths(tmp_path, since=datetime.datetime(2023, 11, 15, 0, 13, 20, tzinfo=zone)) == ["new.wav", "old.wav"]


def test_a_look_tells_a_file_as_it_is_now(tmp_path: Path) -> None:
    """Equal where nothing has changed, None where it is gone."""
    make(tmp_path, "a.wav", "a.symbl.json")
    source = RecordingSource(tmp_path, local)
    (file,) = found(source)
    assert source.look(file) == file
    (tmp_path / "a.wav").write_bytes(b"longer")
    later = source.look(file)
    assert later is not None
    assert later.size == 6
    assert later.version != file.version
    (tmp_path / "a.wav").unlink()
    assert source.look(file) is None


def test_missing_folders_and_no_paths_are_one_sentence(tmp_path: Path) -> None:
    """A glob's fixed part among them; an empty folder is a night of none."""
    assert paths(tmp_path) == []
    assert f"{tmp_path}/no" in refusal(f"{tmp_path}/no")
    assert f"{tmp_path}/no" in refusal(f"{tmp_path}/no/*.wav")
    make(tmp_path, "a.wav")
    for nonsense in ("", " ", None, 7, {"a": 1}, "https://example.com/a.wav?signature=secret"):
        assert "secret" not in refusal(nonsense)
    assert "recordings[1]" in refusal([str(tmp_path / "a.wav"), None])
    assert "stands by itself" in refusal([str(tmp_path)])
    assert "stands by itself" in refusal([f"{tmp_path}/*.wav"])


@pytest.mark.parametrize(
    ("recordings", "ours", "is_refused"),
    [
        ("calls", "calls", True),
        ("calls", "calls/results", True),
        ("calls", "calls2", False),
        ("calls", "results", False),
        ("calls", "", True),
        ("calls/in", "calls", True),
        ("calls/**/*.wav", "calls/results", True),
        ("calls/*.wav", "calls/results", False),
        ("calls/20*/*.wav", "calls/results", False),
        ("calls/*/*.wav", "calls/results", True),
        ("calls/*.wav", "calls", True),
        (["calls/a.wav"], "calls/results", False),
        (["calls/a.wav"], "calls", True),
        ("calls", "link", True),
    ],
)
@pytest.mark.parametrize("scheme", ["", "memory://"])
def test_results_lie_apart_from_recordings(
    tmp_path: Path, scheme: str, recordings: str | list[str], ours: str, *, is_refused: bool
) -> None:
    """Neither inside the other, where a result could be listed, and be paid for as text; however it is spelt."""
    make(tmp_path, "calls/a.wav", "calls/in/a.wav")
    (tmp_path / "link").symlink_to("calls")
    root = str(tmp_path)
    if scheme:
        root = f"memory://apart-{tmp_path.name}"
        for name in ("calls/a.wav", "calls/in/a.wav"):
            UPath(f"{root}/{name}").fs.pipe_file(f"{root}/{name}", b"x")
        is_refused = is_refused and ours != "link"  # no such thing there
    whole = [f"{root}/{one}" for one in recordings] if isinstance(recordings, list) else f"{root}/{recordings}"
    open_path = stored if scheme else local
    source = RecordingSource(whole, open_path, ours=[f"{root}/elsewhere", f"{root}/{ours}".rstrip("/")])
    if not is_refused:
        source.check()
        return
    with pytest.raises(SymblConfigurationError, match="results"):
        source.check()


def test_a_link_that_leads_to_results_is_not_entered(tmp_path: Path) -> None:
    """Nobody sees by its name where it leads."""
    make(tmp_path, "calls/a.wav", "results/messages.json")
    (tmp_path / "calls/more").symlink_to(tmp_path / "results")
    source = RecordingSource(tmp_path / "calls", local, ours=[str(tmp_path / "results")])
    assert [file.path for file in found(source)] == ["a.wav"]
    assert source.warnings == ["more leads to results: nothing in it was looked at."]


def test_storage_with_folders_tells_a_missing_one(tmp_path: Path) -> None:
    """``file://`` is the machine's own; a path object is opened as it is."""
    make(tmp_path, "a.wav")
    assert paths(f"file://{tmp_path}", stored) == ["a.wav"]
    assert paths(UPath(f"file://{tmp_path}"), lambda place: place) == ["a.wav"]
    assert "no" in refusal(f"file://{tmp_path}/no", stored)


def test_a_link_is_made_by_what_was_handed_over(tmp_path: Path) -> None:
    """With the path as uploads take it; without such a function there are no links."""
    make(tmp_path, "a.wav")
    source = RecordingSource(tmp_path, local, make_link=lambda path, seconds: f"https://store/{path.name}?{seconds}")
    (file,) = found(source)
    assert source.link(file, 60) == "https://store/a.wav?60"
    with pytest.raises(SymblConfigurationError, match="send"):
        RecordingSource(tmp_path, local).link(file, 60)


@pytest.mark.parametrize(
    ("told", "version", "modified"),
    [
        ({"ETag": '"abc-2"', "LastModified": datetime.datetime.fromtimestamp(7, datetime.UTC)}, "abc-2", 7),
        ({"generation": "17", "etag": "changes", "updated": "1970-01-01T00:00:07Z"}, "17", 7),
        ({"etag": "0x8", "last_modified": datetime.datetime(1970, 1, 1, 0, 0, 7)}, "0x8", 7),  # noqa: DTZ001 - as some tell it
        ({"mtime": 7.5}, "7.5", 7.5),
        ({"modified": "yesterday"}, "", None),
        ({}, "", None),
    ],
)
def test_each_store_tells_a_version_in_its_own_way(
    told: dict[str, object], version: str, modified: float | None
) -> None:
    """By what changes with the content and nothing else, where there is such a thing."""
    assert status_of({"size": 5, **told}) == (5, version, modified)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """Run S3."""
    with S3Server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server) -> Callable[[object], Any]:
    """Return what opens paths in an empty bucket, with a cache of listings as the default is."""
    files = s3.files()
    for key in files.find(BUCKET):
        files.rm_file(key)
    options: dict[str, Any] = {"endpoint_url": s3.url, "client_kwargs": {"region_name": "eu-central-1"}, **CREDENTIALS}
    return lambda place: UPath(str(place), **options)


def put(s3: S3Server, *keys: str, content: bytes = b"x") -> None:
    """Put objects into the bucket, past everybody's cache."""
    for key in keys:
        s3.files().pipe_file(f"{BUCKET}/{key}", content)


def test_a_bucket_is_listed_as_a_folder_is(s3: S3Server, bucket: Callable[[object], Any]) -> None:
    """Folder by folder, sorted; what marks a folder is no file; an object is whole when it is listed."""
    put(
        s3,
        "calls/b.wav",
        "calls/a.wav",
        "calls/a.symbl.json",
        "calls/deep/c.wav",
        "calls/_symbl/x.claim",
        "callsign.wav",
    )
    s3.files().call_s3("put_object", Bucket=BUCKET, Key="calls/empty/", Body=b"")
    source = RecordingSource(f"s3://{BUCKET}/calls/", bucket)
    files = found(source)
    assert [file.path for file in files] == ["a.wav", "b.wav", "deep/c.wav"]
    assert files[0].uri == f"s3://{BUCKET}/calls/a.wav"
    assert all(file.is_settled and file.version and file.modified for file in files)
    assert source.read_sidecar(files[0]) == b"x"
    assert source.look(files[2]) == files[2]
    assert paths(f"s3://{BUCKET}/**/*.wav", bucket) == [
        "callsign.wav",
        "calls/a.wav",
        "calls/b.wav",
        "calls/deep/c.wav",
    ]
    assert paths(f"s3://{BUCKET}/calls/?.wav", bucket) == ["a.wav", "b.wav"]
    assert paths([f"s3://{BUCKET}/calls/deep/c.wav", f"s3://{BUCKET}/calls/no.wav"], bucket) == ["no.wav", "deep/c.wav"]
    assert paths([f"s3://{BUCKET}/callsign.wav"], bucket) == ["callsign.wav"]


def test_a_link_to_an_object_is_signed_by_its_store(s3: S3Server, bucket: Callable[[object], Any]) -> None:
    """From what uploads take, which has the store's file system and key."""
    put(s3, "calls/a b.wav", content=b"sound")
    source = RecordingSource(
        f"s3://{BUCKET}/calls", bucket, make_link=lambda path, seconds: path.fs.sign(path.path, expiration=seconds)
    )
    (file,) = found(source)
    link = source.link(file, 60)
    assert "Expires" in link
    assert requests.get(link, timeout=10).content == b"sound"


def test_nobodys_cache_hides_what_others_did(s3: S3Server, bucket: Callable[[object], Any]) -> None:
    """New, replaced and deleted objects are seen by the same file system, in listings and in looks."""
    put(s3, "calls/a.wav", "calls/b.wav")
    source = RecordingSource(f"s3://{BUCKET}/calls", bucket)
    before, gone = found(source)
    store = bucket(f"s3://{BUCKET}/calls").fs
    store.ls(f"{BUCKET}/calls")  # as whatever else uses the file system may do
    put(s3, "calls/c.wav")
    put(s3, "calls/a.wav", content=b"other")
    s3.files().rm_file(f"{BUCKET}/calls/b.wav")
    now = source.look(before)
    assert now is not None
    assert (now.size, now.version != before.version) == (5, True)
    assert source.look(gone) is None
    store.ls(f"{BUCKET}/calls")
    put(s3, "calls/d.wav")
    assert [(file.path, file.size) for page in source.pages() for file in page] == [
        *(("a.wav", 5), ("c.wav", 1), ("d.wav", 1)),
    ]


def test_an_object_is_opened_under_exactly_its_key(s3: S3Server, bucket: Callable[[object], Any]) -> None:
    """Also where a URI could not spell it."""
    keys = ["calls/what?.wav", "calls/100%.wav", "calls/a#b.wav", "calls/a+b c.wav", "calls/grüße.wav"]
    for number, key in enumerate(keys, 1):
        put(s3, key, content=b"x" * number)
    source = RecordingSource(f"s3://{BUCKET}/calls", bucket)
    sizes = {file.path: Upload(source.stored_path(file)).size for file in found(source)}
    assert sizes == {key.removeprefix("calls/"): number for number, key in enumerate(keys, 1)}


def test_a_missing_bucket_is_an_error_and_an_empty_prefix_a_warning(
    bucket: Callable[[object], Any], caplog: pytest.LogCaptureFixture
) -> None:
    """An object store has no empty folders: nothing tells one from a wrong name."""
    assert "no-such-bucket" in refusal("s3://no-such-bucket/calls", bucket)
    assert "no-such-bucket" in refusal("s3://no-such-bucket/calls/*.wav", bucket)
    assert "Nothing lies below" not in caplog.text
    assert paths(f"s3://{BUCKET}/tonight", bucket) == []
    assert f"Nothing lies below s3://{BUCKET}/tonight" in caplog.text


def test_a_store_that_stumbles_ends_the_listing(
    bucket: Callable[[object], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a listing would be taken for all there is; a token that has expired concerns all folders."""
    listing = create_autospec(StoredFiles.listing)
    monkeypatch.setattr(StoredFiles, "listing", listing)
    for problem in (ConnectionError("reset"), PermissionError("The provided token has expired")):
        listing.side_effect = problem
        with pytest.raises(SymblStorageError):
            list(RecordingSource(f"s3://{BUCKET}/calls", bucket).pages())
    listing.side_effect = PermissionError("Access Denied")
    with pytest.raises(SymblConfigurationError):
        list(RecordingSource(f"s3://{BUCKET}/calls", bucket).pages())


def test_a_look_that_fails_is_a_stumble_of_storage(
    bucket: Callable[[object], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a file that is gone."""
    source = RecordingSource(f"s3://{BUCKET}/calls", bucket)
    file = RecordingFile("a.wav", f"s3://{BUCKET}/calls/a.wav", 1, "1")

    source.check()
    problem = ConnectionError("https://store/a.wav?signature=secret")
    monkeypatch.setattr(StoredFiles, "status", create_autospec(StoredFiles.status, side_effect=problem))
    with pytest.raises(SymblStorageError, match=r"a\.wav cannot be looked at \(ConnectionError\)"):
        source.look(file)


def test_a_recording_in_a_bucket_is_read_once(s3: S3Server, bucket: Callable[[object], Any]) -> None:
    """To the last byte, for its hash; of one that changes meanwhile nothing is told."""
    content = wav(tone(120))
    put(s3, "calls/a.wav", content=content)
    source = RecordingSource(f"s3://{BUCKET}/calls", bucket)
    (file,) = found(source)
    s3.reads.clear()
    looked = inspect(file, source, RecordingOptions({}, {}))
    assert isinstance(looked, Inspection)
    assert looked.duration == pytest.approx(120)
    assert sum(read.size for read in s3.reads if read.path.endswith("a.wav")) == len(content)
    put(s3, "calls/a.wav", content=content[:-100])
    assert getattr(inspect(file, source, RecordingOptions({}, {})), "reason", "") == "not settled"


def test_by_url_the_key_is_that_of_the_bytes_where_the_store_tells_it(
    s3: S3Server, bucket: Callable[[object], Any]
) -> None:
    """A rename then pays nothing; without such a digest the key is that of name and version."""
    content = wav(tone(1))
    for name in ("a", "b"):
        checksum = {"ChecksumAlgorithm": "SHA256"}
        s3.files().call_s3("put_object", Bucket=BUCKET, Key=f"calls/{name}.wav", Body=content, **checksum)
    put(s3, "calls/c.wav", "calls/d.wav", content=content)
    source = RecordingSource(f"s3://{BUCKET}/calls", bucket)
    options = RecordingOptions({}, {}, send="url")
    files = found(source)
    s3.reads.clear()
    looked = [inspect(file, source, options, send="url") for file in files]
    assert not s3.reads
    keys = [one.key for one in looked if isinstance(one, Inspection)]
    by_bytes = inspect(files[0], source, RecordingOptions({}, {}))
    assert isinstance(by_bytes, Inspection)
    assert keys[0] == keys[1] == by_bytes.key
    assert len({*keys}) == 3


def test_a_big_folder_is_told_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one folder some hundred files at a time are looked at, and only when their page is asked for."""
    monkeypatch.setattr("airflow_provider_symbl.recordings.files.walk.PAGE", 10)
    status = create_autospec(LocalFiles.status, side_effect=LocalFiles.status)
    monkeypatch.setattr(LocalFiles, "status", status)
    names = [f"{number:02}.wav" for number in range(25)]
    make(tmp_path, *reversed(names))
    source = RecordingSource(tmp_path, local)
    source.check()
    status.reset_mock()
    pages = source.pages()
    first = next(pages)
    assert status.call_count == 10
    rest = [*pages]
    assert [len(page) for page in (first, *rest)] == [10, 10, 5]
    assert [file.path for page in (first, *rest) for file in page] == names
