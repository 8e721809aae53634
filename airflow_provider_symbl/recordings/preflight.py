"""The look at a recording before any money is spent: what it is, what it will cost, and whether it can be sent."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_symbl.client.endpoints import TEXT
from airflow_provider_symbl.client.parameters import check_content
from airflow_provider_symbl.exceptions import SymblConfigurationError, SymblStorageError
from airflow_provider_symbl.recordings.facts import KEY_LENGTH, Inspection, Unfit
from airflow_provider_symbl.recordings.headers.containers import MAY_HOLD_VIDEO, container_of, is_protected
from airflow_provider_symbl.recordings.headers.contents import HEAD_SIZE, TEXT_SIZE, read_contents
from airflow_provider_symbl.recordings.headers.mp4_header import read_mp4
from airflow_provider_symbl.recordings.headers.sound import BY_TINYTAG, Sound, likely, read_sound
from airflow_provider_symbl.recordings.headers.wav_header import is_silent, is_twice
from airflow_provider_symbl.recordings.night_settings import billed_minutes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_symbl.client.validators import Json
    from airflow_provider_symbl.recordings.discovery import RecordingSource
    from airflow_provider_symbl.recordings.facts import Kind, RecordingFile
    from airflow_provider_symbl.recordings.headers.contents import Contents
    from airflow_provider_symbl.recordings.options import RecordingOptions, Send

NO_RECORDING = re.compile(
    r"\..*|~\$.*|~lock.*|.*~|Thumbs\.db|desktop\.ini"
    r"|.*\.(part|partial|crdownload|download|filepart|tmp|temp|lock|lck|swp|!ut|aria2)",
    re.IGNORECASE,
)
"""Names of what systems and programs leave in folders, and of downloads that are under way."""
SOUND_NAMES = frozenset(
    {"wav", "wave", "mp3", "mp2", "aac", "m4a", "m4b", "ac3", "aif", "aiff", "aifc", "amr", "au", "snd", "caf"}
    | {"flac", "oga", "ogg", "opus", "spx", "wma"}
)
VIDEO_NAMES = frozenset({"mp4", "m4v", "mov", "3gp", "3g2"})
OTHER_VIDEO_NAMES = frozenset({"avi", "flv", "mkv", "mpeg", "mpg", "ts", "webm", "wmv", "asf", "w64"})
HEADER_BLOCK = 1 << 16
LONGEST = 4 * 3600
"""Seconds of a recording that Symbl takes, by its FAQ."""
CHANGED = Unfit("not settled", "It has changed since it was listed.", is_final=False)


class _Look(NamedTuple):
    """What a file turned out to be."""

    kind: Kind
    sound: Sound
    warnings: tuple[str, ...] = ()
    starts: float | None = None


def inspect(
    file: RecordingFile,
    source: RecordingSource,
    options: RecordingOptions,
    *,
    send: Send = "file",
    max_minutes: float | None = None,
) -> Inspection | Unfit | None:
    """Look at a recording: all its bytes are read once, and nothing is decoded.

    What it is is told by its content. A header only budgets and warns: what is odd in it refuses no recording, and a
    length that cannot be is none. By URL no byte of sound is read: what it is is told by the ending of its name
    alone, and its key is made of URI and version unless its store keeps a strong digest of the whole object. Text is
    always read, since it is always sent as messages.

    :param file: as it was listed.
    :param source: that it was listed by.
    :param options: what Symbl is asked to make of recordings.
    :param send: whether Symbl gets the file, or a link to it.
    :param max_minutes: the whole budget of a night; None for none.
    :return: what it is; None where it is gone; else why it is not sent: "not settled" where it has changed since it
        was listed.
    :raises SymblConfigurationError: of its sidecar alone, which it names.
    """
    try:
        found = _look(file, source, send)
        if found is None or isinstance(found, Unfit):
            return found
        look, key, sha256 = found
        sidecar = _sidecar(file, source)
    except SymblConfigurationError:
        raise
    except Exception as problem:  # noqa: BLE001 - each object store raises errors of its own
        return _unreadable(file, source, problem)
    try:
        parameters, digest = options.for_file(file, sidecar, look.kind)
    except SymblConfigurationError as problem:
        if sidecar is not None:
            raise
        return Unfit("refused", str(problem), is_final=False)
    inspection = Inspection(
        kind=look.kind,
        key=key,
        sha256=sha256,
        duration=look.sound.duration,
        channels=look.sound.channels,
        options=digest,
        parameters=parameters,
        starts=look.starts,
        warnings=(*look.warnings, *_warnings_about(file, look, options)),
    )
    return _beyond(file, inspection, max_minutes) or inspection


def is_settled(
    before: RecordingFile, now: RecordingFile | None, seconds_between: float, settle_seconds: float = 60
) -> bool:
    """Tell whether a file is whole, just before it is claimed.

    :param before: the first look at it.
    :param now: the second look; None where it is gone.
    :param seconds_between: how long they are apart, by a monotonic clock of one machine.
    :param settle_seconds: how long they must be apart; objects are whole as soon as they are there.
    """
    if now is None or (before.size, before.version) != (now.size, now.version):
        return False
    return now.is_settled or seconds_between >= settle_seconds


def _look(file: RecordingFile, source: RecordingSource, send: Send) -> tuple[_Look, str, str | None] | Unfit | None:
    """Return what a file is, its key, and the hash of its bytes where they were read."""
    name = file.path.rpartition("/")[2]
    if NO_RECORDING.fullmatch(name):
        return Unfit("not a recording", f"{name} is the name of what is no recording, or not yet one.")
    if not file.size:
        return _without_bytes(file, source)
    ending = _ending(file)
    if send == "file" or ending == "json":
        return _by_content(file, source)
    kind: Kind | None = (
        "video" if ending in VIDEO_NAMES else "audio" if ending in SOUND_NAMES | OTHER_VIDEO_NAMES else None
    )
    if kind is None:
        return Unfit(
            "not a recording", "By URL the ending of a name tells what it is, and nothing is known by this one."
        )
    key, sha256 = _key_by_url(file, source)
    return _Look(kind, Sound()), key, sha256


def _by_content(file: RecordingFile, source: RecordingSource) -> tuple[_Look, str, str] | Unfit:
    with source.open(file) as stream:
        contents = read_contents(stream, file.size)
    if contents.size != file.size:
        return CHANGED
    look = _text(contents) if contents.is_list else _sound(file, source, contents)
    return look if isinstance(look, Unfit) else (look, contents.sha256[:KEY_LENGTH], contents.sha256)


def _without_bytes(file: RecordingFile, source: RecordingSource) -> Unfit | None:
    now = source.look(file)
    if now is None:
        return None
    if now.size:
        return CHANGED
    return Unfit("empty", "It has no bytes.")


def _text(contents: Contents) -> _Look | Unfit:
    if contents.text is None:
        return Unfit("not a recording", f"It may be a JSON list, and has more than {TEXT_SIZE >> 20} MiB.")
    try:
        messages = json.loads(contents.text)
    except (ValueError, RecursionError):
        return Unfit("not a recording", "It begins as a JSON list does, and is none.")
    if not any(isinstance(message, dict) and "payload" in message for message in messages):
        return Unfit("not a recording", "It is a JSON list, and not one of messages.")
    try:
        checked = check_content(TEXT, messages)
    except SymblConfigurationError as problem:
        return Unfit("refused", str(problem))
    return _Look("text", Sound(), starts=_starts(checked))


def _starts(messages: Sequence[Mapping[str, Json]]) -> float | None:
    """Return when the first message says that it was said; a time without a zone is taken for UTC."""
    told = [message.get("duration", {}).get("startTime") for message in messages]
    moments = [datetime.datetime.fromisoformat(moment) for moment in told if moment is not None]
    zoned = [moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC) for moment in moments]
    return min(moment.timestamp() for moment in zoned) if zoned else None


def _sound(file: RecordingFile, source: RecordingSource, contents: Contents) -> _Look | Unfit:
    head = contents.head if any(contents.head) else contents.sound
    container = container_of(head, is_whole=file.size <= HEAD_SIZE)
    if container is None:
        return _unknown(file)
    if is_protected(container, head):
        return Unfit("codec not known", "It is encrypted by who sold it.")
    if container == "wav":
        return _wav(file, contents)
    if container == "mp4":
        return _mp4(file, source)
    sound = Sound()
    if container in BY_TINYTAG:
        with source.open(file, HEADER_BLOCK) as stream:
            sound = read_sound(stream, container, file.size)
    warnings = ("if it holds video, Symbl may refuse it: video is taken as MP4",) if container in MAY_HOLD_VIDEO else ()
    return _Look("audio", sound, warnings)


def _unknown(file: RecordingFile) -> Unfit:
    """Name what is neither sound nor text: who gave it the name of a recording should hear of it as a failure."""
    if (ending := _ending(file)) in SOUND_NAMES | VIDEO_NAMES | OTHER_VIDEO_NAMES:
        return Unfit("codec not known", f"Its name ends in .{ending}, and its content is nothing that is known.")
    return Unfit("not a recording", "Its content is neither sound nor video nor messages.")


def _wav(file: RecordingFile, contents: Contents) -> _Look | Unfit:
    header = contents.wav
    if header is None:
        return _Look("audio", Sound())
    length = header.length(file.size, contents.behind)
    if not length:
        return Unfit("empty", "It is a WAV header with no sound behind it.")
    duration = length / header.byte_rate if header.byte_rate else None
    warnings: tuple[str, ...] = ()
    # Where the claim is wrong, the windows are not where they should be.
    windows = contents.windows if length == min(header.declared or length, length) else []
    if is_silent(header, windows):
        warnings = ("it is silent at its beginning, middle and end",)
    elif is_twice(header, windows):
        warnings = ("both channels are the same: recognised apart, it is paid twice",)
    return _Look("audio", likely(duration, header.channels, file.size), warnings)


def _mp4(file: RecordingFile, source: RecordingSource) -> _Look | Unfit:
    with source.open(file, HEADER_BLOCK) as stream:
        film = read_mp4(stream, file.size)
    if film.is_encrypted:
        return Unfit("codec not known", "Its sound is encrypted.")
    warnings = ("no track of sound was found in it",) if film.tracks and not film.sound else ()
    channels = film.sound[0].channels if film.sound else 1
    return _Look("video" if film.has_video else "audio", likely(film.duration, channels, file.size), warnings)


def _key_by_url(file: RecordingFile, source: RecordingSource) -> tuple[str, str | None]:
    """Return the key of what is not read: that of its bytes where the store tells it, so that a rename pays nothing."""
    algorithm, digest = source.checksum(file) or ("", "")
    if algorithm == "sha256":
        return digest[:KEY_LENGTH], digest
    # Whose credentials it is reached with makes no other recording of it.
    uri = re.sub("//[^/@]*@", "//", file.uri)
    identity = f"{algorithm}\0{digest}" if digest else f"{uri}\0{file.version}\0{file.size}"
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_LENGTH], None


def _sidecar(file: RecordingFile, source: RecordingSource) -> bytes | None:
    if file.sidecar is None:
        return None
    try:
        return source.read_sidecar(file)
    except FileNotFoundError:
        return None


def _warnings_about(file: RecordingFile, look: _Look, options: RecordingOptions) -> list[str]:
    warnings = []
    if look.sound.duration is not None and look.sound.duration > LONGEST:
        warnings.append("it is longer than the four hours that Symbl takes")
    if not options.is_named(file):
        warnings.append("the pattern finds nothing in its path")
    return warnings


def _beyond(file: RecordingFile, inspection: Inspection, max_minutes: float | None) -> Unfit | None:
    minutes = billed_minutes(file.size, inspection)
    if max_minutes is None or minutes <= max_minutes:
        return None
    told = "is" if inspection.duration is not None else "has no length that is told, and counts as"
    message = f"It {told} {minutes:.1f} minutes, and the whole budget is {max_minutes:g}."
    return Unfit("longer than the budget", message, is_final=False)


def _unreadable(file: RecordingFile, source: RecordingSource, problem: Exception) -> Unfit | None:
    """Tell a storage that fails from a file that has changed since it was listed, which some stores say by an error."""
    try:
        now = source.look(file)
    except SymblStorageError:
        now = file
    if now is None:
        return None
    if (now.size, now.version) != (file.size, file.version):
        return CHANGED
    reason = getattr(problem, "strerror", None) or type(problem).__name__
    return Unfit("unreadable", f"{file.path} cannot be read ({reason}).", is_final=False)


def _ending(file: RecordingFile) -> str:
    return file.path.rpartition("/")[2].rpartition(".")[2].lower()
