"""A house whose four providers fail: its learners, the messages that wait for them, and what became of each."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import requests
import yaml
from sqlalchemy import insert, select, update

from bot import pushes
from bot.store import tables as t
from bot.store.ids import new_id
from flows.session import Session
from tests import gateways
from tests.faulty import LANGUAGES, Faulty, Words
from tests.journeys.processes import House, wait_until
from tests.whatsapp_double import ACCESS_TOKEN, APP_SECRET, NUMBER_ID, VERIFY_TOKEN

PROVIDERS: Final = tuple(LANGUAGES)
A_LONG_WHILE: Final = 3.0  # seconds: whoever waits longer than this has the time moved on for him
REPORTERS: Final = 4


class Fate(NamedTuple):
    """One message of ours: its words and to whom, what we say became of it, and how often its provider took it."""

    text: str
    number: str
    status: str
    error: str
    attempts: int
    taken: int

    @property
    def words(self) -> Words:
        """By which a provider knows it."""
        return self.text, self.number

    @property
    def is_lost(self) -> bool:
        """Whether nobody got it, and nobody can see that."""
        return self.status == "gone" or (not self.taken and self.status in ("sent", "delivered", "read"))


@dataclass
class Letter:
    """A message that is to wait for somebody: by which provider, in which words, and for whom once it waits."""

    provider: str
    text: str
    number: str = ""


@dataclass(kw_only=True)
class FaultyHouse(House):
    """A house with four providers that do as they are told."""

    providers: Faulty
    people: int = 0

    def environment(self) -> dict[str, str]:
        """What its processes are told: where the providers are, and that nothing is too fast."""
        at = self.providers
        described = self.var_dir / "gateways.yaml"
        gateway = gateways.described("kannel", at["Kannel"].url)
        gateway["send"]["seconds"] = 10
        described.write_text(yaml.safe_dump({"gateways": [gateway]}))
        return (
            super().environment()
            | gateways.ENVIRONMENT
            | {
                "RATES": "whatsapp=99999",
                "TWILIO_API_URL": at["Twilio"].url,
                "AT_API_URL": at["Africa's Talking"].url + "/version1",
                "GATEWAYS": str(described),
                "WHATSAPP_PHONE_NUMBER_ID": NUMBER_ID,
                "WHATSAPP_ACCESS_TOKEN": ACCESS_TOKEN,
                "WHATSAPP_APP_SECRET": APP_SECRET,
                "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
                "WHATSAPP_API_URL": at["WhatsApp"].url,
            }
        )

    # --- messages ---

    def queue(self, letters: Sequence[Letter]) -> None:
        """Let these wait, each for a learner of its own, in this order."""
        now = self.bot.clock()
        session = Session(state="menu.home", consented=True).to_json()
        learners, talks, addresses, rows = [], [], [], []
        for letter in letters:
            channel = LANGUAGES[letter.provider].channel
            her, there, self.people = new_id(now), new_id(now), self.people + 1
            learners.append({"id": her, "locale": "ms", "consented_at": now, "created_at": now})
            talk = {"learner_id": her, "session": session, "turn": 0, "dialogue": "", "typed": 0, "unread": "[]"}
            talks.append(talk)
            address: dict[str, Any] = {
                "id": there,
                "kind": "whatsapp" if channel == "whatsapp" else "tel",
                "learner_id": her,
            }
            letter.number = f"+601110{self.people:06}"
            address |= {"identifier": letter.number, "created_at": now}
            addresses.append(address | {"last_inbound_at": now, "last_channel": channel})
            row = pushes.row(her, "broadcast", now, address_id=there, channel=channel, text=letter.text, due_at=now)
            rows.append(row)
        with self.bot.store.begin() as connection:
            for table, values in (
                (t.learner, learners),
                (t.conversation, talks),
                (t.address, addresses),
                (t.outbound_message, rows),
            ):
                connection.execute(insert(table), values)
        self.ring()

    def ring(self, times: int = 1) -> None:
        """Tell the workers that something waits, instead of waiting for the clock."""
        for _ in range(times):
            self.bot.bell.ring("bulk", "workers.jobs.deliver", pushes.BULK)

    def end(self, name: str) -> None:
        """Ask a part to stop, as a machine does that shuts down."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)

    def count(self, *statuses: str) -> int:
        """How many messages have one of these statuses."""
        counted = self.statuses()
        return sum(counted.get(each, 0) for each in statuses)

    def settle(self, what: str, *, seconds: float = 60.0) -> None:
        """Wait until no message waits or is on its way; long rests and pauses pass quickly."""

        def settled() -> bool:
            self.time_passes()
            return not self.count("queued", "sending")

        wait_until(settled, what, seconds)

    def time_passes(self) -> None:
        """What would be looked at again after more than a moment may be looked at now."""
        now = self.bot.clock()
        later = now + timedelta(seconds=A_LONG_WHILE)
        out, rests = t.outbound_message.c, t.circuit.c
        with self.bot.store.begin() as connection:
            rested = connection.execute(update(t.circuit).where(rests.until > later).values(until=now))
            waited = connection.execute(
                update(t.outbound_message).where(out.status == "queued", out.due_at > later).values(due_at=now)
            )
        if rested.rowcount or waited.rowcount:
            self.ring()

    def lease_runs_out(self) -> None:
        """Let the minutes pass in which a message that is being sent has a sender."""
        out = t.outbound_message.c
        with self.bot.store.begin() as connection:
            connection.execute(
                update(t.outbound_message)
                .where(out.status == "sending")
                .values(lease_until=self.bot.clock() - timedelta(seconds=1))
            )
        wait_until(lambda: not self.count("sending"), "the clock to find them")

    # --- what became of them ---

    def fates(self, letters: Iterable[Letter]) -> list[Fate]:
        """What became of each of these, by our rows and by the providers' ledgers."""
        out, to = t.outbound_message.c, t.address.c.identifier
        query = select(to, out.text, out.status, out.error, out.attempts).select_from(
            t.outbound_message.join(t.address, t.address.c.id == out.address_id)
        )
        rows = {(row.text, row.identifier): row for row in self.bot.store.look(query)}
        taken = Counter((each.text, each.to) for provider in self.providers for each in provider.ledger)
        told: list[Fate] = []
        for letter in letters:
            key: Words = (letter.text, letter.number)
            row = rows.get(key)
            status, error, attempts = (row.status, row.error, row.attempts) if row else ("gone", "", 0)
            told.append(Fate(*key, status, error or "", attempts, taken[key]))
        return told

    def shown(self) -> str:
        """What `titian outbox` shows an operator."""
        command = [sys.executable, "-m", "bot.cli", "outbox"]
        told = subprocess.run(
            command, cwd=self.var_dir, env=self.environment(), capture_output=True, text=True, check=True
        )
        return told.stdout

    def asked(self) -> Counter[Words]:
        """What the providers were asked to send, taken or not, and how often."""
        return Counter(words for each in self.providers for words in each.asked)

    def report(self) -> Counter[int]:
        """Let the providers tell us what became of all that they took; returns how often we gave which answer."""
        told = [provider.language.receipt(each, self.base) for provider in self.providers for each in provider.ledger]

        def post(part: int) -> Counter[int]:
            answers = Counter[int]()
            with requests.Session() as session:
                for method, url, body, headers in told[part::REPORTERS]:
                    answers[session.request(method, url, data=body, headers=headers, timeout=20).status_code] += 1
            return answers

        with ThreadPoolExecutor(REPORTERS) as pool:
            return sum(pool.map(post, range(REPORTERS)), Counter())


@contextmanager
def faulty_house(var_dir: Path, database_url: str, redis_url: str, *parts: str) -> Iterator[FaultyHouse]:
    """A house with these parts started beside its providers, and nothing left of it afterwards."""
    var_dir.mkdir(parents=True, exist_ok=True)
    with Faulty() as providers:
        made = FaultyHouse(var_dir, database_url, redis_url, providers=providers)
        try:
            made.start(*parts)
            yield made
        finally:
            made.stop()
