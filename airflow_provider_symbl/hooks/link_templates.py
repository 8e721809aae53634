"""Where the links on a task lead: URLs made from what a connection says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from airflow_provider_symbl.client.settings import is_loopback
from airflow_provider_symbl.client.validators import web_address
from airflow_provider_symbl.exceptions import SymblConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

ID, PATH = "{conversation_id}", "{path}"
BEHIND_PATH = re.compile(re.escape(PATH) + "[^?&#]*")
PAGE = "/__local__/#conversations/"
"""Where symbl-local has its page of a conversation."""


@dataclass(frozen=True, slots=True)
class LinkTemplates:
    """Makes the URLs of the links on tasks; everybody who sees a task sees them.

    :param host: base URL of the account. One on this machine is symbl-local's, which has a page of each conversation.
    :param conversation_url: http or https URL of a conversation's page, with ``{conversation_id}`` in it.
    :param results_url: http or https URL of a conversation's results, with ``{conversation_id}`` or ``{path}`` in it.
    :raises SymblConfigurationError: names the field, what was given and what is allowed.
    """

    host: str
    conversation_url: str | None = None
    results_url: str | None = None

    def __post_init__(self) -> None:
        """Check the fields that a person fills in."""
        _check("conversation_url", self.conversation_url, (ID,))
        _check("results_url", self.results_url, (ID, PATH))

    def conversation(self, conversation_id: str) -> str | None:
        """Return the URL of a conversation's page, None where nobody knows one.

        :param conversation_id: the conversation.
        """
        template = self.conversation_url or self._page()
        return template and template.replace(ID, quote(conversation_id, safe=""))

    def results(self, conversation_id: str, path: str) -> str | None:
        """Return the URL of a conversation's results, None where nobody knows one.

        :param conversation_id: the conversation.
        :param path: of its folder, below the folder of all results.
        """
        if not self.results_url:
            return None
        return self.results_url.replace(ID, quote(conversation_id, safe="")).replace(PATH, quote(path))

    def below_results(self, path: str) -> str | None:
        """Return the URL of a file below the results that is of no one conversation, None where nobody knows one.

        What stands behind ``{path}`` is about a conversation's folder, such as ``/`` or ``/transcript.txt``, and is
        left out; other parts of the URL stay.

        :param path: of the file, below the folder of all results.
        :raises SymblConfigurationError: the URL is of one conversation.
        """
        if not self.results_url:
            return None
        url = BEHIND_PATH.sub(PATH, self.results_url)
        if ID in url:
            allowed = f"{PATH} alone: a night's report is of no one conversation"
            raise SymblConfigurationError(f"results_url: got {ID} in the URL; allowed: {allowed}")
        return url.replace(PATH, quote(path))

    def _page(self) -> str | None:
        return f"{self.host}{PAGE}{ID}" if is_loopback(urlsplit(self.host).hostname or "") else None


def _check(name: str, template: str | None, placeholders: Sequence[str]) -> None:
    if template is None:
        return
    web_address(name, template)
    allowed = " and ".join(placeholders)
    for found in re.findall(r"\{[^{}]*\}?|\}", template):
        if found not in placeholders:
            raise SymblConfigurationError(f"{name}: got {found} in the URL; allowed: {allowed}")
    if "@" in urlsplit(template).netloc:
        # What was given holds a secret, so it is not repeated.
        allowed = "a URL without them: everybody who sees the task sees its links"
        raise SymblConfigurationError(f"{name}: got a URL with a user or password in it; allowed: {allowed}")
