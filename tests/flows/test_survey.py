"""Surveys: asked with consent, left and come back to, and one question about herself now and then."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.content.surveys import read_surveys
from bot.i18n import Catalogues
from bot.render import ONE_SCREEN, ONE_SMS, screens, sms
from flows.machine import advance
from flows.session import Session
from flows.surveys.surveying import AgreeToSurvey, AnswerSurvey, SkipSurveyQuestion
from flows.text import T
from flows.types import Replied, Say, SetDistrict, WentQuiet
from tests.builders import AGREED, CONTENT, NOW, course, everywhere, library, said, says

TAG = "RM0.00 TITIAN: "
NEEDS = "keperluan"
SURVEYS, PROBLEMS = read_surveys(CONTENT, len(TAG))
WITH = replace(library(course("kursus1", "satu1", "dua2", "tiga3", "empat4", "lima5", "enam6")), surveys=SURVEYS)


def begun() -> Session:
    """Somebody at her first question of a course of six lessons; B is right everywhere."""
    return says(Session(), "hai", "1", "setuju", within=WITH).session


def taking(*texts: str) -> Session:
    """Somebody in the needs survey, after she has agreed."""
    return says(begun(), f"tinjauan {NEEDS}", "ya", *texts, within=WITH).session


def answers(session: Session, *texts: str) -> dict[str, str]:
    """What is kept of these replies, by question."""
    kept = {}
    for text in texts:
        step = advance(session, Replied(text, NOW), WITH)
        session = step.session
        kept |= {each.question: each.option or each.words for each in step.effects if isinstance(each, AnswerSurvey)}
    return kept


def asked_about_herself(session: Session) -> str:
    """What she is asked about herself now, "" if nothing."""
    return session.surveys.partition("@profil/")[2].partition(" ")[0] if session.state == "survey.question" else ""


# --- consent --------------------------------------------------------------------------------------------------------


def test_nothing_of_the_needs_survey_is_asked_before_she_agrees():
    step = says(begun(), f"TINJAUAN {NEEDS}", within=WITH)

    assert said(step).body == SURVEYS[NEEDS].consent
    assert step.session.state == "survey.consent"


@pytest.mark.parametrize("word", ["ya", "setuju", "1", "yes", "boleh bah"])
def test_she_agrees_in_her_own_words(word):
    step = says(begun(), f"tinjauan {NEEDS}", word, within=WITH)

    assert AgreeToSurvey(NEEDS, SURVEYS[NEEDS].version, "", agreed=True) in step.effects
    assert said(step).body == (SURVEYS[NEEDS].items[0].question.asks,)


@pytest.mark.parametrize("word", ["tidak", "2", "nda mau", "langkau"])
def test_where_she_says_no_nothing_more_is_asked_and_she_goes_on_with_her_lesson(word):
    step = says(begun(), f"tinjauan {NEEDS}", word, within=WITH)

    assert [each.agreed for each in step.effects if isinstance(each, AgreeToSurvey)] == [False]
    assert said(step).body == (T("All right. Nothing more is asked."),)
    assert says(step.session, "sambung", within=WITH).session.state == "lesson.question"


def test_every_consent_says_that_she_need_not_and_who_sees_it():
    for survey in SURVEYS.values():
        words = " ".join(passage.within("ms") for passage in survey.consent)

        assert "idak wajib" in words, survey.id
        assert "enyelaras" in words, survey.id


# --- answers --------------------------------------------------------------------------------------------------------


def test_the_whole_needs_survey_by_letters_numbers_and_words():
    kept = answers(
        taking(),
        "ya",
        "Buka kedai sendiri",
        "1",
        "boleh",
        "inda",
        "B",
        "line",
        "Penting sangat",
        "Perlu wifi",
        "wanita",
        "Ranau",
    )

    assert kept == {
        "aspire": "yes",
        "how": "Buka kedai sendiri",
        "learn": "yes",
        "both": "yes",
        "heard": "no",
        "join": "no",
        "obstacle": "internet",
        "media": "Penting sangat",
        "needs": "Perlu wifi",
        "gender": "female",
        "district": "ranau",
    }


def test_an_answer_that_may_mean_yes_or_no_is_asked_back():
    step = says(taking(), "au", within=WITH)

    assert step.session.state == "survey.meant"
    assert answers(step.session, "ya") == {"aspire": "yes"}
    assert answers(step.session, "tidak", "b") == {"aspire": "no"}


def test_any_question_may_be_passed_over():
    step = says(taking(), "langkau", within=WITH)

    assert [each.question for each in step.effects if isinstance(each, SkipSurveyQuestion)] == ["aspire"]
    assert said(step).body == (SURVEYS[NEEDS].items[1].question.asks,)


def test_a_telephone_number_or_identity_card_number_in_her_words_is_not_kept():
    kept = answers(taking("ya"), "Call sia 013-876 5432, IC 900101-12-5678, 3 anak")

    assert kept == {"how": "Call sia ***, IC ***, 3 anak"}


def test_what_nobody_can_read_is_asked_again_kindly():
    step = says(taking(), "zzz", "qwerty", within=WITH)

    assert step.session.state == "survey.question"
    assert said(step).body[-1] == SURVEYS[NEEDS].items[0].question.asks


def test_her_district_is_hers_everywhere_once_she_knows_why_it():
    step = says(taking(*["langkau"] * 10), "kudat", within=WITH)

    assert SetDistrict("Kudat") in step.effects


def test_an_age_may_be_written_as_a_number():
    profile = SURVEYS["profil"]
    session = begun()._replace(state="survey.question", surveys="@profil/age *age~ #2")

    kept = {text: answers(session, text) for text in ("35", "umur 35", "35 tahun", "17", "61", "c", "30 hingga 44")}

    assert [each["age"] for each in kept.values()] == ["age30", "age30", "age30", "under18", "age60", "age30", "age30"]
    assert answers(session, "250") == {}
    assert profile.by_id["age"].profile == "age"


# --- leaving and coming back ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("leaves", ["0", "menu", "00"])
@pytest.mark.parametrize("returns", ["sambung", "tinjauan", f"survey {NEEDS}"])
def test_she_leaves_and_comes_back_to_the_same_question(leaves, returns):
    left = says(taking("ya"), leaves, within=WITH)

    assert left.session.state == "menu.home"
    assert said(says(left.session, returns, within=WITH)).body == (SURVEYS[NEEDS].items[1].question.asks,)


def test_after_a_reminder_of_her_lesson_continue_means_the_lesson():
    quiet = advance(taking("ya"), WentQuiet(NOW + timedelta(days=3)), WITH).session

    assert says(quiet, "sambung", within=WITH).session.state == "lesson.question"
    assert says(quiet, "sambung", "tinjauan", within=WITH).session.state == "survey.question"
    assert answers(quiet, "jual sayur") == {"how": "jual sayur"}


def test_menu_and_one_lead_to_the_lesson_and_not_to_the_survey():
    assert says(taking("ya"), "menu", "1", within=WITH).session.state == "lesson.question"


def test_stop_is_heard_in_a_survey_as_everywhere():
    step = says(taking("ya"), "STOP", within=WITH)

    assert step.session.stopped
    assert says(step.session, "tinjauan", within=WITH).session.state == "optout.stopped"


def test_a_survey_is_not_for_somebody_who_has_not_agreed_to_our_notice():
    assert says(Session(), "tinjauan", within=WITH).session.state == "onboarding.hello"


def test_a_survey_that_is_finished_is_not_asked_again_and_leaves_one_word_behind():
    done = says(taking(*["langkau"] * 10), "langkau", within=WITH)

    assert said(done).body[0] == T("Thank you! Your answers are noted.")
    assert f"{NEEDS}/." in done.session.surveys.split()
    assert f"{NEEDS}/aspire" not in done.session.surveys
    again = says(done.session, f"tinjauan {NEEDS}", within=WITH)
    assert said(again).body[0] == T("You have answered this already. Thank you.")


def test_a_poll_is_one_question_and_may_be_answered_anew():
    step = says(begun(), "undian undian1", within=WITH)
    poll = SURVEYS["undian1"]

    assert said(step).body == (*poll.consent, poll.items[0].question.asks)
    done = says(step.session, "bertani dan kebun", within=WITH)
    assert done.session.state == "survey.rest"
    assert answers(done.session, "undian undian1", "a") == {"next": "sell"}


def test_without_a_name_the_surveys_she_has_not_answered_are_listed():
    listed = says(begun(), "tinjauan", within=WITH)
    assert [choice.within("ms") for choice in said(listed).choices] == ["Keperluan kursus mikro", "Kursus seterusnya"]

    after = says(says(begun(), "undian undian1", "a", within=WITH).session, "tinjauan", within=WITH)
    assert [choice.within("ms") for choice in said(after).choices] == ["Keperluan kursus mikro"]


def test_a_survey_taken_away_in_the_middle_leads_back_to_the_lesson():
    step = says(taking("ya"), "apa saja", within=replace(WITH, surveys={}))

    assert step.session.state == "lesson.question"


# --- about herself --------------------------------------------------------------------------------------------------


def test_a_question_about_herself_follows_every_second_lesson_and_says_why_once():
    first = says(begun(), "B", within=WITH)
    assert first.session.state == "lesson.offer"

    second = says(first.session, "1", "B", within=WITH)
    assert asked_about_herself(second.session) == "gender"
    assert SURVEYS["profil"].consent[0] in said(second).body

    told = says(second.session, "perempuan", within=WITH)
    assert told.session.state == "lesson.offer"
    third = says(told.session, "1", "B", within=WITH)
    assert third.session.state == "lesson.offer"

    fourth = says(third.session, "1", "B", within=WITH)
    assert asked_about_herself(fourth.session) == "age"
    assert SURVEYS["profil"].consent[0] not in said(fourth).body


def test_a_lesson_that_is_not_passed_asks_nothing_about_her():
    second = says(begun(), "B", "1", "B", "perempuan", within=WITH)

    shown = says(second.session, "1", "A", "A", within=WITH)

    assert shown.session.state == "lesson.offer"


@pytest.mark.parametrize("passes_over", ["langkau", "sambung"])
def test_what_she_passes_over_twice_is_never_asked_again(passes_over):
    within = replace(WITH, surveys={"profil": replace(SURVEYS["profil"], items=SURVEYS["profil"].items[:1])})
    session, asked = begun(), []
    for _ in range(5):
        session = says(session, "B", within=within).session
        asked.append(asked_about_herself(session))
        if session.state == "survey.question":
            session = says(session, passes_over, within=within).session
        if session.state == "lesson.offer":
            session = says(session, "1", within=within).session

    assert asked == ["", "gender", "", "gender", ""]


def test_what_she_has_told_is_not_asked_in_another_survey():
    session = says(begun(), "B", "1", "B", "perempuan", "daerah", "2", within=WITH).session

    session = says(session, f"tinjauan {NEEDS}", "ya", *["langkau"] * 9, within=WITH).session

    assert session.state == "survey.rest"


def test_a_question_about_her_that_is_left_alone_gives_way_to_the_next_lesson():
    asked = says(begun(), "B", "1", "B", within=WITH).session

    assert advance(asked, WentQuiet(NOW + timedelta(days=3)), WITH).session.state == "lesson.question"


# --- feedback -------------------------------------------------------------------------------------------------------


def test_feedback_is_offered_at_the_end_of_a_course_once_and_for_that_course():
    end = says(begun()._replace(surveys="#99"), *["B", "1"] * 5, "B", within=WITH)
    assert said(end).choices[-1] == T("Give feedback")

    assert said(says(end.session, "maklum balas", within=WITH)).choices[-1] == T("Give feedback")
    consent = says(end.session, "3", within=WITH)
    assert said(consent).body == SURVEYS["ulasan"].consent
    step = says(consent.session, "ya", "a", "sesuai", "1 3", "Lebih gambar", within=WITH)
    assert step.session.state == "survey.rest"
    (kept,) = [each for each in step.effects if isinstance(each, AnswerSurvey)]
    assert (kept.about, kept.words) == ("kursus1", "Lebih gambar")
    back = says(step.session._replace(state="lesson.done"), "apa", within=WITH)
    assert T("Give feedback") not in said(back).choices


# --- everywhere -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["ms", "en"])
def test_every_text_fits_one_sms_and_every_question_one_screen(locale):
    catalogues = Catalogues()
    for survey in SURVEYS.values():
        for item in survey.items:
            key = f"{survey.id}/kursus1" if survey.kind == "feedback" else survey.id
            session = AGREED._replace(state="survey.question", locale=locale, surveys=f"@{key}/{item.id} *gender")
            put = said(advance(session, Replied("qqq", NOW), WITH))
            put = replace(put, body=put.body[-1:])

            texts = sms(put, locale, catalogues, TAG).texts
            assert len(texts) == 1, (survey.id, item.id)
            assert len(texts[0]) <= ONE_SMS
            shown = screens(put, locale, catalogues)
            assert not shown.unread, (survey.id, item.id)
            assert len(shown.texts[0]) <= ONE_SCREEN


def test_every_text_a_learner_may_send_is_answered_everywhere_in_a_survey():
    small = replace(
        library(course("kursus1", "satu1")), surveys={"undian1": SURVEYS["undian1"], "ulasan": SURVEYS["ulasan"]}
    )
    texts = (
        "hai",
        "1",
        "2",
        "3",
        "setuju",
        "tinjauan",
        "undian undian1",
        "langkau",
        "menu",
        "sambung",
        "0",
        "apa",
        "stop",
        "mula",
    )

    for _, text, step in everywhere(small, texts=texts):
        assert [each for each in step.effects if isinstance(each, Say)], text


def test_a_session_in_the_middle_of_a_survey_comes_back_from_its_json():
    session = taking("ya")

    assert Session.from_json(session.to_json()) == session
