"""What an Airflow connection means: its fields and extras as the settings of a client, and as links on tasks."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_symbl.client.settings import DEFAULT_HOST, ClientSettings, base_url
from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.hooks.link_templates import LinkTemplates

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.providers.common.compat.sdk import Connection


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return int(number) if number.is_integer() else number


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


READ_TEXT: Mapping[str, Callable[[str], object]] = {
    "timeout": _number,
    "connect_timeout": _number,
    "max_retries": _number,
    "max_concurrent_jobs": _number,
    "verify": _boolean,
    "proxies": json.loads,
    "allow_insecure_http": _boolean,
    "conversation_url": str,
    "results_url": str,
}
"""How each extra is read where it arrives as text, as from a URI's query, a secret manager or an older form."""

LINKS = ("conversation_url", "results_url")
"""The extras that are none of the client's."""

EXTRAS = tuple(READ_TEXT)
"""All extras."""

FIELDS = {
    "app_id": "the field App ID (login)",
    "login": "the field App ID (login)",
    "app_secret": "the field App Secret (password)",
    "password": "the field App Secret (password)",
    "base_url": "the field Base URL (host)",
    "url": "the field Base URL (host)",
    "host": "the field Base URL (host)",
}
"""What has a field of its own, by the names under which it is put into the extra."""


class ConnectionSettings(NamedTuple):
    """What a connection says.

    :param client: to the client.
    :param links: about the links on tasks.
    """

    client: ClientSettings
    links: LinkTemplates


def settings_from(connection: Connection, extra: object) -> ConnectionSettings:
    """Read what a connection says.

    :param connection: of type symbl.
    :param extra: its extra, parsed.
    :raises SymblConfigurationError: names the connection and its field, what was given and what is allowed.
    """
    try:
        options = _options_from(_object_of(connection, extra))
        links = {name: options.pop(name) for name in LINKS if name in options}
        client = ClientSettings(
            app_id=connection.login or "",
            app_secret=connection.password or "",
            host=_host_of(connection, insecure=bool(options.get("allow_insecure_http"))),
            **options,
        )
        return ConnectionSettings(client, LinkTemplates(client.host, **links))
    except SymblConfigurationError as error:
        message = f"connection {connection.conn_id!r}: {error}"
        raise SymblConfigurationError(message) from None


def _host_of(connection: Connection, *, insecure: bool) -> str:
    host = connection.host or ""
    return base_url(host if host.strip() else DEFAULT_HOST, connection.port, connection.schema, insecure=insecure)


def _object_of(connection: Connection, extra: object) -> Mapping[str, Any]:
    try:
        # Airflow gives an empty object for text that is no JSON, and says so in a log only.
        given = extra or json.loads((connection.extra or "").strip() or "{}") or {}
    except ValueError:
        given = None
    if not isinstance(given, Mapping):
        message = 'extra: got something else than a JSON object; allowed: an object such as {"timeout": 60}'
        raise SymblConfigurationError(message)
    return given


def _options_from(extra: Mapping[str, Any]) -> dict[str, Any]:
    for name in sorted(set(extra) - set(READ_TEXT)):
        _refuse_key(name)
    options = {name: _value_of(name, given) for name, given in extra.items()}
    return {name: value for name, value in options.items() if value not in (None, "", {})}


def _refuse_key(name: str) -> None:
    if "@" in name:
        # What follows a question mark in an App Secret is the query of a URI.
        message = "extra: got a key with an @ in it; allowed: App ID and App Secret percent-encoded, in a URI"
        raise SymblConfigurationError(message)
    short = name.rpartition("__")[2].lower()  # Airflow 2 stored extra__symbl__timeout
    close = FIELDS.get(short) or next(iter(difflib.get_close_matches(short, EXTRAS, 1, cutoff=0.5)), None)
    hint = f"; did you mean {close}?" if close else ""
    message = f"extra: got the key {name!r}; allowed: {', '.join(EXTRAS)}{hint}"
    raise SymblConfigurationError(message)


def _value_of(name: str, given: object) -> object:
    """Return what an extra means; text that cannot be read stays text, so that the error shows its quotes."""
    if isinstance(given, float) and given.is_integer():
        # Airflow 3.1 reads the query of a URI as numbers.
        return int(given)
    if not isinstance(given, str):
        return given
    text = given.strip()
    if text.lower() in {"", "none", "null"}:
        return None
    try:
        return READ_TEXT[name](text)
    except ValueError:
        return text
