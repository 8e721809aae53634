"""The requests of all strangers' clients that no registry has."""

from __future__ import annotations

from tests.support.compatibility.go_sdk import GO_REQUESTS
from tests.support.compatibility.pipedream import PIPEDREAM_REQUESTS
from tests.support.compatibility.programs import EDEN_REQUESTS, NODE_REQUESTS, SAMPLE_REQUESTS, SNOWFLAKE_REQUESTS

REQUESTS = [
    *GO_REQUESTS,
    *NODE_REQUESTS,
    *PIPEDREAM_REQUESTS,
    *EDEN_REQUESTS,
    *SNOWFLAKE_REQUESTS,
    *SAMPLE_REQUESTS,
]
