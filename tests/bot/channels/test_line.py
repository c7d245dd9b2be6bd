"""The line to a provider: kept open, impatient, and honest about what may have arrived."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.channels import line
from bot.channels.base import ChannelError, Refusal
from bot.channels.line import Exchange, Line

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Hi: there\r\n\r\nhi"


class Listener:
    """A server that answers each connection's requests with these bytes, one after the other; None hangs up instead."""

    def __init__(self, answers):
        self._answers = iter(answers)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        self.requests = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/send"

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            while asked := connection.recv(65536):
                self.requests.append(asked)
                answer = next(self._answers, OK)
                if answer is None:
                    return
                connection.sendall(answer)
                if b"Content-Length: 999" in answer:
                    return

    def close(self):
        self._socket.close()


@contextmanager
def listening(*answers) -> Iterator[Listener]:
    listener = Listener(answers)
    try:
        yield listener
    finally:
        listener.close()


def asked(url, **more):
    return line.run(Line(**more).ask("POST", url, data={"text": "hai"}))


def test_an_answer_is_told_whole_whatever_its_status():
    with listening(OK, b"HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n") as provider:
        answer = asked(provider.url)
        refused = asked(provider.url)

    assert (answer.status, answer.body, answer.headers["x-hi"]) == (200, b"hi", "there")
    assert (refused.status, refused.body) == (418, b"")


def test_connections_stay_open_between_two_batches():
    ours, exchange = Line(), Exchange()
    with listening() as provider:
        for _ in range(3):
            exchange.run(ours.ask("POST", provider.url))
        exchange.close()

    assert provider.connections == 1


def test_a_connection_that_was_closed_meanwhile_is_not_used_again():
    ours, exchange = Line(), Exchange()
    closes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
    with listening(closes) as provider:
        exchange.run(ours.ask("POST", provider.url))
        answer = exchange.run(ours.ask("POST", provider.url))
        exchange.close()

    assert answer.status == 200
    assert provider.connections == 2


def test_where_nobody_listens_the_message_has_surely_not_arrived():
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}/send"

    with pytest.raises(ChannelError) as told:
        asked(gone)

    assert told.value.refusal is Refusal.NOT_REACHED
    assert not told.value.ambiguous


def test_an_address_that_is_none_is_not_reached():
    with pytest.raises(ChannelError) as told:
        asked("http:///send")

    assert told.value.refusal is Refusal.NOT_REACHED


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(None, id="hangs up"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nhal", id="half an answer"),
        pytest.param(b"\x00\x01 nothing like HTTP\r\n\r\n", id="no HTTP"),
    ],
)
def test_after_the_request_has_left_nobody_knows(answer):
    with listening(answer) as provider, pytest.raises(ChannelError) as told:
        asked(provider.url)

    assert told.value.ambiguous


def test_who_does_not_answer_in_time_may_have_got_it():
    with listening(b"HTTP/1.1 200 OK\r\n") as provider, pytest.raises(ChannelError) as told:
        asked(provider.url, patience=0.3)

    assert told.value.ambiguous


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_nothing_is_asked_twice_by_itself(method):
    """A GET may be, by HTTP's own rules; to a gateway it is one more SMS."""
    with listening(None, OK) as provider, pytest.raises(ChannelError) as told:
        line.run(Line().ask(method, provider.url))

    assert len(provider.requests) == 1
    assert told.value.ambiguous


def test_nobody_is_followed_elsewhere():
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    with listening(moved) as provider:
        answer = asked(provider.url)

    assert answer.status == 302
    assert len(provider.requests) == 1


def test_an_endless_answer_is_cut():
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * (2 * line.LONGEST_ANSWER)
    with listening(endless) as provider:
        answer = asked(provider.url)

    assert len(answer.body) == line.LONGEST_ANSWER


def test_hanging_up_leaves_nothing_open():
    async def ask(url):
        await Line().ask("POST", url)
        await line.hang_up()
        return len(asyncio.all_tasks())

    with listening() as provider:
        assert asyncio.run(ask(provider.url)) == 1
