"""Codes asked for in vain are counted, in all processes together; codes that exist and slips of the pen are free."""

import pytest

from bot.certificates import CheckedCertificate
from bot.misses import IN_ALL, PER_ADDRESS, PER_NUMBER, Misses, visitor

VALID = CheckedCertificate("valid", "SR7K-3M9Q-XT2Y")
UNKNOWN = CheckedCertificate("unknown", "ZZZZ-ZZZZ-ZZZK")
MISTYPED = CheckedCertificate("mistyped", "x")
NOBODY = "unix:///nowhere/nobody.sock"
THERE = "web:192.0.2.7"


class Turned:
    """Seconds that are turned by hand; the window of a limiter runs by its own clock."""

    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at


@pytest.fixture(params=["redis", "alone"])
def url(request):
    return request.getfixturevalue("redis_url") if request.param == "redis" else NOBODY


def verdicts(misses, who, found, times):
    return [misses.guarded(who, lambda: found).verdict for _ in range(times)]


def only_theirs(misses):
    """Count for each alone: what everybody misses together is another test's matter."""
    misses._counts = lambda who, limit, barred, count=misses._counts: who == "all" or count(who, limit, barred)
    return misses


def test_ten_misses_from_an_address_and_then_nothing_is_looked_up(url):
    misses, looked = only_theirs(Misses(url)), []

    said = [misses.guarded(THERE, lambda: looked.append(1) or UNKNOWN).verdict for _ in range(PER_ADDRESS[0] + 5)]

    assert said == ["unknown"] * 10 + ["later"] * 5
    assert len(looked) == 11
    assert misses.guarded(THERE, lambda: VALID).verdict == "later"
    assert misses.guarded("web:192.0.2.8", lambda: VALID).verdict == "valid"


def test_a_number_has_five_a_day(url):
    assert verdicts(only_theirs(Misses(url)), "tel:+60111000001", UNKNOWN, PER_NUMBER[0] + 1)[-2:] == [
        "unknown",
        "later",
    ]


def test_codes_that_exist_and_slips_are_free(url):
    misses = Misses(url)

    assert set(verdicts(misses, THERE, VALID, 200)) == {"valid"}
    assert set(verdicts(misses, THERE, MISTYPED, 200)) == {"mistyped"}


def test_all_together_miss_five_times_a_second_and_then_everybody_waits_one(url):
    seconds = Turned()
    misses = Misses(url, seconds=seconds)

    said = [misses.guarded(f"web:192.0.2.{n}", lambda: UNKNOWN).verdict for n in range(IN_ALL[0] + 1)]

    assert said[-1] == "later"
    assert misses.guarded("web:198.51.100.1", lambda: VALID).verdict == "later"
    seconds.at += 1.01
    assert misses.guarded("web:198.51.100.1", lambda: VALID).verdict == "valid"


def test_two_processes_count_together(redis_url):
    first, second = only_theirs(Misses(redis_url)), only_theirs(Misses(redis_url))

    said = verdicts(first, THERE, UNKNOWN, 6) + verdicts(second, THERE, UNKNOWN, 6)

    assert said.count("unknown") == 10


def test_without_redis_each_process_counts_for_itself(redis_url, valkey):
    misses = only_theirs(Misses(redis_url))
    valkey.stop()

    assert verdicts(misses, THERE, UNKNOWN, 11)[-2:] == ["unknown", "later"]


def test_a_code_that_exists_asks_redis_nothing(monkeypatch):
    """It costs a look into a table of this process: an employer with a pile of certificates waits for nobody."""
    misses = Misses(NOBODY)
    monkeypatch.setattr(misses._limiters, "ask", lambda question: pytest.fail("asked"))

    assert misses.guarded(THERE, lambda: VALID).verdict == "valid"


def test_wrong_names_are_counted_from_where_they_come_and_for_the_code(url):
    misses = Misses(url)

    tried = [misses.wrong_name(f"web:192.0.2.{n}", VALID.code) for n in range(11)]

    assert tried == [True] * 10 + [False]
    assert misses.name_barred(VALID.code)
    assert not misses.name_barred("7H2X-KQ4B-9TMW")


def test_a_household_is_one_visitor_however_many_addresses_it_has():
    assert visitor("2001:db8:1:2::1") == visitor("2001:db8:1:2:ffff::9")
    assert visitor("2001:db8:1:3::1") != visitor("2001:db8:1:2::1")


@pytest.mark.parametrize(
    ("peer", "forwarded", "who"),
    [
        ("203.0.113.9", "", "web:203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "web:203.0.113.9"),  # a stranger's own word counts nothing
        ("127.0.0.1", "198.51.100.1", "web:198.51.100.1"),
        ("10.0.0.3", "6.6.6.6, 198.51.100.1", "web:198.51.100.1"),  # the proxy has appended the last one
        ("", "198.51.100.1", "web:198.51.100.1"),
        ("127.0.0.1", "nonsense", "web:127.0.0.1"),
        ("", "", "web:None"),
    ],
)
def test_behind_a_proxy_each_visitor_is_counted_and_nobody_can_pose_as_another(peer, forwarded, who):
    assert visitor(peer, forwarded) == who
