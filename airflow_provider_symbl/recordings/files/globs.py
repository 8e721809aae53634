"""Globs over paths: for the recordings of a night and for the overrides of some of them."""

from __future__ import annotations

import fnmatch
import re

MAGIC = re.compile(r"[*?\[]")
ANY_FOLDERS = "**"


def is_glob(given: str) -> bool:
    """Tell whether a path holds anything that a glob reads in its own way.

    :param given: a path or a URI.
    """
    return MAGIC.search(given) is not None


def split_glob(given: str) -> tuple[str, str]:
    """Return the fixed part of a glob, which is a folder, and the rest of it.

    :param given: a path or a URI with forward slashes.
    """
    parts = given.split("/")
    first = next(place for place, part in enumerate(parts) if is_glob(part))
    fixed = "/".join(parts[:first])
    return fixed or ("/" if first else "."), "/".join(parts[first:])


class Glob:
    """A pattern over whole paths with forward slashes.

    ``*``, ``?`` and ``[…]`` stand for what is in one name, ``**`` for any number of folders. Capitals count, and a
    leading dot is a character like others.

    :param pattern: the glob.
    """

    def __init__(self, pattern: str) -> None:
        parts = [part for part in pattern.split("/") if part]
        self._parts = [None if part == ANY_FOLDERS else re.compile(fnmatch.translate(part)) for part in parts]

    def matches(self, path: str) -> bool:
        """Tell whether the glob stands for a path.

        :param path: of a file, relative to the folder that the glob begins in.
        """
        return len(self._parts) in self._states_after(path)

    def leads_into(self, folder: str) -> bool:
        """Tell whether anything below a folder could match.

        :param folder: its path, relative to the folder that the glob begins in; empty for that one.
        """
        return any(state < len(self._parts) for state in self._states_after(folder))

    def _states_after(self, path: str) -> set[int]:
        """Return how many parts of the pattern may be used up by a path, in each way to read it."""
        states = self._and_skipped({0})
        for name in path.split("/") if path else ():
            states = self._and_skipped({after for state in states for after in self._step(state, name)})
        return states

    def _step(self, state: int, name: str) -> set[int]:
        if state == len(self._parts):
            return set()
        part = self._parts[state]
        if part is None:
            # At its end ``**`` stands for the file itself, too, and for no less.
            return {state, state + 1} if state == len(self._parts) - 1 else {state}
        return {state + 1} if part.match(name) else set()

    def _and_skipped(self, states: set[int]) -> set[int]:
        """Add the states that follow when ``**`` stands for no folder."""
        reached = set(states)
        for state in sorted(states):
            after = state
            while after < len(self._parts) - 1 and self._parts[after] is None:
                after += 1
                reached.add(after)
        return reached


class NameOrPath:
    """What stands for recordings in ``overrides`` and ``redrive``: a glob, or a path as a report tells it.

    Without a slash it is about the names of files, in whatever folder.

    :param pattern: the glob, or the path.
    """

    def __init__(self, pattern: str) -> None:
        self._literal = pattern
        self._glob = Glob(pattern if "/" in pattern else f"{ANY_FOLDERS}/{pattern}")

    def matches(self, path: str) -> bool:
        """Tell whether it stands for a recording.

        :param path: of the recording, as it was listed.
        """
        return path == self._literal or self._glob.matches(path)
