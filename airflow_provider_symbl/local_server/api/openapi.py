"""The server's OpenAPI document, made from the same operations as its routes."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow_provider_symbl.local_server.api import schemas
from airflow_provider_symbl.local_server.api.query_strings import JSON_IN_QUERY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_symbl.local_server.api.operations import Operation
    from airflow_provider_symbl.local_server.api.validation import Validator

JSON = "application/json"
CONVERTOR = re.compile(r"\{(\w+)(?::\w+)?\}")
DESCRIPTION = (
    "Symbl's Async, Job, Conversation and Experience APIs as symbl-local serves them, with its own control routes. "
    "Values are described as --strict takes them; without it, what is odd is taken as well as it can be, and the "
    "journal says what that was. "
    "Any call may be met by a fault that was added under /__local__/faults, which answers as its rule says."
)


def document(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """Write the document.

    :param operations: all that the server has.
    :param version: the package's.
    """
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(_path(operation), {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "symbl-local", "version": version, "description": DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": dict(schemas.COMPONENTS),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
    }


def _path(operation: Operation) -> str:
    return CONVERTOR.sub(r"{\1}", operation.path)


def _described(operation: Operation) -> dict[str, Any]:
    body = {"requestBody": _body(operation)} if operation.body or operation.media else {}
    security: list[dict[str, list[str]]] = [{"bearer": []}, {"key": []}] if operation.is_guarded else []
    return {
        "operationId": _name(operation),
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": security,
        "parameters": [*_in_path(operation), *(_in_query(*one) for one in operation.query.items())],
        **body,
        "responses": _responses(operation),
    }


def _name(operation: Operation) -> str:
    words: list[str] = re.findall(r"[A-Za-z]+", f"{operation.method.lower()} {_path(operation)}")
    return words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])


def _in_path(operation: Operation) -> list[dict[str, Any]]:
    names = CONVERTOR.findall(operation.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _in_query(name: str, validator: Validator) -> dict[str, Any]:
    """Describe a query parameter; a list or an object travels as one JSON text (2.4).

    In a query all is text: that a number or a boolean may be text too needs no saying there.
    """
    if name in JSON_IN_QUERY:
        return {"name": name, "in": "query", "content": {JSON: {"schema": validator.schema}}}
    return {"name": name, "in": "query", "schema": _first(validator.schema)}


def _first(schema: Any) -> Any:  # noqa: ANN401 - a JSON Schema
    return schema.get("anyOf", [schema])[0]


def _body(operation: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {media: {} for media in operation.media}
    if operation.body:
        content[JSON] = {"schema": operation.body.schema}
    return {"required": True, "content": content}


def _responses(operation: Operation) -> dict[str, Any]:
    usual = {"description": HTTPStatus(operation.status).phrase, **_content(operation.answer)}
    refusals = {str(status): _refusal(status) for status in sorted(_refused(operation))}
    return {str(operation.status): usual, **refusals}


def _refused(operation: Operation) -> set[int]:
    """Give the statuses of all other answers: what is not allowed is 400, what is too long 413."""
    guarded = {401} if operation.is_guarded else set()
    return {400, 413, *guarded, *operation.refuses}


def _refusal(status: int) -> Mapping[str, Any]:
    return {"description": HTTPStatus(status).phrase, **_content(schemas.ref("Error"))}


def _content(answer: Mapping[str, object] | str | None) -> dict[str, Any]:
    if answer is None:
        return {}
    return {"content": {answer: {}} if isinstance(answer, str) else {JSON: {"schema": answer}}}
