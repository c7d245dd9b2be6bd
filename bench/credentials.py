"""How long a credential takes to sign and check, and a status list to publish with as many revoked as one list can hold."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.table import Result, at_most
from bot.credentials import checking, did, document, shape, signing, status_list
from bot.credentials.issuers import Issuer
from bot.credentials.keys import Key, Safe, Signer

NOW: Final = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ROUNDS: Final = 200
SLOWEST_SIGNING: Final = 15  # milliseconds
SLOWEST_LIST: Final = 1000
REVOKED: Final = 5_000  # of 65,536 in a list: far more than an association should ever have to


def measure(*, quick: bool = False) -> list[Result]:
    """Sign, check and publish on one core, in this process."""
    rounds = ROUNDS // 10 if quick else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        safe = Safe(Path(folder) / "keys")
        public = safe.make("bench")
        signer = Signer(_issuer(), "key-ed25519-2026", safe.holding()[public])
    keys = did.document(signer.issuer, [Key("persatuan", signer.fragment, public, NOW, None, None)])
    unsigned = document.credential(signer.issuer, _awarded(), "0d9d6f6e-9a52-4f2f-8c66-0f8d4d6c1f22", 1, 7)
    revoked = list(range(0, REVOKED * 13, 13))
    signed = signing.sign(unsigned, shape.CREDENTIAL, signer, now=NOW)  # the first one loads the contexts

    def publish() -> str:
        made = status_list.unsigned(signer.issuer, 1, revoked, now=NOW)
        return signing.sign(made, shape.STATUS_LIST, signer, now=NOW)

    listed = publish()
    assert checking.check(signed, keys, listed, now=NOW).verdict == "valid", json.loads(signed)
    return [
        _result(
            "sign a credential",
            lambda: signing.sign(unsigned, shape.CREDENTIAL, signer, now=NOW),
            rounds,
            SLOWEST_SIGNING,
        ),
        _result(
            "check a credential and its list", lambda: checking.check(signed, keys, listed, now=NOW), rounds // 4, None
        ),
        _result(f"sign a status list, {REVOKED} revoked", publish, rounds // 10, SLOWEST_LIST),
    ]


def _result(what: str, work: Callable[[], object], rounds: int, limit: float | None) -> Result:
    """The median in milliseconds of this process's own time: what other programs do meanwhile does not count."""
    took = []
    for _ in range(max(rounds, 5)):
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1000)
    value = round(statistics.median(took), 1)
    return Result(what, value, "ms") if limit is None else at_most(what, value, "ms", limit)


def _issuer() -> Issuer:
    return Issuer(
        id="persatuan",
        did="did:web:sijil.example.my",
        base="https://sijil.example.my",
        name={"ms": "Persatuan Contoh", "en": "Example Association"},
        registration="PPM-012-12-01012020",
        url="https://persatuan.example",
        signatory="Encik Jomin",
        office={"ms": "Pengerusi", "en": "Chairperson"},
        courses=frozenset({"*"}),
        assessors={"selamat1": ("Universiti Contoh", "https://universiti.example")},
        logo="0123456789ab/lambang.png",
    )


def _awarded() -> document.Awarded:
    title = {"ms": "Elak penipuan dalam talian", "en": "Staying safe from scams"}
    about = {"ms": "Kenali tanda penipuan dan lindungi wang anda.", "en": "Know the signs and protect your money."}
    learnt = document.Learnt("selamat1", "0123456789ab", "course", title, about, 35, {})
    return document.Awarded(
        code="SR7K-3M9Q-XT2Y",
        subject="1c0f1e3a-4b0f-4c8e-9f0e-0b6f0a4b7d11",
        name="Nur Aisyah binti Ahmad",
        level=2,
        issued_at=NOW,
        expires_at=None,
        started_at=NOW,
        learnt=learnt,
    )
