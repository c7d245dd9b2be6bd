"""The notice to print is the one that consents are stored with, and says what a certificate shows."""

import re

from bot.settings import ROOT
from flows.learner.about import NOTICE_VERSION

PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")


def test_the_notice_to_print_has_the_version_that_consents_are_stored_with():
    printed = re.findall(r"(?:versi |version |version, \*\*)([0-9-]+)", PAGE)

    assert printed == [NOTICE_VERSION] * 3


def test_both_languages_say_what_a_certificate_shows_and_to_whom():
    notices = PAGE.partition("### NOTIS PRIVASI")[2].partition("### PRIVACY NOTICE")

    for notice, words in (
        (notices[0], ("nama anda dan cara ia disahkan", "huruf pertama", "tidak dapat kami tarik balik")),
        (notices[2], ("your name and how it was checked", "first letters of your name", "cannot take back")),
    ):
        assert all(word in " ".join(notice.split()) for word in words)
