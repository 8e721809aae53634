"""Paths of the API that several rooms name."""

from __future__ import annotations

CONTROL_PREFIX = "/__local__"
SUBMISSION_PREFIX = "/v1/process/"
CONVERSATION_PATH = "/v1/conversations/{conversation_id}"
