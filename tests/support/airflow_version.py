"""The Airflow that the tests run on: some of what they test it has from a version on."""

from __future__ import annotations

import importlib.metadata

AIRFLOW = tuple(int(part) for part in importlib.metadata.version("apache-airflow-core").split(".")[:2])
