"""A name service that a test can script: what the machine's own answers depends on where the tests run."""

from __future__ import annotations

import dataclasses
import os
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

UNKNOWN_DOMAIN = ".invalid"
"""RFC 2606: no name in it ever exists."""


@dataclasses.dataclass
class NameService:
    """Refuses each name of the domain that never exists, and leaves the others to the machine.

    :param error: the number of the error that it answers with.
    :param asked: the names that it refused, in order.
    """

    error: int = socket.EAI_NONAME
    asked: list[str] = dataclasses.field(default_factory=list)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put it in the place of the machine's."""
        machine = socket.getaddrinfo

        def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - socket's own shape
            name = os.fsdecode(host or "")
            if not name.endswith(UNKNOWN_DOMAIN):
                return machine(host, *args, **kwargs)
            self.asked.append(name)
            raise socket.gaierror(self.error, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
