"""Which servers are asked, with what key, and what an error may show."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from config.embedded import ROOT
from tests.training.speaking_server import serving
from training.serving.outbound import NotAllowed, Outbound
from training.serving.policy_client import PolicyError, SamplingRequest
from training.serving.policy_http import HttpPolicy, served_models

REQUEST = SamplingRequest(n=1, temperature=1.0, top_k=0, max_tokens=8, seed=0)


def sample(url: str, outbound: Outbound) -> None:
    client = HttpPolicy(url, "m", outbound=outbound, attempts=2, sleep=lambda _: None)
    list(client.sample([{"pair_id": "1", "prompt": "p"}], REQUEST, lambda: None))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The name server of the test: a name and the addresses that it leads to."""
    table: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def looked_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in table:
            return real(host, port, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in table[host]]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return table


def test_a_server_that_nobody_listed_is_not_asked() -> None:
    with serving() as server:
        with pytest.raises(PolicyError, match="list it in STEPWISE_POLICY_HOSTS"):
            sample(server.url, Outbound())
        with pytest.raises(PolicyError, match="list it in STEPWISE_POLICY_HOSTS"):
            served_models(server.url, outbound=Outbound())
    assert server.requests == []


def test_the_installations_own_server_is_asked_wherever_its_name_leads() -> None:
    with serving() as server:
        url = server.url.replace("127.0.0.1", "localhost")
        sample(url, Outbound(url + "/v1", "secret"))
    assert server.headers["Authorization"] == "Bearer secret"
    assert server.headers["Host"] == url.removeprefix("http://")


def test_the_key_is_never_sent_to_another_server() -> None:
    with serving() as mine, serving() as other:
        sample(other.url, Outbound(mine.url, "secret", ["127.0.0.1"]))
    assert len(other.requests) == 1
    assert "Authorization" not in other.headers


@pytest.mark.parametrize(
    "other",
    ["https://models.example", "http://models.example:81", "http://models.example.org"],
)
def test_scheme_name_and_port_make_the_server_that_a_key_belongs_to(other: str) -> None:
    outbound = Outbound("http://models.example/v1", "secret")
    assert outbound.headers(other) == {}
    assert outbound.headers("http://MODELS.example:80/v1") == {"Authorization": "Bearer secret"}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "::1", "::", "fe80::1", "fc00::1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "2002:a00:1::",
    ],
)  # fmt: skip
def test_a_listed_name_that_leads_to_a_private_address_is_refused(
    address: str, names: dict[str, list[str]]
) -> None:
    names["models.example"] = ["93.184.216.34", address]
    with pytest.raises(NotAllowed, match="leads to a private address"):
        Outbound(hosts=["models.example"]).addresses("http://models.example/v1")


def test_a_private_address_that_is_listed_too_is_allowed(names: dict[str, list[str]]) -> None:
    names["rm.internal"] = ["10.1.2.3"]
    outbound = Outbound(hosts=["rm.internal", "10.0.0.0/8"])
    assert [str(a) for a in outbound.addresses("http://rm.internal:8001")] == ["10.1.2.3"]


def test_a_name_that_leads_elsewhere_after_the_check_changes_nothing(
    names: dict[str, list[str]],
) -> None:
    names["models.example"] = ["127.0.0.1"]
    outbound = Outbound(hosts=["models.example", "127.0.0.0/8"])
    with serving() as server:
        url = server.url.replace("127.0.0.1", "models.example")
        sample(url, outbound)
        assert len(server.requests) == 1
        with outbound.client(url, timeout=5) as http:
            http.get(f"{url}/v1/models")
            names["models.example"] = ["10.255.255.1"]
            with pytest.raises(NotAllowed):
                Outbound(hosts=["models.example"]).addresses(url)
            with pytest.raises(NotAllowed):
                http.get(f"{url}/v1/models")


def test_a_listed_port_is_the_only_one() -> None:
    outbound = Outbound(hosts=["rm:8001"])
    outbound.name_check("http://rm:8001/v1")
    with pytest.raises(NotAllowed):
        outbound.name_check("http://rm:8002/v1")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://rm", "http://", "http://me:key@rm", "rm", ""],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed, match="the server's address"):
        Outbound(hosts=["rm"]).name_check(url)


@contextmanager
def redirecting(target: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(307)
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *args: Any) -> None:
            return

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def test_a_redirect_is_not_followed() -> None:
    outbound = Outbound(hosts=["127.0.0.1"])
    with serving() as inside, redirecting(f"{inside.url}/v1/completions") as url:
        with pytest.raises(PolicyError, match="redirects") as caught:
            sample(url, outbound)
        with pytest.raises(PolicyError, match="does not list its models: 307"):
            served_models(url, outbound=outbound)
    assert inside.requests == []
    assert inside.url not in str(caught.value)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_error_never_shows_what_the_server_answered(status: int) -> None:
    with (
        serving(lambda body, _: (status, "aws_secret=hunter2")) as server,
        pytest.raises(PolicyError) as caught,
    ):
        sample(server.url, Outbound(hosts=["127.0.0.1"]))
    assert "hunter2" not in str(caught.value)


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serving() as server:
        sample(server.url, Outbound(hosts=["127.0.0.1"]))
    assert len(server.requests) == 1


def test_a_child_process_gets_the_same_rules() -> None:
    rules = Outbound("http://a/v1", "k", ["b:1", "10.0.0.0/8"])
    script = (
        "import json; from dataclasses import asdict; "
        "from training.serving.outbound import Outbound; "
        "print(json.dumps(asdict(Outbound.from_environment())))"
    )
    written = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, **rules.environment()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(written.stdout) == {
        "url": "http://a/v1",
        "key": "k",
        "hosts": ["b:1", "10.0.0.0/8"],
    }
