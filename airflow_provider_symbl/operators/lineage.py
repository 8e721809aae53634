"""Lineage: what asset events tell of a recording, its conversation and its files, and the same for OpenLineage.

All are told by their URIs, without queries and credentials. Nothing tells what was said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from airflow_provider_symbl.operators.storage import public_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow.providers.common.compat.sdk import BaseOperator, Context
    from airflow.providers.openlineage.extractors import OperatorLineage

    from airflow_provider_symbl.client.validators import Json
    from airflow_provider_symbl.results.writer import WrittenFile

ASCII = "".join(map(chr, range(32, 127)))


def asset_extra(
    conversation_id: str | None, recording: object = None, files: Iterable[WrittenFile] = ()
) -> dict[str, Json]:
    """Return what an asset event tells.

    :param conversation_id: the conversation.
    :param recording: path or URI of the recording; None where it is none, or not known.
    :param files: what was written of the conversation.
    :return: ``conversation_id``, ``recording`` where it is known, and ``files`` with ``uri``, ``size`` in bytes and
        ``sha256`` each, where there are some.
    """
    extra: dict[str, Json] = {"conversation_id": conversation_id}
    if recording is not None:
        extra["recording"] = public_uri(recording)
    written: list[Json] = [{**file.as_dict(), "uri": public_uri(file.uri)} for file in files]
    return extra | ({"files": written} if written else {})


def record_asset_events(context: Context, operator: BaseOperator, extra: Mapping[str, Any]) -> None:
    """Let the events of a task's outlets tell what came of it.

    The event of an ``Asset`` tells all of it. An ``AssetAlias`` gets an asset, with an event, for each file.

    :param context: Airflow's.
    :param operator: the task.
    :param extra: as :func:`asset_extra` makes it.
    """
    # Imported here: a task without outlets needs none of it.
    from airflow.providers.common.compat.sdk import Asset, AssetAlias  # noqa: PLC0415 - only needed once the task runs
    from airflow.sdk.definitions.asset import AssetRef  # noqa: PLC0415 - only needed once the task runs

    about = {name: value for name, value in extra.items() if name != "files"}
    for outlet in operator.outlets:
        if isinstance(outlet, AssetAlias):
            for file in extra.get("files", ()):
                context["outlet_events"][outlet].add(Asset(_asset_uri(file["uri"])), {**about, **file})
        elif isinstance(outlet, (Asset, AssetRef)):
            context["outlet_events"][outlet].extra.update(extra)


def conversation_uri(host: str, conversation_id: str) -> str:
    """Return the URI by which lineage knows a conversation.

    :param host: base URL of the account.
    :param conversation_id: the conversation.
    """
    return f"symbl://{urlsplit(host).netloc}/{conversation_id}"


def open_lineage(inputs: Iterable[str], outputs: Iterable[str]) -> OperatorLineage[Any, Any]:
    """Return what OpenLineage is told of a task; called only where its provider is installed.

    :param inputs: URIs of what the task read, as :func:`public_uri` gives them.
    :param outputs: URIs of what it made.
    """
    from airflow.providers.common.compat.openlineage.facet import Dataset  # noqa: PLC0415 - only where it is installed
    from airflow.providers.openlineage.extractors import OperatorLineage  # noqa: PLC0415 - only where it is installed

    return OperatorLineage(
        inputs=[Dataset(*dataset_name(uri)) for uri in inputs],
        outputs=[Dataset(*dataset_name(uri)) for uri in outputs],
    )


def dataset_name(uri: str) -> tuple[str, str]:
    """Return OpenLineage's namespace and name of what a URI leads to, by its naming rules.

    :param uri: a URI without query.
    """
    scheme, _, rest = uri.partition("://")
    host, _, path = rest.partition("/")
    return ("file", unquote(f"/{path}")) if scheme == "file" else (f"{scheme}://{host}", path)


def _asset_uri(uri: str) -> str:
    """Return a URI as Airflow takes it for an asset's, in ASCII."""
    return quote(uri, safe=ASCII)
