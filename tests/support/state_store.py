"""A state store in memory that keeps JSON text, as a real one does, and breaks when a test says so."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_symbl.client.validators import Json


@dataclasses.dataclass
class JsonStore:
    """Keeps JSON by key.

    :param kept: each value as JSON text.
    :param is_broken: whether it answers every call with an error.
    :param writes_left: how many writes work before it breaks for good; all where it is below 0.
    """

    kept: dict[str, str] = dataclasses.field(default_factory=dict)
    is_broken: bool = False
    writes_left: int = -1

    def get(self, key: str) -> Json:
        """Return a value, None where there is none."""
        self.check()
        return json.loads(self.kept.get(key, "null"))

    def set(self, key: str, value: Json) -> None:
        """Keep a value."""
        self.is_broken = self.is_broken or self.writes_left == 0
        self.check()
        self.kept[key] = json.dumps(value)
        self.writes_left -= 1
        self.is_broken = self.writes_left == 0

    def delete(self, key: str) -> None:
        """Forget a value."""
        self.check()
        self.kept.pop(key, None)

    def check(self) -> None:
        """Raise what the store raises while it is broken."""
        if self.is_broken:
            message = "the API server is away"
            raise OSError(message)
