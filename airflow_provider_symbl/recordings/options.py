"""What Symbl is asked to make of each recording: parameters for all, overrides for some, a sidecar for one."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from airflow_provider_symbl.client.endpoints import AUDIO_FILE, AUDIO_URL, TEXT, VIDEO_FILE, VIDEO_URL
from airflow_provider_symbl.client.parameters import (
    MEDIA_PARAMETERS,
    TEXT_PARAMETERS,
    check_each,
    check_extra,
    validate,
)
from airflow_provider_symbl.client.validators import did_you_mean, invalid_value, is_empty, parsed
from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.recordings.facts import KEY_LENGTH
from airflow_provider_symbl.recordings.files.globs import NameOrPath

if TYPE_CHECKING:
    from airflow_provider_symbl.client.endpoints import Source
    from airflow_provider_symbl.client.validators import Json, Validator
    from airflow_provider_symbl.recordings.facts import Kind, RecordingFile

NO_PARAMETERS: dict[str, object] = {}
"""One object for all recordings that have none; nobody changes it."""
Send = Literal["file", "url"]

EXTRA = "extra_parameters"
NAMES = (*MEDIA_PARAMETERS, EXTRA)
SIDECAR_SIZE = 1 << 20
"""Bytes of a sidecar at most."""
VALIDATORS: Mapping[str, Validator] = {**MEDIA_PARAMETERS, EXTRA: lambda _, given: parsed(given)}
WITHOUT_EFFECT = frozenset({"name", "metadata", "webhookUrl"})
"""Parameters that change nothing of what Symbl makes of a recording."""
NOTHING = object()
"""What is left of a text that stood for a group alone, where the group is empty."""

SOURCES: Mapping[tuple[str, str], Source] = {
    ("audio", "file"): AUDIO_FILE,
    ("audio", "url"): AUDIO_URL,
    ("video", "file"): VIDEO_FILE,
    ("video", "url"): VIDEO_URL,
    ("text", "file"): TEXT,
    ("text", "url"): TEXT,
}
"""The call of each kind, by how it is sent; text is always sent as messages."""


class RecordingOptions:
    """The parameters of each recording.

    They are put together one by one: those for all, those of each override whose glob stands for the recording's path
    (later ones win), those of its sidecar. A value of None or nothing takes a parameter away. Parameters that are for
    speech alone are left out for text, so that folders may hold both.

    :param parameters: for all, by Python name; ``extra_parameters`` holds others by Symbl's names.
    :param overrides: parameters by glob; a glob without a slash is about names in whatever folder.
    :param pattern: a regular expression that is searched in each path. ``{group}`` in a text of any parameter stands
        for what its named group found, and for nothing where it found nothing; a text that is nothing but empty groups
        is left out. Other braces stay.
    :param send: whether Symbl gets files, or links to them.
    """

    def __init__(
        self,
        parameters: Mapping[str, object],
        overrides: Mapping[str, Mapping[str, object]],
        pattern: str | re.Pattern[str] | None = None,
        send: Send = "file",
    ) -> None:
        self._parameters = parameters
        self._overrides = overrides
        self._given_pattern = pattern
        self._send = send

    def check(self) -> None:
        """Check what can be told without any recording.

        What goes only together, such as the two parameters of diarization, is checked for each recording, since
        overrides may add one to the other; so are values with groups in them.

        :raises SymblConfigurationError: a parameter or a value that Symbl does not take, and whose it is; a pattern
            that is none, or has no named groups.
        """
        if self._send not in {"file", "url"}:
            invalid_value("send", self._send, "file, url")
        _ = self._placeholder
        self._check_set("parameters", self._for_all)
        for glob, parameters in self._of_globs.items():
            self._check_set(f"overrides[{glob!r}]", parameters)

    def check_sidecar(self, file: RecordingFile, content: bytes) -> None:
        """Check a sidecar by itself, for all kinds of recordings.

        :param file: whose it is.
        :param content: what is in it.
        :raises SymblConfigurationError: it is no JSON object, or holds what Symbl does not take; names the sidecar.
        """
        self._check_set(str(file.sidecar), _read_sidecar(file, content))

    def for_file(self, file: RecordingFile, sidecar: bytes | None, kind: Kind) -> tuple[dict[str, Json], str]:
        """Return the parameters of a recording by Python name, and the digest of those with an effect.

        :param file: as it was listed.
        :param sidecar: what is in its sidecar; None where it has none.
        :param kind: what the recording is.
        :raises SymblConfigurationError: Symbl does not take them together; names the sidecar, or the recording where
            there is none.
        """
        given = dict(self._for_all)
        for glob, parameters in self._globs:
            if glob.matches(file.path):
                given |= parameters
        if sidecar is not None:
            self.check_sidecar(file, sidecar)
            given |= _read_sidecar(file, sidecar)
        self._check_names(file.path, given)
        known = {*(TEXT_PARAMETERS if kind == "text" else MEDIA_PARAMETERS), EXTRA}
        filled = {name: self._filled(value, file.path) for name, value in given.items() if name in known}
        chosen = {name: value for name, value in filled.items() if value is not NOTHING and not is_empty(value)}
        source = SOURCES[kind, self._send]
        try:
            others = {name: value for name, value in chosen.items() if name != EXTRA}
            sent = validate(source, others, chosen.get(EXTRA))
            # As they are sent: a template may have made text of a boolean.
            chosen = {name: VALIDATORS[name](name, value) for name, value in chosen.items()}
        except SymblConfigurationError as problem:
            message = f"{file.path if sidecar is None else file.sidecar}: {problem}"
            raise SymblConfigurationError(message) from None
        return chosen or NO_PARAMETERS, _digest(sent)

    def digests(self, file: RecordingFile, sidecar: bytes | None = None) -> frozenset[str]:
        """Return the digests that a recording can have by its path alone, before anybody has looked what it is.

        :param file: as it was listed.
        :param sidecar: what is in its sidecar; None where it has none.
        :raises SymblConfigurationError: as :meth:`for_file`.
        """
        kinds: tuple[Kind, ...] = ("audio", "text")  # video has the parameters of audio
        return frozenset(self.for_file(file, sidecar, kind)[1] for kind in kinds)

    def is_named(self, file: RecordingFile) -> bool:
        """Tell whether the pattern finds anything in a path; without a pattern, everything is as it should be.

        :param file: as it was listed.
        """
        return self._pattern is None or self._pattern.search(file.path) is not None

    @cached_property
    def _for_all(self) -> Mapping[str, object]:
        return _mapping("parameters", self._parameters)

    @cached_property
    def _of_globs(self) -> Mapping[str, Mapping[str, object]]:
        given = _mapping("overrides", self._overrides)
        return {glob: _mapping(f"overrides[{glob!r}]", parameters) for glob, parameters in given.items()}

    @cached_property
    def _globs(self) -> list[tuple[NameOrPath, Mapping[str, object]]]:
        return [(NameOrPath(glob), parameters) for glob, parameters in self._of_globs.items()]

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        given = self._given_pattern
        if given is None:
            return None
        allowed = "a regular expression with named groups, such as (?P<agent>[^/]+)"
        try:
            pattern = re.compile(given)
        except (re.error, TypeError, OverflowError, RecursionError) as problem:
            return invalid_value("pattern", given, f"{allowed} ({problem})")
        if not pattern.groupindex or not isinstance(pattern.pattern, str):
            invalid_value("pattern", pattern.pattern, allowed)
        return pattern

    @cached_property
    def _placeholder(self) -> re.Pattern[str] | None:
        return self._pattern and re.compile(r"\{(" + "|".join(self._pattern.groupindex) + r")\}")

    def _filled(self, value: object, path: str) -> object:
        if self._pattern is None or self._placeholder is None:
            return value
        found = self._pattern.search(path)
        groups = found.groupdict() if found else {}
        return _replaced(_plain(value), self._placeholder, groups)

    def _check_set(self, where: str, given: Mapping[str, object]) -> None:
        """Check names and values of one set of parameters, as those of a video, which has all."""
        source = SOURCES["video", self._send]
        self._check_names(where, given)
        try:
            fixed = {name: value for name, value in given.items() if not self._has_groups(value)}
            check_each(source, {name: value for name, value in fixed.items() if name != EXTRA})
            check_extra(source, fixed.get(EXTRA))
        except SymblConfigurationError as problem:
            message = f"{where}: {problem}"
            raise SymblConfigurationError(message) from None

    def _check_names(self, where: str, given: Mapping[str, object]) -> None:
        for name in given:
            if name not in NAMES:
                invalid_value(where, name, f"{', '.join(NAMES)}{did_you_mean(str(name), NAMES)}")

    def _has_groups(self, value: object) -> bool:
        if isinstance(value, str):
            return self._placeholder is not None and self._placeholder.search(value) is not None
        items = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
        return any(map(self._has_groups, items))


def _mapping(where: str, given: object) -> Mapping[str, object]:
    value = parsed(given)
    if is_empty(value):
        return {}
    if not isinstance(value, Mapping):
        invalid_value(where, type(value), "a mapping, or its JSON text")
    return value


def _read_sidecar(file: RecordingFile, content: bytes) -> Mapping[str, object]:
    where = str(file.sidecar)
    if len(content) > SIDECAR_SIZE:
        invalid_value(where, f"more than {SIDECAR_SIZE} bytes", "a JSON object of parameters")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        invalid_value(where, type(value), "a JSON object of parameters")
    return value


def _plain(value: object) -> object:
    """Return a list or an object that is given as JSON text; anything else as it is."""
    read = parsed(value)
    return read if isinstance(read, (list, dict)) else value


def _replaced(value: object, placeholder: re.Pattern[str], groups: Mapping[str, str | None]) -> object:
    """Fill the groups in all texts of a value; what is found never becomes JSON, nor a group again."""
    if isinstance(value, str):
        text = placeholder.sub(lambda found: groups.get(found[1]) or "", value)
        return text if text.strip() or text == value else NOTHING
    if isinstance(value, Mapping):
        items = {key: _replaced(item, placeholder, groups) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not NOTHING}
    if isinstance(value, (list, tuple)):
        return [item for each in value if (item := _replaced(each, placeholder, groups)) is not NOTHING]
    return value


def _digest(sent: Mapping[str, Json]) -> str:
    counted = {name: value for name, value in sent.items() if name not in WITHOUT_EFFECT}
    # One object for all recordings that have the same.
    return sys.intern(hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()[:KEY_LENGTH])
