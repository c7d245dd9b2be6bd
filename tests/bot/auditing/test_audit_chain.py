"""The arithmetic of the chain: whatever is changed, taken out, put in or swapped is found, and at its place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

from hypothesis import given, strategies as st

from bot.auditing.chain import BEGINNING, Event, Link, chained, code_of, faults, hashed

AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
words = st.text(max_size=12)
moments = st.integers(0, 10**15).map(lambda microseconds: AT + timedelta(microseconds=microseconds))


def events(least=1):
    one = st.builds(Event, st.integers(1, 2**62), moments, words, words, words)
    return st.lists(one, min_size=least, max_size=12, unique_by=lambda each: each.id)


def places(found):
    return [int(each.says.split()[1].rstrip(",:")) for each in found]


@given(events())
def test_a_chain_that_nobody_touched_has_no_fault_in_whatever_pieces_it_is_read(made):
    links = chained(BEGINNING, 0, made)
    middle = len(links) // 2

    assert faults(BEGINNING, 0, links) == []
    before = links[middle - 1].hash if middle else BEGINNING
    assert faults(BEGINNING, 0, links[:middle]) + faults(before, middle, links[middle:]) == []
    assert chained(before, middle, made[middle:]) == links[middle:]


@given(events(), st.data())
def test_any_field_of_any_event_that_is_changed_is_found_at_its_place(made, data):
    links = chained(BEGINNING, 0, made)
    at = data.draw(st.integers(0, len(links) - 1))
    event = made[at]
    name = data.draw(st.sampled_from(["id", "at", "who", "did", "about"]))
    value = {"id": event.id + 1, "at": event.at + timedelta(microseconds=1)}.get(name, f"{getattr(event, name)}x")

    links[at] = replace(links[at], event=replace(event, **{name: value}))

    assert set(places(faults(BEGINNING, 0, links))) == {at + 1}


@given(events(2), st.data())
def test_what_is_taken_out_of_the_chain_is_found_and_the_end_of_it_is_what_heads_are_for(made, data):
    links = chained(BEGINNING, 0, made)
    at = data.draw(st.integers(0, len(links) - 2))

    without_link = faults(BEGINNING, 0, links[:at] + links[at + 1 :])
    without_event = faults(BEGINNING, 0, [*links[:at], replace(links[at], event=None), *links[at + 1 :]])

    assert (places(without_link), places(without_event)) == ([at + 1], [at + 1])
    assert faults(BEGINNING, 0, links[:-1]) == []


@given(events(2), st.data())
def test_two_that_changed_places_are_found_at_both(made, data):
    links = chained(BEGINNING, 0, made)
    one, other = data.draw(st.lists(st.integers(0, len(links) - 1), min_size=2, max_size=2, unique=True))
    swapped = list(links)
    swapped[one] = replace(links[one], event=made[other], event_id=made[other].id)
    swapped[other] = replace(links[other], event=made[one], event_id=made[one].id)

    assert {one + 1, other + 1} <= set(places(faults(BEGINNING, 0, swapped)))


@given(events(2), st.data())
def test_one_that_is_put_in_and_all_after_it_renumbered_is_found(made, data):
    links = chained(BEGINNING, 0, made[:-1])
    at = data.draw(st.integers(0, len(links) - 1))
    put = Link(at + 1, made[-1].id, hashed(links[at - 1].hash if at else BEGINNING, at + 1, made[-1]), None, made[-1])
    moved = [replace(each, place=each.place + 1) for each in links[at:]]

    assert faults(BEGINNING, 0, [*links[:at], put, *moved])


@given(events(2), st.integers(0, 10), words)
def test_a_chain_written_anew_from_a_place_on_has_another_hash_at_its_end(made, at, about):
    at = at % len(made)
    made[at] = replace(made[at], about=f"{made[at].about}!{about}")

    anew = chained(BEGINNING, 0, made)

    assert faults(BEGINNING, 0, anew) == []
    made[at] = replace(made[at], about="?")
    assert chained(BEGINNING, 0, made)[-1].hash != anew[-1].hash


def test_a_moment_is_the_same_in_whatever_zone_a_database_tells_it():
    event = Event(1, AT, "Puan Rosli", "revoke", "{}")
    there = replace(event, at=AT.astimezone(timezone(timedelta(hours=8))))

    assert hashed(BEGINNING, 1, event) == hashed(BEGINNING, 1, there)


def test_the_hash_is_what_the_documentation_says_so_that_others_can_reckon_it():
    event = Event(7, AT, "Puan Rosli", "revoke", '{"code": "SR7K3M9QXT2Y", "why": "é"}')

    written = (
        "0" * 64 + "\n"
        r'{"about":"{\"code\": \"SR7K3M9QXT2Y\", \"why\": \"\u00e9\"}","at":"2026-11-24T01:00:00.000000+00:00",'
        '"did":"revoke","id":7,"place":1,"who":"Puan Rosli"}'
    )
    assert hashed(BEGINNING, 1, event) == sha256(written.encode()).hexdigest()
    assert code_of(event.about) == "SR7K3M9QXT2Y"
    assert [code_of(each) for each in ("learner 3", "{", "[1]", '{"code": 3}', '{"code": "SR7K3M9QXT2X"}')] == [
        None
    ] * 5
