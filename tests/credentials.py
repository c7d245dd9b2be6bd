"""What tests of credentials are made of: a bot that an association stands behind, certificates, and a verifier that is not ours."""

import json
import re
import secrets
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from openbadgeslib.ob3.clr import bundled_clr_contexts
from openbadgeslib.ob3.contexts import load_context
from sqlalchemy import insert

from bot import codes, settings
from bot.credentials import did, issuing, keys
from bot.credentials.issuing import Desk
from bot.store import tables as t
from bot.store.ids import new_id
from bot.wiring import Bot, build
from tests.bots import COURSE, made_settings, villager

HOST: Final = "https://sijil.example.my"
DID: Final = "did:web:sijil.example.my"
NAME: Final = "Nur Aisyah binti Ahmad"
WHO: Final = "Puan Rosli"
VERIFIER: Final = Path(__file__).parent / "verifier"
SCHEMA: Final = "ob_v3p0_achievementcredential_schema.json"
PINNED_SCHEMA: Final = "b7358e895f492e74055dc6bfc7ffc420d0e497f90c4579fb83d9519b86d393ea"
CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
    "https://w3id.org/security/multikey/v1",
)
ISSUERS: Final = """
issuers:
  - id: persatuan
    name: {ms: "Persatuan Contoh", en: "Example Association"}
    registration: "PPM-012-12-01012020"
    url: "https://persatuan.example"
    signatory: {name: "Encik Jomin", office: {ms: "Pengerusi", en: "Chairperson"}}
    courses: ["*"]
    assessors: [{name: "Universiti Contoh", url: "https://universiti.example", courses: [selamat1]}]
"""


@contextmanager
def association(
    database_url: str, var_dir: Path, clock: Any, *, issuers: str = ISSUERS, key: bool = True
) -> Iterator[Bot]:
    """A bot with an issuers.yaml beside the test's course and, unless told otherwise, a key."""
    content = var_dir / "content"
    shutil.copytree(settings.ROOT / "tests" / "content", content)
    (content / "issuers.yaml").write_text(issuers, encoding="utf-8")
    bot = build(made_settings(database_url, var_dir, public_url=HOST, content_dir=content), clock=clock)
    bot.library()
    if key:
        keys.new(bot.store, desk_of(bot).safe, "persatuan", WHO, now=clock())
    yield bot
    bot.store.engine.dispose()


def desk_of(bot: Bot) -> Desk:
    """Where its certificates are signed."""
    return issuing.desk_of(bot.settings, bot.store, bot.library())


def certificate(bot: Bot, number: str = "+60111000001", **more: Any) -> str:
    """A certificate of somebody who completed the course; its code, as it is written."""
    course = bot.library().courses[COURSE]
    row: dict[str, Any] = {
        "id": new_id(bot.clock()),
        "learner_id": more.pop("learner_id", None) or villager(bot, number),
        "course": course.id,
        "version": course.version,
        "code": codes.draw(secrets.randbelow),
        "title": json.dumps(dict(course.title.words)),
        "minutes": course.minutes,
        "issued_at": bot.clock(),
        "name": NAME,
        "level": 1,
    }
    with bot.store.begin() as connection:
        connection.execute(insert(t.certificate).values(row | more))
    return codes.written(row["code"])


def did_of(bot: Bot, issuer: str = "persatuan") -> dict[str, Any]:
    """An issuer's did.json."""
    found = desk_of(bot).issuers.named(issuer)
    assert found is not None
    return did.document(found, keys.keys_of(bot.store, issuer))


def installed(directory: Path) -> Path:
    """The independent verifier, installed by its lock file, and 1EdTech's schema. Raises FileNotFoundError where there is no npm."""
    for name in ("package.json", "package-lock.json", ".npmrc", "verify.mjs"):
        shutil.copy(VERIFIER / name, directory / name)
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise FileNotFoundError("npm")
    subprocess.run([npm, "ci", "--silent"], cwd=directory, check=True, capture_output=True, timeout=100)
    (directory / SCHEMA).write_bytes(_schema(directory))
    return directory


def _schema(directory: Path) -> bytes:
    """1EdTech's schema of credentials, which openbadgeslib ships with its source and not with what is installed of it."""
    lock = (settings.ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    pinned = re.search(r"^openbadgeslib==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    assert pinned is not None
    wanted = directory / "source.txt"
    wanted.write_text(pinned[0], encoding="utf-8")
    words = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--require-hashes",
        "--no-deps",
        "--no-binary",
        ":all:",
    ]
    words += ["--no-build-isolation", "--dest", str(directory), "--requirement", str(wanted)]
    subprocess.run(words, check=True, capture_output=True, timeout=100)
    (source,) = directory.glob("openbadgeslib-*.tar.gz")
    with tarfile.open(source) as archive:
        (name,) = [each for each in archive.getnames() if each.endswith(f"/{SCHEMA}")]
        found = archive.extractfile(name)
        assert found is not None
        schema = found.read()
    assert sha256(schema).hexdigest() == PINNED_SCHEMA, (
        f"openbadgeslib ships another {SCHEMA}: look at what changed in it"
    )
    return schema


def verdicts(
    verifier: Path, cases: Sequence[Mapping[str, Any]], documents: Mapping[str, Any], issuer: str = DID
) -> dict[str, dict[str, Any]]:
    """What the independent verifier says of each case, by its name, in one process and without a network."""
    asked = {
        "contexts": {url: load_context(url) for url in CONTEXTS} | bundled_clr_contexts(),
        "documents": documents,
        "issuer": issuer,
        "schema": json.loads((verifier / SCHEMA).read_text(encoding="utf-8")),
        "cases": cases,
    }
    node = shutil.which("node")
    assert node is not None
    ran = subprocess.run(
        [node, "verify.mjs"],
        cwd=verifier,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return {each["name"]: each for each in json.loads(ran.stdout)}


def when(moment: datetime) -> str:
    """A moment as the independent verifier is told it."""
    return moment.isoformat()
