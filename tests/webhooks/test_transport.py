"""Where deliveries may go: https to the world outside, pinned to the address that was checked, no redirect."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from byhand.webhooks import transport
from byhand.webhooks.errors import Unreachable
from tests.webhooks.conftest import Receiver

INSIDE = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",  # noqa: S104
    "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:1::",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_no_inner_address_is_reached(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not transport.allowed(ipaddress.ip_address(address))
    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail("connected"))
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_a, **_k: [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", (address, 443))],
    )
    with pytest.raises(Unreachable, match="not in the world outside"):
        transport.post("https://hook.example.org/", b"{}", {})


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_an_outer_address_is_allowed(address: str) -> None:
    assert transport.allowed(ipaddress.ip_address(address))


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that changes between the check and the connection (rebinding) is asked once only."""
    asked, connected = [], []

    def resolve(host: str, port: int, **_more: Any) -> list[Any]:
        asked.append(host)
        return (
            [(0, 0, 0, "", ("93.184.216.34", port))]
            if len(asked) == 1
            else [(0, 0, 0, "", ("10.0.0.1", port))]
        )

    def connect(address: tuple[str, int], **_more: Any) -> Any:
        connected.append(address)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Unreachable, match="connection failed"):
        transport.post("https://hook.example.org/", b"{}", {})
    assert (asked, connected) == (["hook.example.org"], [("93.184.216.34", 443)])


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://hook.example.org/", "only https"),
        ("ftp://hook.example.org/", "only https"),
        ("https://", "host name"),
        ("https://user:secret@hook.example.org/", "no name and no password"),
        ("https://hook.example.org/#part", "behind #"),
        ("https://hook.example.org:0/", "no such port"),
        ("https://hook.example.org:99999/", "not an address"),
        ("https://[::1/", "not an address"),
        ("https://127.0.0.1/", "not in the world outside"),
        ("https://[fd00::1]/", "not in the world outside"),
        ("https://hook.example.org/\r\nX: y", "plain letters"),
        ("https://h\u00f6ok.example.org/", "plain letters"),
        ("https://hook.example.org/" + "a" * 500, "at most 500"),
        ("nonsense", "only https"),
    ],
)
def test_an_address_that_can_not_be_is_refused(url: str, problem: str) -> None:
    assert any(problem in one for one in transport.url_problems(url))


@pytest.mark.parametrize(
    "url", ["https://hook.example.org", "https://hook.example.org:8443/a/b?c=d", "https://8.8.8.8/"]
)
def test_an_address_of_the_world_is_taken(url: str) -> None:
    assert transport.url_problems(url) == []


def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver) -> None:
    receiver.answers = [(302, {"Location": receiver.url}, b"")]
    assert transport.post(receiver.url, b"{}", {}).status == 302
    assert len(receiver.came) == 1


def test_of_a_long_answer_only_the_beginning_is_read(receiver: Receiver) -> None:
    receiver.answers = [(200, {}, b"x\x00" * 50_000)]
    answer = transport.post(receiver.url, b"{}", {})
    assert len(answer.body) == transport.MOST_ANSWER
    assert "\x00" not in answer.body


def test_who_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    monkeypatch.setattr(transport, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreachable, match="No answer"):
        transport.post(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"{}", {})


def test_loopback_is_closed_unless_a_setting_opens_it(receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = False
    with pytest.raises(Unreachable):
        transport.post(receiver.url, b"{}", {})
    assert receiver.came == []
