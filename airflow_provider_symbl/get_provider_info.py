"""What Airflow reads about this package, in every process that starts; imports nothing."""

from __future__ import annotations

from typing import Any

INTEGRATION = "Symbl"


def get_provider_info() -> dict[str, Any]:
    """Return the provider's metadata; the connection form is made from it alone."""
    return {
        "package-name": "airflow-provider-symbl",
        "name": "Symbl",
        "description": "Submits recorded conversations to Symbl.ai's Async API, waits for them and reads the results.",
        "integrations": [
            {"integration-name": INTEGRATION, "external-doc-url": "https://symbl.ai", "tags": ["service"]},
        ],
        "hooks": _modules("hooks.symbl"),
        "operators": _modules(
            "operators.text", "operators.audio", "operators.video", "operators.conversation", "operators.recordings"
        ),
        "sensors": _modules("sensors.job"),
        "triggers": _modules("triggers.job", "triggers.recordings"),
        "extra-links": [
            "airflow_provider_symbl.links.conversation.SymblConversationLink",
            "airflow_provider_symbl.links.conversation.SymblResultsLink",
            "airflow_provider_symbl.links.recordings.SymblReportLink",
        ],
        "connection-types": [
            {
                "connection-type": "symbl",
                "hook-class-name": "airflow_provider_symbl.hooks.symbl.SymblHook",
                "hook-name": "Symbl",
                "conn-fields": _conn_fields(),
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "port"],
                    "relabeling": {"host": "Base URL", "login": "App ID", "password": "App Secret"},
                    "placeholders": {
                        "host": "https://api.symbl.ai",
                        "login": "the App ID of your account",
                        "password": "the App Secret of your account",
                    },
                },
            },
        ],
    }


def _modules(*names: str) -> list[dict[str, Any]]:
    return [
        {
            "integration-name": INTEGRATION,
            "python-modules": [f"airflow_provider_symbl.{name}" for name in names],
        },
    ]


def _conn_fields() -> dict[str, Any]:
    return {
        "timeout": _field("Timeout", "Seconds that an answer may take to its end (60).", "number", exclusiveMinimum=0),
        "connect_timeout": _field(
            "Connect timeout",
            "Seconds to wait for a connection (10).",
            "number",
            exclusiveMinimum=0,
        ),
        "max_retries": _field(
            "Retries",
            "How often a call that may be sent again is sent again (5).",
            "integer",
            minimum=0,
        ),
        "max_concurrent_jobs": _field(
            "Concurrent jobs",
            "How many jobs a night may have at once, unless it says so itself (50).",
            "integer",
            minimum=1,
        ),
        "verify": _field(
            "Verify",
            "true, false, or the path of certificate authorities to check the host by (true).",
            "string",
        ),
        "proxies": _field("Proxies", 'Proxy URL by scheme, such as {"https": "http://proxy:3128"}.', "object"),
        "allow_insecure_http": _field(
            "Allow plain http",
            "Send the App Secret over plain http to any host (false).",
            "boolean",
        ),
        "conversation_url": _field(
            "Conversation link",
            "URL that a task's link Conversation leads to, such as https://calls.example.com/{conversation_id}.",
            "string",
        ),
        "results_url": _field(
            "Results link",
            "URL that a task's link Results leads to, such as https://files.example.com/calls/{path}/.",
            "string",
        ),
    }


def _field(label: str, description: str, kind: str, **bounds: float) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": [kind, "null"], **bounds}}
