"""Whatever a name or a title is, it stands whole in its place on one page; what cannot be shown is refused, in words."""

import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bot import names
from bot.paper import rendering
from bot.paper.rendering import Unprintable, render
from tests.credentials import ISSUERS

pytestmark = pytest.mark.usefixtures("fonts")

FRAME = {"a4": (28, 28, 842 - 28, 595 - 28), "half": (28, 14, 595 - 28, 842 - 28)}  # points: left, bottom, right, top
LONG = "Sharifah Nurul Aisyah Maisarah binti Syed Muhammad Faizal Al-Haddad @ Mary-Ann Josephine Anak Perempuan Dayang Kumala Ib"
NAMES = [
    LONG,
    "Wawawawa" * 15,
    "陳美玲歐陽" * 24,
    "முத்துலட்சுமி சுப்பிரமணியம் " * 4,
    "نور عائشة بنت أحمد " * 6,
    "Siva A/L Raju @ D’Cruz",
    "Ng",
]


def seen(pdf, form):
    """The page, as what it says and the place of each of its signs; every one of them is inside the frame."""
    with pypdfium2.PdfDocument(pdf) as opened:
        assert len(opened) == 1
        text = opened[0].get_textpage()
        said = text.get_text_range(0, text.count_chars())
        boxes = [text.get_charbox(place) for place in range(text.count_chars())]
    left, bottom, right, top = FRAME[form]
    for sign, (x1, y1, x2, y2) in zip(said, boxes, strict=False):
        if not sign.isspace():
            assert left <= x1, sign
            assert x2 <= right, sign
            assert bottom <= y1, sign
            assert y2 <= top, sign
    return said, boxes


def between(said, boxes, upper, lower):
    """The ink between two lines of ours: from below the one to above the other, in points from the foot of the page."""
    above, below = said.index(upper), said.index(lower)
    assert above < below
    return min(box[1] for box in boxes[above : above + 5]), max(box[3] for box in boxes[below : below + 5])


def plain(text):
    return "".join(sign for sign in text if sign.isalpha() and sign.isascii())


def stands_whole(made, form, name, did):
    said, boxes = seen(made, form)
    above, below = between(said, boxes, "Dengan ini disahkan", did)
    begins, ends = said.index("certify that") + len("certify that"), said.index(did)
    signs = [
        (sign, box) for sign, box in zip(said[begins:ends], boxes[begins:ends], strict=False) if not sign.isspace()
    ]
    assert signs
    for sign, (_, y1, _, y2) in signs:
        assert y2 <= above + 1, sign
        assert y1 >= below - 1, sign
    assert plain("".join(sign for sign, _ in signs)) == plain(name)


@pytest.mark.parametrize("form", rendering.FORMS)
@pytest.mark.parametrize("name", NAMES, ids=[name[:8] for name in NAMES])
def test_a_name_of_any_length_stands_between_its_lines(sheet, name, form):
    kept = names.kept(name[: names.LONGEST])

    stands_whole(render([sheet(name=kept)], form), form, kept, "telah menamatkan")


@pytest.mark.parametrize("form", rendering.FORMS)
def test_a_name_in_jawi_is_read_from_the_right(sheet, form):
    said, boxes = seen(render([sheet(name="نور بنت أحمد")], form), form)

    first, last = (boxes[said.index(sign)] for sign in "وح")  # of the first word, and of the last
    assert first[0] > last[2]


letters = st.sampled_from("aeiournsltkmgyhbjwfqACMWÑé'’./@-陳美ந عم")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.text(letters, min_size=1, max_size=60), min_size=1, max_size=12))
def test_every_name_that_can_be_kept_can_be_printed(sheet, words):
    try:
        name = names.kept(" ".join(words)[: names.LONGEST])
    except names.NoName:
        return

    made = render([sheet(name=name)], "a4")

    said, _ = seen(made, "a4")
    assert plain(name) in plain(said) or any(
        "\u0600" <= sign <= "\u06ff" for sign in name
    )  # right to left is said in pieces


@pytest.mark.parametrize("form", rendering.FORMS)
def test_long_words_of_everybody_stay_in_their_places(sheet, house, form):
    """A title of 160 letters, and an association, signatory, office and assessor of as many: what a file may say."""
    longest = ("Persatuan Pembangunan Masyarakat Luar Bandar dan Pantai " * 3)[:160]
    issuers = ISSUERS
    for short in (
        "Persatuan Contoh",
        "Example Association",
        "Encik Jomin",
        "Pengerusi",
        "Chairperson",
        "Universiti Contoh",
    ):
        issuers = issuers.replace(short, longest)
    (house.content_dir / "issuers.yaml").write_text(issuers, encoding="utf-8")
    asked = {"lessons": 8, "final": {"ms": longest, "en": longest}, "score": 85, "pass_mark": 70, "witnessed": 2}

    made = render([sheet(name=LONG, title={"ms": longest, "en": longest}, assessed=asked)], form)

    stands_whole(made, form, LONG, "telah menamatkan")
    said, boxes = seen(made, form)
    places = [said.index(words) for words in ("Dikeluarkan", "Ini rekod")]
    assert boxes[places[0]][1] > boxes[places[1]][3]


def test_what_fits_nowhere_is_refused_with_its_code(sheet):
    endless = "Pengurusan kewangan " * 200

    with pytest.raises(Unprintable, match=r"the title is too long for paper, on SR7K-3M9Q-XT2Y"):
        render([sheet(title={"ms": endless, "en": endless})], "a4")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_two_halves_share_a_page_and_each_keeps_its_own(sheet, count):
    people = ["Rosnah binti Jali", LONG, "陳美玲"][:count]

    with pypdfium2.PdfDocument(render([sheet(name=name) for name in people], "half")) as pdf:
        pages = [page.get_textpage().get_text_bounded() for page in pdf]

    assert len(pages) == (count + 1) // 2
    assert (
        [sum("telah menamatkan" in line for line in page.splitlines()) for page in pages] == [2, 1][: len(pages)]
        if count > 1
        else [1]
    )


def test_a_half_page_needs_no_ink_but_for_words_lines_and_the_code(sheet):
    """Of all its squares, one in twenty is dark at most, and none has a colour, though the association's logo has one."""
    with pypdfium2.PdfDocument(render([sheet(), sheet()], "half")) as pdf:
        drawn = pdf[0].render(scale=1).to_pil().convert("RGB")

    colours = drawn.getcolors(1 << 24)
    assert all(red == green == blue for _, (red, green, blue) in colours)
    assert sum(count * (255 - red) for count, (red, _, _) in colours) < 0.05 * 255 * drawn.width * drawn.height


@pytest.mark.parametrize("code", ["SR7K-3M9Q-XT2Y"])
def test_files_of_many_keep_the_order_they_were_asked_in(sheet, code):
    people = [f"Nama {letter}" for letter in "CAB"]

    with pypdfium2.PdfDocument(render([sheet(name=name, code=code) for name in people], "a4")) as pdf:
        said = [page.get_textpage().get_text_bounded() for page in pdf]

    assert [next(name for name in people if name in page) for page in said] == people
