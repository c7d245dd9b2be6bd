"""A picture in a lesson: for whoever can see one, and never in the way of whoever cannot."""

import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from bot import pushes, wiring
from bot.app import create_app
from bot.channels.base import Reply, Shown
from bot.cli.rehearsal import Clock
from bot.cli.transcript import Scene
from bot.content import check, load
from bot.i18n import Catalogues
from bot.render import ONE_CAPTION, Voice
from bot.settings import ROOT, Settings
from bot.store import tables as t
from bot.wiring import Bot
from flows.course import Picture
from flows.text import alike, localized
from flows.types import Say
from tests.bot.channels import payloads as p, subjects
from tests.bots import BEGINS, made_settings, rows, villager
from tests.callers import make, twilio_sms, twilio_whatsapp
from tests.doubles import ProviderDouble
from tests.world import World
from workers import outbox

NUMBER = "+60111000001"
PNG = b"\x89PNG\r\n\x1a\n" + b"a picture, as far as anybody looks"
JPEG = b"\xff\xd8\xff\xe0" + b"another"
BESIDE = """\
    picture:
      file: telefon.png
      ms: "Lukisan: telefon dengan SMS berpautan."
      en: "A drawing: a phone with a link in an SMS."
    questions:
"""

Write = Callable[..., Path]


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """The courses of the tests, with a picture in the first lesson."""
    made = shutil.copytree(ROOT / "tests" / "content", tmp_path / "content")
    course = made / "courses" / "selamat1.yaml"
    text = course.read_text(encoding="utf-8")
    beside = BESIDE if "    questions:\n" in text else BESIDE.replace("questions", "question")
    course.write_text(text.replace(beside.splitlines(keepends=True)[-1], beside, 1), encoding="utf-8")
    (made / "media").mkdir()
    (made / "media" / "telefon.png").write_bytes(PNG)
    if not (made / "keywords.csv").exists():
        shutil.copy(ROOT / "content" / "keywords.csv", made)
    return made


@pytest.fixture
def provider():
    with ProviderDouble() as double:
        yield double


@pytest.fixture
def bot(sqlite_url: str, tmp_path: Path, content: Path, clock: Clock, provider: ProviderDouble):
    """A bot with its real channels; what it sends by itself goes to the double."""
    made = wiring.build(
        made_settings(sqlite_url, tmp_path, content_dir=content, twilio_api_url=provider.url), clock=clock
    )
    yield made
    made.store.engine.dispose()


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path, content: Path):
    made = World(sqlite_url, tmp_path, content=content)
    yield made
    made.close()


def name_of(bot: Bot) -> str:
    picture = bot.library().courses["selamat1"].lessons[0].picture
    assert picture is not None
    return picture.name


# --- by Twilio, both ways -------------------------------------------------------------------------------------------


def test_on_whatsapp_the_first_lesson_comes_with_its_picture_and_a_retry_gets_the_same(bot: Bot, client: FlaskClient):
    for place, words in enumerate(("hai", "2")):
        assert make(client, twilio_whatsapp(NUMBER, words, f"w{place}")).media == ("",)

    lesson, again = (make(client, twilio_whatsapp(NUMBER, "1", "w9")) for _ in range(2))

    assert lesson.media == (f"{p.PUBLIC}/media/{name_of(bot)}",)
    assert "1/7" in lesson.text
    assert again.body == lesson.body
    assert [row.picture for row in rows(bot, t.outbound_message) if row.picture] == [
        f"{name_of(bot)} A drawing: a phone with a link in an SMS."
    ]


def test_by_sms_nothing_of_it_is_sent(bot: Bot, client: FlaskClient):
    heard = [make(client, twilio_sms(NUMBER, words, f"s{place}")) for place, words in enumerate(("hai", "2", "1"))]

    assert {url for answer in heard for url in answer.media} == {""}
    assert "drawing" not in heard[-1].text
    assert {row.picture for row in rows(bot, t.outbound_message)} == {None}


@pytest.mark.parametrize(("channel", "wanted"), [("twilio_whatsapp", True), ("twilio_sms", False)])
def test_what_is_sent_by_itself_has_the_picture_on_whatsapp_alone(
    bot: Bot, provider: ProviderDouble, channel: str, wanted: bool
):
    her = villager(bot, NUMBER, channel)
    (address,) = rows(bot, t.address)
    row = pushes.row(
        her, "nudge", bot.clock(), address_id=address.id, channel=channel, text="Pelajaran", due_at=bot.clock()
    )
    with bot.store.begin() as connection:
        connection.execute(insert(t.outbound_message).values(row | {"picture": f"{name_of(bot)} Lukisan: telefon."}))

    outbox.deliver(bot, pushes.BULK, most=10)

    (sent,) = provider.messages
    assert (sent.text, sent.media) == ("Pelajaran", f"{p.PUBLIC}/media/{name_of(bot)}" if wanted else "")


def test_a_picture_that_was_changed_meanwhile_is_left_out_and_the_words_go(
    bot: Bot, client: FlaskClient, content: Path
):
    """The same reply again: its picture is no more, and Twilio would lose the whole message over it."""
    for place, words in enumerate(("hai", "2")):
        make(client, twilio_whatsapp(NUMBER, words, f"c{place}"))
    before = make(client, twilio_whatsapp(NUMBER, "1", "c9"))

    (content / "media" / "telefon.png").write_bytes(PNG + b"!")
    after = make(client, twilio_whatsapp(NUMBER, "1", "c9"))

    assert before.media != ("",)
    assert (after.texts, after.media) == (before.texts, ("",))


def test_without_an_address_of_ours_no_picture_is_sent_and_nothing_fails(content: Path, tmp_path: Path):
    settings = Settings(public_url="", content_dir=content, var_dir=tmp_path, _env_file=None)  # type: ignore[call-arg]
    name = load(content).courses["selamat1"].lessons[0].picture
    assert name is not None

    assert wiring.picture_url(settings, name.name, BEGINS) == ""
    said = subjects.TWILIO_WHATSAPP.answer(Reply(((5, "Hai"),), picture=Shown(name.name, "telefon"))).body
    assert "<Media>" not in said
    assert ">Hai</Message>" in said


# --- on our own page ------------------------------------------------------------------------------------------------


def test_twilio_fetches_it_and_it_may_be_kept_for_ever(bot: Bot, client: FlaskClient):
    answer = client.get(urlsplit(f"{p.PUBLIC}/media/{name_of(bot)}").path)

    assert (answer.status_code, answer.data, answer.content_type) == (200, PNG, "image/png")
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/media/000000000000/telefon.png",
        "/media/{hash}/TELEFON.PNG",
        "/media/{hash}/..%2fkeywords.csv",
        "/media/{hash}/%2e%2e/keywords.csv",
        "/media/..%2f..%2f/telefon.png",
        "/media/{hash}/..%5ctelefon.png",
        "/media/{hash}/telefon.png%00.png",
        "/media/{hash}/./telefon.png/",
        "/media/{hash}//etc/passwd",
        "/media/{hash}/notes.txt",
        "/media/{hash}",
        "/media/",
    ],
)
def test_nothing_else_is_to_be_had_there(bot: Bot, client: FlaskClient, content: Path, path: str):
    (content / "media" / "notes.txt").write_text("for us alone", encoding="utf-8")

    assert client.get(path.format(hash=name_of(bot).partition("/")[0])).status_code == 404


# --- on every other phone -------------------------------------------------------------------------------------------


def test_in_the_terminal_it_is_a_line_that_says_what_it_shows(world: World):
    scene = Scene(world.rehearsal, kind="whatsapp")

    played = scene.play(["> hai", "> 1", "> 1", "> xyzzy"])

    assert played.count("< [gambar: Lukisan: telefon dengan SMS berpautan.]") == 1


def test_a_reply_that_waits_in_the_queue_keeps_its_picture(sqlite_url: str, tmp_path: Path, content: Path):
    """Where a provider takes no reply on its response, the row is what remembers."""
    world = World(sqlite_url, tmp_path, content=content, inline=False)

    world.says_all("hai", "2", "1", channel="whatsapp")

    assert [sent.picture for sent in world.provider.sent if sent.picture] == [
        "A drawing: a phone with a link in an SMS."
    ]
    world.close()


def test_a_text_with_a_picture_is_no_longer_than_whatsapp_takes_below_one():
    picture = Picture("0123456789ab/a.png", localized({"ms": "Lukisan.", "en": "A drawing."}))
    say = Say((alike("kata " * 300),), picture=picture)

    rendered = Voice(Catalogues(), "").render(say, "ms", "whatsapp", NUMBER)

    assert rendered.picture == ("0123456789ab/a.png", "Lukisan.")
    assert len(rendered.texts) == 2
    assert max(map(len, rendered.texts)) <= ONE_CAPTION


# --- the gate -------------------------------------------------------------------------------------------------------


def told(content: Path) -> list[str]:
    return [problem.says for problem in check(content) if problem.rule != "whatsapp"]


def edit(content: Path, old: str, new: str) -> None:
    course = content / "courses" / "selamat1.yaml"
    course.write_text(course.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")


def test_a_picture_in_order_is_not_spoken_of(content: Path):
    assert [says for says in told(content) if "picture" in says or "telefon" in says] == []


@pytest.mark.parametrize(
    ("holds", "says"),
    [
        (b"<svg/>", "telefon.png is neither PNG nor JPEG inside, whatever its name says: save it as one of these."),
        (PNG + bytes(300_000), "telefon.png has 301 kB, and 300 are the most, since data is dear"),
        (JPEG, ""),
    ],
)
def test_what_a_file_holds_is_looked_at(content: Path, holds: bytes, says: str):
    (content / "media" / "telefon.png").write_bytes(holds)

    heard = [each for each in told(content) if "telefon" in each]
    assert len(heard) == bool(says)
    assert all(says in each for each in heard)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("file: telefon.png", "file: telefom.png", "There is no picture telefom.png in"),
        ("file: telefon.png", "file: ../courses/selamat1.yaml", "There is no picture ../courses/selamat1.yaml in"),
        ("file: telefon.png", "file: Telefon 1.PNG", "Give the file a name of small letters"),
        ('ms: "Lukisan: telefon dengan SMS berpautan."', 'ms: ""', "There is nothing between the quotes"),
        ('      ms: "Lukisan: telefon dengan SMS berpautan."\n', "", "The Malay text is missing"),
        ("A drawing: a phone", "A drawing: a phone" + " and so on" * 20, "too many for one SMS"),
        ("      file: telefon.png\n", "", "`file` is missing"),
    ],
)
def test_a_mistake_is_told_in_words(content: Path, old: str, new: str, says: str):
    (content / "media" / "Telefon 1.PNG").write_bytes(PNG)

    edit(content, old, new)

    assert any(says in each for each in told(content)), told(content)


def test_a_picture_that_no_lesson_shows_is_advice(content: Path):
    (content / "media" / "lama.jpg").write_bytes(JPEG)

    (advice,) = [problem for problem in check(content) if problem.rule == "picture"]

    assert not advice.blocks
    assert advice.file.endswith("media/lama.jpg")
    assert advice.says.startswith("No lesson shows this picture")


def test_a_changed_picture_is_a_new_version_and_is_taught_without_a_restart(world: World, content: Path):
    world.says_all("hai", "2", "1", channel="whatsapp")
    before = world.bot.library().courses["selamat1"]

    (content / "media" / "telefon.png").write_bytes(PNG + b"!")
    world.passes(minutes=1)
    after = world.bot.library().courses["selamat1"]

    assert after.version != before.version
    assert after.lessons[0].picture != before.lessons[0].picture
    assert world.bot.archive.holding(world.bot.library(), world.session()).archive[before.version] == before


def test_the_words_of_a_course_without_pictures_have_the_version_they_had(content: Path):
    edit(content, BESIDE.rpartition("    question")[0], "")

    assert load(content).courses["selamat1"].version == load(ROOT / "tests" / "content").courses["selamat1"].version


@pytest.fixture
def client(bot: Bot) -> FlaskClient:
    """Who calls the webhooks."""
    import logging

    kept, level = logging.root.handlers, logging.root.level
    made = create_app(bot).test_client()
    logging.root.handlers = kept
    logging.root.setLevel(level)
    return made
