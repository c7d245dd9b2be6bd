"""Papers in one file for the printer, in their order; halves two to a page."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from bot.paper.rendering import ON_A_PAGE

SECOND_HALF: Final = -148.8 * 72 / 25.4  # points down, where bot/paper/half.css has it


def joined(papers: Sequence[bytes], form: str) -> bytes:
    """One PDF of these. It carries no credentials: each paper does by itself."""
    from pypdf import PageObject, PdfReader, PdfWriter

    writer = PdfWriter()
    page: PageObject | None = None
    for place, paper in enumerate(papers):
        (one,) = PdfReader(BytesIO(paper)).pages
        if page is None or place % ON_A_PAGE.get(form, 1) == 0:
            page = writer.add_page(one)
        else:
            page.merge_translated_page(one, 0, SECOND_HALF, expand=False)
    for each in writer.pages:
        each.compress_content_streams()  # two laid on one page were unpacked for it
    writer.compress_identical_objects()  # each paper brings the same colours and pictures again
    kept = BytesIO()
    writer.write(kept)
    return kept.getvalue()
