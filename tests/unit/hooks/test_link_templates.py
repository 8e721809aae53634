"""Where the links on tasks lead, by what the connection says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_symbl.exceptions import SymblConfigurationError
from tests.unit.hooks.hook_fixtures import SECRET

if TYPE_CHECKING:
    from tests.unit.hooks.hook_fixtures import HookOf

NAMES = ["conversation_url", "results_url"]


@pytest.mark.parametrize("host", ["http://127.0.0.1:8765", "localhost:8765", "[::1]:8765"])
def test_on_this_machine_a_conversation_has_a_page_of_symbl_local(hook_of: HookOf, host: str) -> None:
    """Without anything in the connection about it."""
    url = hook_of(host=host).links.conversation("58151")
    assert url == f"{hook_of(host=host).settings.host}/__local__/#conversations/58151"


def test_elsewhere_there_is_no_link_unless_the_connection_has_one(hook_of: HookOf) -> None:
    """Nobody knows the page of somebody's account."""
    links = hook_of(host="https://symbl.example.com").links
    assert links.conversation("58151") is None
    assert links.results("58151", "calls/late-parcel") is None


def test_the_connection_says_where_links_lead(hook_of: HookOf) -> None:
    """Its URL goes before the page of symbl-local; ids and paths are percent-encoded."""
    extra = {
        "conversation_url": "https://calls.example.com/#/{conversation_id}",
        "results_url": " https://files.example.com/night/{path}/?id={conversation_id} ",
    }
    links = hook_of(host="http://127.0.0.1:8765", extra=extra).links
    assert links.conversation("58/1 51") == "https://calls.example.com/#/58%2F1%2051"
    assert links.results("58151", "calls/a {path}?.wav") == (
        "https://files.example.com/night/calls/a%20%7Bpath%7D%3F.wav/?id=58151"
    )


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("https://files.example.com/{path}", "https://files.example.com/a%20b/report.html"),
        ("https://files.example.com/{path}/", "https://files.example.com/a%20b/report.html"),
        ("https://files.example.com/{path}/index.html", "https://files.example.com/a%20b/report.html"),
        ("https://files.example.com/{path}/{conversation_id}.txt", "https://files.example.com/a%20b/report.html"),
        (
            "https://s3.example.com/b?prefix=c/{path}/&region=eu",
            "https://s3.example.com/b?prefix=c/a%20b/report.html&region=eu",
        ),
        ("https://files.example.com/#/{path}/text", "https://files.example.com/#/a%20b/report.html"),
        ("https://files.example.com/", "https://files.example.com/"),
    ],
)
def test_a_report_is_where_its_path_says_whatever_stands_behind_a_conversation_s(
    hook_of: HookOf, template: str, url: str
) -> None:
    """A folder has pages of its own; the report is one file."""
    assert hook_of(extra={"results_url": template}).links.below_results("a b/report.html") == url


@pytest.mark.parametrize(
    "template", ["https://f.example.com/{conversation_id}/{path}", "https://f.example.com/{path}/?of={conversation_id}"]
)
def test_a_report_has_no_link_by_the_url_of_one_conversation(hook_of: HookOf, template: str) -> None:
    """One sentence says why."""
    links = hook_of(extra={"results_url": template}).links
    with pytest.raises(SymblConfigurationError) as caught:
        links.below_results("report.html")
    told = "got {conversation_id} in the URL; allowed: {path} alone: a night's report is of no one conversation"
    assert str(caught.value) == f"results_url: {told}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("javascript:alert(1)", "got 'javascript:alert(1)'; allowed: an absolute http or https URL"),
        ("calls.example.com/{conversation_id}", "got 'calls.example.com/{conversation_id}'; allowed: an absolute http"),
        ("file:///results/{conversation_id}", "got 'file:///results/{conversation_id}'; allowed: an absolute http or"),
        ("https://calls.example.com/{id}", "got {id} in the URL; allowed: {conversation_id}"),
        ("https://calls.example.com/{conversation_id", "got {conversation_id in the URL; allowed: {conversation_id}"),
        ("https://calls.example.com/{{conversation_id}}", "got { in the URL; allowed: {conversation_id}"),
        ("https://calls.example.com/{conversation_id!r}", "got {conversation_id!r} in the URL; allowed: {conve"),
        (12, "got 12; allowed: an absolute http or https URL"),
    ],
)
def test_what_is_no_url_of_a_link_is_told(hook_of: HookOf, name: str, url: object, told: str) -> None:
    """Before anything is submitted, with the connection and the field."""
    with pytest.raises(SymblConfigurationError) as caught:
        _ = hook_of(extra={name: url}).settings
    assert str(caught.value).startswith(f"connection 'mine': {name}: {told}")


def test_a_path_is_only_for_results(hook_of: HookOf) -> None:
    """A conversation has none."""
    with pytest.raises(SymblConfigurationError, match=r"got \{path\} in the URL; allowed: \{conversation_id\}$"):
        _ = hook_of(extra={"conversation_url": "https://calls.example.com/{path}"}).settings


@pytest.mark.parametrize("name", NAMES)
def test_a_link_holds_no_password(hook_of: HookOf, name: str) -> None:
    """Everybody who sees the task sees its links; the error does not repeat it either."""
    with pytest.raises(SymblConfigurationError) as caught:
        _ = hook_of(extra={name: f"https://me:{SECRET}@calls.example.com/"}).settings
    assert f"{name}: got a URL with a user or password in it" in str(caught.value)
    assert SECRET not in str(caught.value)
