"""Settings of a client: each bad field is named, hosts are held to what is safe, and the secret is never shown."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_symbl.client.settings import ClientSettings
from airflow_provider_symbl.exceptions import SymblConfigurationError
from tests.unit.client.client_fixtures import APP_SECRET


def settings(**fields: Any) -> ClientSettings:
    """Make settings."""
    return ClientSettings(**{"app_id": "app-id", "app_secret": APP_SECRET, **fields})


def test_the_defaults_lead_to_symbl() -> None:
    """Only the account must be given."""
    assert settings().host == "https://api.symbl.ai"
    assert settings().account == ("https://api.symbl.ai", "app-id", APP_SECRET)


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("api.symbl.ai", "https://api.symbl.ai"),
        (" https://api.symbl.ai/ ", "https://api.symbl.ai"),
        ("https://API.symbl.ai//", "https://api.symbl.ai"),
        ("api.symbl.ai:8443", "https://api.symbl.ai:8443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8765/", "http://[::1]:8765"),
        ("http://localhost:8765", "http://localhost:8765"),
        ("HTTP://LOCALHOST", "http://localhost"),
        ("localhost.:8765", "http://localhost.:8765"),
        ("127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("::1", "http://[::1]"),
        ("http://::1/", "http://[::1]"),
        ("[::1]:8765", "http://[::1]:8765"),
        ("2001:DB8::1", "https://[2001:db8::1]"),
        ("http://[::ffff:127.0.0.1]:8765", "http://[::ffff:127.0.0.1]:8765"),
    ],
)
def test_a_host_may_be_written_in_several_ways(given: str, host: str) -> None:
    """The base URL comes out the same, so that a token is shared."""
    assert settings(host=given).host == host


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        "/",
        "https://",
        "ftp://api.symbl.ai",
        "https://api.symbl.ai:port",
        "https://h:99999",
        "https://[::1",
        "a b",
        "a..b",
        "://h",
    ],
)
def test_a_host_that_is_no_base_url_is_refused(given: str) -> None:
    """The error shows what was given."""
    with pytest.raises(SymblConfigurationError) as caught:
        settings(host=given)
    assert str(caught.value) == f"host: got {given}; allowed: a base URL such as https://api.symbl.ai"


@pytest.mark.parametrize("given", ["https://api.symbl.ai/v1", "api.symbl.ai/v1/", "https://h?x=1", "https://h#part"])
def test_a_host_with_a_path_is_refused(given: str) -> None:
    """The token's path does not lie under /v1, so a path after the host can only be a mistake."""
    with pytest.raises(SymblConfigurationError) as caught:
        settings(host=given)
    assert str(caught.value) == f"host: got {given}; allowed: a base URL without a path, such as https://api.symbl.ai"


@pytest.mark.parametrize(
    "given",
    [
        "https://ann:hidden@api.symbl.ai",
        "https://hidden@api.symbl.ai",
        "ann:hidden@api.symbl.ai",
        "https://ann:hidden@api.symbl.ai:99999",
        "https://ann:hidden@api.symbl.ai:port",
        "ftp://ann:hidden@api.symbl.ai",
        "https://ann:hidden@",
        "http://ann:hidden@[::1",
    ],
)
def test_a_host_with_a_password_is_refused_without_repeating_it(given: str) -> None:
    """Whatever else is wrong with it."""
    with pytest.raises(SymblConfigurationError) as caught:
        settings(host=given)
    assert str(caught.value) == "host: got a URL with a user or password in it; allowed: a base URL without them"


@pytest.mark.parametrize("host", ["http://api.symbl.ai", "http://10.0.0.1:8765", "http://localhost.example.org"])
def test_plain_http_to_another_machine_needs_consent(host: str) -> None:
    """The App Secret travels in the request."""
    with pytest.raises(SymblConfigurationError, match=r"^host: got http://\S+; allowed: https, .*allow_insecure_http"):
        settings(host=host)
    assert settings(host=host, allow_insecure_http=True).host == host


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"app_id": ""}, "login (App ID): got nothing; allowed: the App ID of your Symbl account"),
        ({"app_secret": ""}, "password (App Secret): got nothing; allowed: the App Secret of your Symbl account"),
        ({"timeout": 0}, "timeout: got 0; allowed: a number of seconds above 0"),
        ({"timeout": "60"}, "timeout: got '60'; allowed: a number of seconds above 0"),
        ({"timeout": True}, "timeout: got True; allowed: a number of seconds above 0"),
        ({"timeout": float("inf")}, "timeout: got inf; allowed: a number of seconds above 0"),
        ({"timeout": float("nan")}, "timeout: got nan; allowed: a number of seconds above 0"),
        ({"connect_timeout": -1.5}, "connect_timeout: got -1.5; allowed: a number of seconds above 0"),
        ({"max_retries": -1}, "max_retries: got -1; allowed: a whole number from 0 up"),
        ({"max_retries": 1.5}, "max_retries: got 1.5; allowed: a whole number from 0 up"),
        ({"max_retries": True}, "max_retries: got True; allowed: a whole number from 0 up"),
        ({"allow_insecure_http": "false"}, "allow_insecure_http: got 'false'; allowed: true or false"),
        ({"app_id": " \n"}, "login (App ID): got nothing; allowed: the App ID of your Symbl account"),
        ({"app_secret": "\t"}, "password (App Secret): got nothing; allowed: the App Secret of your Symbl account"),
        ({"max_concurrent_jobs": 0}, "max_concurrent_jobs: got 0; allowed: a whole number from 1 up"),
        ({"verify": None}, "verify: got None; allowed: true, false or the path of a file of certificate authorities"),
        ({"verify": "/no/such.pem"}, "verify: got '/no/such.pem'; allowed: true, false or the path of cert"),
        ({"verify": ""}, "verify: got ''; allowed: true, false or the path of a file of certificate authorities"),
        ({"proxies": "http://p"}, "proxies: got a value of type str; allowed: proxy URLs by scheme, all of them text"),
        (
            {"proxies": {"https": "http://ann:hidden@proxy:port"}},
            "proxies['https']: got a URL that cannot be read; all",
        ),
        ({"proxies": {"http": ""}}, "proxies['http']: got a URL that cannot be read; allowed: a proxy's URL such as"),
        ({"proxies": {"https": 3128}}, "proxies: got a value of type dict; allowed: proxy URLs by scheme, all of"),
    ],
)
def test_a_bad_field_is_named(fields: dict[str, Any], message: str) -> None:
    """The error names the field, what was given and what is allowed."""
    with pytest.raises(SymblConfigurationError) as caught:
        settings(**fields)
    assert str(caught.value).startswith(message)
    assert APP_SECRET not in str(caught.value)


def test_the_least_of_each_number_is_taken() -> None:
    """No retries, one job and a millisecond are allowed."""
    least = settings(timeout=0.001, connect_timeout=0.001, max_retries=0, max_concurrent_jobs=1)
    assert (least.timeout, least.connect_timeout, least.max_retries, least.max_concurrent_jobs) == (0.001, 0.001, 0, 1)


def test_the_secret_is_never_shown() -> None:
    """Settings are logged and put into errors by their repr."""
    assert APP_SECRET not in repr(settings())
    assert APP_SECRET not in str(settings())


def test_the_password_of_a_proxy_is_never_shown() -> None:
    """It stands in the proxy's URL."""
    assert "hidden" not in repr(settings(proxies={"https": "http://ann:hidden@proxy:3128"}))


@pytest.mark.parametrize(
    "proxies",
    [{}, {"https": "proxy:3128"}, {"all": "socks5h://10.0.0.1:1080", "no_proxy": "localhost,.example.org"}],
)
def test_proxies_may_be_written_as_requests_takes_them(proxies: dict[str, str]) -> None:
    """With or without a scheme, for one scheme or for all."""
    assert settings(proxies=proxies).proxies == proxies


def test_blanks_and_line_ends_are_no_part_of_a_text() -> None:
    """So that a secret that was read from a file is the one that Symbl knows."""
    proxies = {"https": "http://proxy:3128"}
    typed = {"https": " http://proxy:3128\n"}
    assert settings(app_id=" app-id\n", app_secret=f"\t{APP_SECRET}\r\n", proxies=typed) == settings(proxies=proxies)


@pytest.mark.parametrize("host", ["localhost", "127.8.9.1", "::1", "https://localhost."])
def test_loopback_is_kept_from_the_environments_proxy(host: str) -> None:
    """The proxies of the connection stay: a person wrote them for it."""
    found = settings(host=host, proxies={"http": "http://proxy:3128"}).proxies_to_take
    assert found == {"http": "http://proxy:3128", "no_proxy": host.rpartition("/")[2]}
    assert settings(host="h.example").proxies_to_take == {}


def test_equal_settings_are_one_key() -> None:
    """Triggers with the same connection share a client by their settings."""
    proxies = {"https": "http://proxy:3128"}
    one, same = settings(proxies=proxies), settings(proxies=dict(proxies))
    assert len({one, same}) == 1
    assert settings() != one
