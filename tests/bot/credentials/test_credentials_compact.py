"""The few bytes in a printed QR: what goes in comes out, every change is noticed, and nothing else that a key signs is good for them."""

import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import segno
import zxingcpp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, strategies as st
from PIL import Image

from bot import codes
from bot.certificates import CheckedCertificate
from bot.credentials import compact, did, keys, qr
from bot.credentials.issuers import Issuer
from bot.credentials.keys import Key, Safe, Signer
from bot.credentials.shape import plain
from bot.settings import ROOT
from tests.credentials import DID, HOST, NAME

ZONE = ZoneInfo("Asia/Kuching")
ISSUED = datetime(2026, 10, 1, 16, 30, tzinfo=UTC)  # already the second in Sabah
TODAY = date(2026, 11, 24)
CODE = "SR7K-3M9Q-XT2Y"
TITLE = {"ms": "Elak penipuan dalam talian", "en": "Staying safe from scams"}
MADE = datetime(2026, 1, 1, tzinfo=UTC)


def issuer(did_=DID, id_="persatuan"):
    """An association."""
    name = {"ms": "Persatuan Contoh", "en": "Example Association"}
    return Issuer(id_, did_, HOST, name, "PPM-012", "https://persatuan.example", "Encik", name, frozenset("*"), {}, "")


@pytest.fixture(scope="module")
def safe(tmp_path_factory):
    """Two private keys."""
    made = Safe(tmp_path_factory.mktemp("keys"))
    made.make("first")
    made.make("second")
    return made


@pytest.fixture(scope="module")
def signers(safe):
    """Two keys of one issuer, ready to sign."""
    return [Signer(issuer(), f"key-ed25519-{n}", pem) for n, pem in enumerate(safe.holding().values(), 2026)]


@pytest.fixture(scope="module")
def signer(signers):
    """The first of them."""
    return signers[0]


def published(*signers, given_up=(), by=None):
    """The did.json of their issuer."""
    held = [
        Key("persatuan", each.fragment, keys.public_of(each.pem), MADE, MADE, MADE if each in given_up else None)
        for each in signers
    ]
    return did.document(by or signers[0].issuer, held)


def certificate(name=NAME, **more):
    """A certificate that says that."""
    said = {"title": TITLE, "minutes": 95, "issued_at": ISSUED, "level": 1}
    return CheckedCertificate("valid", more.pop("code", CODE), name=name, **(said | more))


def in_bytes(digits):
    """The digits as the bytes they stand for."""
    return int(digits).to_bytes((int(digits).bit_length() + 7) // 8, "big")


def test_it_says_what_the_paper_says(signer):
    digits = compact.sign(certificate(expires_at=ISSUED + timedelta(days=365)), signer, ZONE)

    found = compact.check(digits, published(signer), today=TODAY)

    assert found.verdict == "valid"
    assert found.said == compact.Said(
        code=CODE,
        name=NAME,
        title=TITLE,
        kind="course",
        level=1,
        minutes=95,
        issued=date(2026, 10, 2),
        expires=date(2027, 10, 2),
        key=compact.key_name(keys.public_of(signer.pem)),
    )


def test_its_first_bytes_are_where_the_documentation_has_them(signer):
    """docs/credentials.md tells others how to read it; this is the same example."""
    body = in_bytes(compact.sign(certificate(), signer, ZONE))[:-64]

    assert body[:2].hex() == "0101"  # form 1; level 1, a course
    assert int.from_bytes(body[2:10], "big") == sum(
        codes.SYMBOLS.index(symbol) << 5 * place for place, symbol in enumerate(reversed("SR7K3M9QXT2Y"))
    )
    assert int.from_bytes(body[10:12], "big") == 95
    assert int.from_bytes(body[12:14], "big") == (date(2026, 10, 2) - date(1970, 1, 1)).days
    assert body[14:16] == b"\0\0"
    assert body[16:20].hex() == compact.key_name(keys.public_of(signer.pem))
    assert body[20:].decode() == f"{NAME}\n{TITLE['ms']}\n{TITLE['en']}"


def test_the_example_for_those_who_write_a_checker_is_ours():
    """The key is the first of RFC 8032, so that anybody can sign it again."""
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    pem = Ed25519PrivateKey.from_private_bytes(secret).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    digits = compact.sign(certificate(), Signer(issuer(), "key", pem), ZONE)
    documented = (ROOT / "docs" / "credentials.md").read_text(encoding="utf-8")

    assert digits in documented.replace("\n", "")
    assert keys.public_of(pem) in documented


@given(
    name=st.text(max_size=120),
    title=st.text(min_size=1, max_size=40),
    level=st.integers(0, 2),
    kind=st.sampled_from(["course", "programme"]),
    minutes=st.integers(0, 65_535),
    days=st.integers(0, 40_000),
)
def test_whatever_she_is_called_comes_out_as_it_went_in(signer, name, title, level, kind, minutes, days):
    made = certificate(name, title={"ms": title}, level=level, kind=kind, minutes=minutes)
    try:
        digits = compact.sign(made, signer, ZONE)
    except compact.TooLong:
        assert len(plain(name).encode()) > 400
        return

    found = compact.check(digits, published(signer), today=TODAY)

    assert found.verdict == "valid"
    assert found.said is not None
    assert (found.said.name, found.said.title["ms"]) == (plain(name), plain(title))
    assert (found.said.level, found.said.kind, found.said.minutes) == (level, kind, minutes)
    assert compact.read(digits) == found.said


def test_every_bit_that_is_flipped_is_noticed(signer):
    whole = in_bytes(compact.sign(certificate(), signer, ZONE))
    did_ = published(signer)

    found = []
    for bit in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        found.append(compact.check(str(int.from_bytes(flipped, "big")), did_, today=TODAY))

    assert len(found) > 1000
    assert {(each.verdict, each.said) for each in found} == {("forged", None), ("damaged", None), ("unclear", None)}
    assert {each.verdict for each in found[-64 * 8 :]} == {"forged"}


@given(st.text(max_size=60) | st.from_regex(r"[0-9]{1,900}", fullmatch=True))
def test_what_is_in_a_strangers_qr_is_never_valid_and_breaks_nothing(signer, text):
    assert compact.check(text, published(signer), today=TODAY).verdict in ("damaged", "unclear", "forged")


@given(st.binary(min_size=60, max_size=300))
def test_not_even_where_it_begins_as_ours_do(signer, chance):
    head = in_bytes(compact.sign(certificate(), signer, ZONE))[:20]

    found = compact.check(str(int.from_bytes(head + chance, "big")), published(signer), today=TODAY)

    assert found.verdict in ("damaged", "forged")
    assert found.said is None


def test_it_is_the_same_each_time_it_is_printed(signer):
    assert compact.sign(certificate(), signer, ZONE) == compact.sign(certificate(), signer, ZONE)


# --- keys and issuers -----------------------------------------------------------------------------------------------


def test_a_key_that_was_rotated_stays_good(signers):
    old, new = signers

    assert compact.check(compact.sign(certificate(), old, ZONE), published(old, new), today=TODAY).verdict == "valid"


def test_a_key_that_was_given_up_is_said_to_be(signers):
    old, new = signers
    digits = compact.sign(certificate(), old, ZONE)
    gone = [compact.key_name(keys.public_of(old.pem))]

    found = compact.check(digits, published(old, new, given_up=(old,)), today=TODAY, given_up=gone)

    assert (found.verdict, found.said) == ("unclear", None)
    assert "was given up" in found.why
    assert CODE in found.why
    assert compact.check(digits, published(old, new), today=TODAY, given_up=gone) == found  # of yesterday's did.json


def test_a_key_that_is_not_in_the_issuers_document_cannot_be_told(signers):
    found = compact.check(compact.sign(certificate(), signers[0], ZONE), published(signers[1]), today=TODAY)

    assert (found.verdict, found.said) == ("unclear", None)
    assert "is not in the issuer's document" in found.why


def test_one_association_cannot_sign_for_another_even_with_the_same_key(signer):
    """The issuer is in what is signed, though not in the QR."""
    another = issuer("did:web:lain.example.my", "lain")
    digits = compact.sign(certificate(), signer, ZONE)

    assert compact.check(digits, published(signer, by=another), today=TODAY).verdict == "forged"


def test_a_key_that_may_not_sign_is_none(signer):
    may_not = published(signer) | {"assertionMethod": []}

    assert compact.check(compact.sign(certificate(), signer, ZONE), may_not, today=TODAY).verdict == "unclear"


def test_no_signature_over_anything_else_is_good_here():
    """A Data Integrity proof signs 64 bytes. What is signed here is longer before it has said anything."""
    assert len(compact.PREFIX) > 64


# --- days -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "verdict"), [(date(2026, 12, 31), "valid"), (date(2027, 1, 1), "expired"), (date(2026, 9, 30), "unclear")]
)
def test_it_holds_to_the_end_of_its_last_day_and_begins_when_it_was_issued(signer, today, verdict):
    ends = datetime(2026, 12, 31, 10, 0, tzinfo=UTC)
    digits = compact.sign(certificate(expires_at=ends), signer, ZONE)

    assert compact.check(digits, published(signer), today=today).verdict == verdict


# --- the QR ---------------------------------------------------------------------------------------------------------


def decoded(drawn, scale):
    """What a camera reads."""
    picture = io.BytesIO()
    drawn.save(picture, kind="png", scale=scale, border=4)
    return [each.text for each in zxingcpp.read_barcodes(Image.open(picture))]


@pytest.mark.parametrize("name", [NAME, "நிலா ராஜேந்திரன்", "N" * 120, "ந" * 120])
def test_a_camera_reads_the_address_as_a_link(signer, name):
    address = compact.offline_address(certificate(name), signer, ZONE)

    drawn = qr.of(address)

    assert decoded(drawn, 3) == [address]
    assert address.startswith(f"{HOST}/luar/#")
    assert compact.check(address.partition("#")[2], published(signer), today=TODAY).verdict == "valid"


def test_digits_make_it_smaller_than_any_other_writing(signer):
    address = compact.offline_address(certificate(), signer, ZONE)

    drawn = qr.of(address)

    assert drawn.symbol_size(border=0)[0] <= 57  # modules: 23 mm at 0.4 mm each
    assert drawn.version < segno.make_qr(address, error="m").version


def test_an_address_without_digits_is_drawn_as_it_is():
    assert decoded(qr.of(f"{HOST}/verify#{CODE}"), 3) == [f"{HOST}/verify#{CODE}"]


def test_what_no_qr_on_paper_can_carry_is_refused_in_words(signer):
    with pytest.raises(compact.TooLong, match="a QR on paper carries 700"):
        compact.sign(certificate("ந" * 300), signer, ZONE)
