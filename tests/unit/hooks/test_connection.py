"""What an Airflow connection means: its fields and extras as settings, and what is told where they are wrong."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import Connection
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from airflow_provider_symbl.exceptions import SymblConfigurationError
from airflow_provider_symbl.hooks.connection import EXTRAS, settings_from
from airflow_provider_symbl.hooks.symbl import SymblHook
from tests.support.airflow_version import AIRFLOW
from tests.unit.hooks.hook_fixtures import SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.hooks.hook_fixtures import HookOf

HTTP_EXAMPLE = "http://symbl.example.com"

EXTRA_VALUES: Mapping[str, Any] = {
    "timeout": 12.5,
    "connect_timeout": 3,
    "max_retries": 0,
    "max_concurrent_jobs": 7,
    "verify": "/etc/ssl/certs/ca-certificates.crt",
    "proxies": {"https": "http://proxy.example.com:3128"},
    "allow_insecure_http": True,
    "conversation_url": "https://calls.example.com/{conversation_id}",
    "results_url": "https://files.example.com/{path}/",
}


def _read(hook: SymblHook) -> dict[str, object]:
    return dataclasses.asdict(hook.settings) | dataclasses.asdict(hook.links)


def test_every_extra_is_tried_here() -> None:
    """None is forgotten."""
    assert set(EXTRA_VALUES) == set(EXTRAS)


def test_a_plain_connection_leads_to_symbls_own_host(hook_of: HookOf) -> None:
    """App ID and App Secret are all that must be given."""
    settings = hook_of().settings
    assert (settings.app_id, settings.app_secret, settings.host) == ("an-app-id", SECRET, "https://api.symbl.ai")
    assert settings.verify is True


def test_the_port_field_is_part_of_the_host(hook_of: HookOf) -> None:
    """The form hides the port, a URI does not."""
    assert hook_of(host="symbl.example.com", port=8443).settings.host == "https://symbl.example.com:8443"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("localhost:8765", "http://localhost:8765"),
        ("[::1]:8765", "http://[::1]:8765"),
        ("symbl.example.com:8443", "https://symbl.example.com:8443"),
        ("http%3A%2F%2F127.0.0.1%3A8765%2F", "http://127.0.0.1:8765"),
    ],
)
def test_a_uri_means_https_but_to_loopback(monkeypatch: pytest.MonkeyPatch, host: str, url: str) -> None:
    """Airflow's URI form names no scheme for the host, and a secret travels: https, where it leaves the machine."""
    monkeypatch.setenv("AIRFLOW_CONN_MINE", f"symbl://an-app-id:{SECRET}@{host}")
    settings = SymblHook("mine").settings
    assert (settings.app_id, settings.app_secret, settings.host) == ("an-app-id", SECRET, url)


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"host": "http://127.0.0.1/", "port": 8765}, "http://127.0.0.1:8765"),
        ({"host": "http://127.0.0.1:8765", "port": 8765}, "http://127.0.0.1:8765"),
        ({"host": "http://127.0.0.1:8765/", "port": 0}, "http://127.0.0.1:8765"),
        ({"host": "::1", "port": 8765}, "http://[::1]:8765"),
        ({"host": "[::1]", "port": 8765}, "http://[::1]:8765"),
        ({"host": "http://::1", "port": 8765}, "http://[::1]:8765"),
        ({"host": "2001:DB8::1"}, "https://[2001:db8::1]"),
        ({"host": "127.0.0.1", "port": 8765, "schema": "http"}, "http://127.0.0.1:8765"),
        ({"host": "127.0.0.1", "port": 8765, "schema": "HTTPS"}, "https://127.0.0.1:8765"),
        ({"host": "https://symbl.example.com", "schema": "https"}, "https://symbl.example.com"),
        ({"host": "symbl.example.com", "schema": "http", "extra": {"allow_insecure_http": True}}, HTTP_EXAMPLE),
        ({"host": " \n", "port": 8443}, "https://api.symbl.ai:8443"),
    ],
    ids=str,
)
def test_host_port_and_schema_are_parts_of_one_url(hook_of: HookOf, fields: Mapping[str, object], url: str) -> None:
    """However they are spread over the fields."""
    assert hook_of(**fields).settings.host == url


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"host": "http://127.0.0.1:1", "port": 2}, "host: got http://127.0.0.1:1 with port 2; allowed: one port"),
        ({"host": "https://127.0.0.1", "schema": "http"}, "host: got https://127.0.0.1 with schema http; allowed: one"),
        (
            {"host": "h.example", "schema": "http"},
            "host: got h.example with schema http; allowed: https, or plain http",
        ),
        ({"host": "h.example", "port": 99999}, "host: got h.example with port 99999; allowed: a port below 65536"),
        ({"host": "h.example/v1", "port": 1}, "host: got h.example/v1 with port 1; allowed: a base URL without a path"),
        ({"host": "h.example", "schema": "v1"}, "schema: got v1; allowed: http, https or nothing: a base URL has no"),
        ({"host": "h example"}, "host: got h example; allowed: a base URL such as https://api.symbl.ai"),
    ],
    ids=str,
)
def test_parts_that_make_no_url_are_shown_as_they_were_typed(
    hook_of: HookOf, fields: Mapping[str, object], told: str
) -> None:
    """Whoever reads it finds what to change in the form."""
    with pytest.raises(SymblConfigurationError) as caught:
        _ = hook_of(**fields).settings
    assert str(caught.value).startswith(f"connection 'mine': {told}")


@pytest.mark.parametrize("secret", ["12/hidden", "12?hidden", "12/hidden?hidden"])
def test_a_secret_that_breaks_a_uri_is_not_repeated(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    """Unless it is percent-encoded, a URI takes a part of it for schema or extra."""
    monkeypatch.setenv("AIRFLOW_CONN_MINE", f"symbl://an-app-id:{secret}@symbl.example.com")
    with pytest.raises(SymblConfigurationError) as caught:
        _ = SymblHook("mine").settings
    assert "hidden" not in str(caught.value)


def test_blanks_and_line_ends_are_no_part_of_a_text(hook_of: HookOf) -> None:
    """Forms, files and secret managers leave them."""
    proxies = {"https": " http://proxy:3128\n"}
    extra = {"verify": f" {DEFAULT_CA_BUNDLE_PATH}\n", "proxies": proxies, "timeout": " 9 ", "max_retries": "\t"}
    settings = hook_of(login=" an-app-id\n", password=f"\t{SECRET}\r\n", host=" h.example\n", extra=extra).settings
    assert (settings.app_id, settings.app_secret, settings.host) == ("an-app-id", SECRET, "https://h.example")
    assert (settings.verify, settings.proxies) == (DEFAULT_CA_BUNDLE_PATH, {"https": "http://proxy:3128"})
    assert (settings.timeout, settings.max_retries) == (9, 5)


def test_a_uri_can_carry_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Extras of a URI are JSON in its query, as Airflow itself writes them."""
    monkeypatch.setenv(
        "AIRFLOW_CONN_MINE",
        f"symbl://an-app-id:{SECRET}@symbl.example.com/?__extra__=%7B%22timeout%22%3A+9%2C+%22verify%22%3A+false%7D",
    )
    settings = SymblHook("mine").settings
    assert (settings.timeout, settings.verify) == (9, False)


@pytest.mark.parametrize("name", EXTRA_VALUES)
def test_each_extra_becomes_a_setting(hook_of: HookOf, name: str) -> None:
    """An extra is read under the name of the setting, and the others keep their defaults."""
    plain, changed = _read(hook_of()), _read(hook_of(extra={name: EXTRA_VALUES[name]}))
    different = {field for field in EXTRA_VALUES if plain[field] != changed[field]}
    assert different == {name}
    assert changed[name] == EXTRA_VALUES[name]


@pytest.mark.parametrize("name", EXTRA_VALUES)
def test_each_extra_may_arrive_as_text(hook_of: HookOf, name: str) -> None:
    """A URI's query, secret managers and the form of Airflow 3.0 give text only."""
    value = EXTRA_VALUES[name]
    text = value if isinstance(value, str) else json.dumps(value)
    assert _read(hook_of(extra={name: text})) == _read(hook_of(extra={name: value}))
    assert _read(hook_of(extra={name: f" {text}\n"})) == _read(hook_of(extra={name: value}))


def test_a_whole_number_may_be_written_as_a_fraction(hook_of: HookOf) -> None:
    """Whatever has read it as a float."""
    settings = hook_of(extra={"timeout": 60.0, "max_retries": 2.0, "max_concurrent_jobs": 7.0}).settings
    assert (settings.timeout, settings.max_retries, settings.max_concurrent_jobs) == (60, 2, 7)


def test_the_query_of_a_uri_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a person writes it, without JSON."""
    query = "timeout=60&connect_timeout=2.5&max_retries=0&max_concurrent_jobs=7.0&verify=False&allow_insecure_http=TRUE"
    monkeypatch.setenv("AIRFLOW_CONN_MINE", f"symbl://an-app-id:{SECRET}@http%3A%2F%2Fh.example/?{query}")
    settings = SymblHook("mine").settings
    assert (settings.timeout, settings.connect_timeout, settings.max_retries) == (60, 2.5, 0)
    assert (settings.max_concurrent_jobs, settings.verify, settings.host) == (7, False, "http://h.example")


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("retries", "max_retries"),
        ("verify_ssl", "verify"),
        ("ssl_verify", "verify"),
        ("time_out", "timeout"),
        ("read_timeout", "timeout"),
        ("Connect-Timeout", "connect_timeout"),
        ("proxy", "proxies"),
        ("allow_http", "allow_insecure_http"),
        ("extra__symbl__timeout", "timeout"),
        ("app_secret", "the field App Secret (password)"),
        ("base_url", "the field Base URL (host)"),
    ],
)
def test_an_unknown_extra_is_answered_with_what_was_meant(hook_of: HookOf, key: str, meant: str) -> None:
    """A key that does nothing would be taken for one that does."""
    with pytest.raises(SymblConfigurationError) as caught:
        _ = hook_of(extra={key: "hidden"}).settings
    assert str(caught.value).startswith(f"connection 'mine': extra: got the key {key!r}; allowed: timeout, connect")
    assert str(caught.value).endswith(f"; did you mean {meant}?")
    assert "hidden" not in str(caught.value)


def test_an_extra_like_no_other_gets_no_advice(hook_of: HookOf) -> None:
    """A guess would lead astray; and what nothing reads yet is not named."""
    with pytest.raises(SymblConfigurationError) as caught:
        _ = hook_of(extra={"region": "eu"}).settings
    assert str(caught.value).endswith("proxies, allow_insecure_http, conversation_url, results_url")


@pytest.mark.skipif(AIRFLOW < (3, 2), reason="Airflow takes such a connection for one that is not defined")
@pytest.mark.parametrize("extra", ["[1]", '"timeout"', "7"])
def test_an_extra_that_is_no_object_is_told(hook_of: HookOf, extra: str) -> None:
    """Airflow takes any JSON."""
    with pytest.raises(SymblConfigurationError, match=r"extra: got something else than a JSON object; allowed: an obj"):
        _ = hook_of(extra=extra).settings


@pytest.mark.parametrize("port", ["8443", " 8443 ", 8443])
def test_a_port_may_be_text(port: Any) -> None:  # noqa: ANN401 - secrets backends of one's own give either
    """Airflow checks it only where it reads a connection from JSON or a URI."""
    connection = Connection(conn_id="mine", conn_type="symbl", login="an-app-id", password=SECRET, port=port, host="h")
    assert settings_from(connection, {}).client.host == "https://h:8443"


def test_an_extra_that_is_no_json_is_told() -> None:
    """Airflow gives an empty object for it, with which the defaults would be used in silence."""
    connection = Connection(conn_id="mine", conn_type="symbl", login="an-app-id", password=SECRET, extra="timeout=60")
    with pytest.raises(SymblConfigurationError, match="extra: got something else than a JSON object"):
        settings_from(connection, {})


@pytest.mark.parametrize("empty", [None, "", {}, " ", "null", "None"])
def test_an_empty_extra_is_not_there(hook_of: HookOf, empty: object) -> None:
    """The form stores what is left empty."""
    assert hook_of(extra=dict.fromkeys(EXTRA_VALUES, empty)).settings == hook_of().settings


@pytest.mark.parametrize(
    ("text", "meaning"), [("true", True), ("false", False), (DEFAULT_CA_BUNDLE_PATH, DEFAULT_CA_BUNDLE_PATH)]
)
def test_verify_is_read_from_the_forms_text(hook_of: HookOf, text: str, meaning: object) -> None:
    """The form has one text field for three kinds of answer."""
    assert hook_of(extra={"verify": text}).settings.verify == meaning


def test_proxies_are_read_from_the_forms_text(hook_of: HookOf) -> None:
    """An object that was stored as JSON text is one."""
    proxies = {"https": "http://proxy.example.com:3128"}
    assert hook_of(extra={"proxies": json.dumps(proxies)}).settings.proxies == proxies


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"login": None}, r"login \(App ID\): got nothing"),
        ({"password": None}, r"password \(App Secret\): got nothing"),
        ({"host": "https://symbl.example.com/v1"}, r"host: got https://symbl\.example\.com/v1; .*without a path"),
        ({"host": "http://symbl.example.com"}, r"host: got http://symbl\.example\.com; .*https.*allow_insecure_http"),
        ({"host": "ftp://symbl.example.com"}, r"host: got ftp://symbl\.example\.com; allowed: a base URL"),
        ({"extra": {"timeout": -1}}, r"timeout: got -1; allowed: a number of seconds above 0"),
        ({"extra": {"timeout": "60s"}}, r"timeout: got '60s'; allowed: a number of seconds above 0"),
        ({"extra": {"timeout": "inf"}}, r"timeout: got 'inf'; allowed: a number of seconds above 0"),
        ({"extra": {"max_retries": "many"}}, r"max_retries: got 'many'; allowed: a whole number from 0 up"),
        ({"extra": {"max_retries": "1.5"}}, r"max_retries: got 1\.5; allowed: a whole number from 0 up"),
        ({"extra": {"verify": "flase"}}, r"verify: got 'flase'; allowed: true, false or the path"),
        ({"extra": {"connect_timeout": 0}}, r"connect_timeout: got 0; allowed: a number of seconds above 0"),
        ({"extra": {"max_retries": -1}}, r"max_retries: got -1; allowed: a whole number from 0 up"),
        ({"extra": {"max_concurrent_jobs": 0}}, r"max_concurrent_jobs: got 0; allowed: a whole number from 1 up"),
        ({"extra": {"verify": 1}}, r"verify: got 1; allowed: true, false or the path"),
        ({"extra": {"proxies": ["http://proxy"]}}, r"proxies: got a value of type list; allowed: proxy URLs"),
        ({"extra": {"proxies": "http://proxy"}}, r"proxies: got a value of type str; allowed: proxy URLs"),
        ({"extra": {"allow_insecure_http": "yes"}}, r"allow_insecure_http: got 'yes'; allowed: true or false"),
        ({"extra": {"time_out": 3}}, r"extra: got the key 'time_out'; allowed: timeout, connect_timeout, max_retries"),
    ],
    ids=str,
)
def test_a_wrong_connection_names_its_field(
    hook_of: HookOf,
    fields: Mapping[str, object],
    told: str,
) -> None:
    """The message names connection, field, what was given and what is allowed, never the secret."""
    with pytest.raises(SymblConfigurationError, match=rf"connection 'mine': {told}") as caught:
        _ = hook_of(**fields).settings
    assert SECRET not in str(caught.value)
