"""The command ``symbl-local`` with recognition processes that need no model."""

from __future__ import annotations

import sys

from airflow_provider_symbl.local_server import app
from airflow_provider_symbl.local_server.__main__ import main
from tests.support.scripted_worker import ScriptedPool

MODULE = "tests.support.scripted_symbl_command"

if __name__ == "__main__":
    app.RecogniserPool = ScriptedPool  # type: ignore[attr-defined]  # the one thing that is not as users run it
    sys.exit(main())
