"""Link from a night's task in Airflow's UI to its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_symbl.links.conversation import HasHook, PublishedLink, publish

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class SymblReportLink(PublishedLink):
    """Leads to the report of the night, by the connection's ``results_url``."""

    name = "Report"


def publish_report_link(operator: HasHook, context: Context, path: str | None) -> None:
    """Let the task show its link "Report" from now on; where there is no such URL, none.

    :param operator: the task, with ``SymblReportLink()`` among its ``operator_extra_links``.
    :param context: Airflow's.
    :param path: of the report, below the folder of all results; None where it lies elsewhere.
    """
    if path is not None:
        publish(SymblReportLink(), operator, context, lambda: operator.hook.links.below_results(path))
