"""Prices and budgets as somebody writes them down: what a message costs, and what is said of every mistake in the files."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import settings
from bot.channels.base import Profile
from bot.money import NO_PRICES, Paid, WrongMoney, budgets, price_file, ringgit

KUCHING = ZoneInfo("Asia/Kuching")
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
VILLAGE, ABROAD = "+60111000000", "+6561000000"
EXAMPLES = settings.ROOT / "content" / "prices.yaml"


@dataclass
class Named:
    """As much of a channel as a price depends on."""

    name: str
    kind: str

    @property
    def profile(self) -> Profile:
        return Profile(self.kind, "tel", inline=False)


SMS, CHAT, CALL = Named("twilio_sms", "sms"), Named("whatsapp", "whatsapp"), Named("africastalking_ussd", "ussd")

PRICES = """
rates:
  USD: 4.20
prices:
  - {channel: twilio_sms, numbers: +60, from: 2026-01-01, segment: 0.05}
  - {channel: twilio_sms, numbers: "+60", from: 2026-12-01, segment: USD 0.0151}
  - {channel: twilio_sms, numbers: "+6015", from: 2026-12-01, segment: RM0.07}
  - {channel: twilio_sms, numbers: else, from: 2026-01-01, until: 2026-11-30, segment: unknown}
  - {channel: whatsapp, from: 2026-10-01, service: USD 0.014, template: USD 0.02}
  - {channel: gateways, numbers: else, from: 2026-01-01, segment: 0.04}
free_each_month:
  - {channel: whatsapp, from: 2026-10-01, messages: 1000}
"""


def prices(tmp_path: Path, text: str = PRICES, channels: tuple[str, ...] = ("gateway_kannel",)):
    file = tmp_path / "prices.yaml"
    file.write_text(text, encoding="utf-8")
    return price_file.load(file, frozenset(channels), KUCHING)


def cost(known, channel, to=VILLAGE, text="hai", at=NOON, template=False):
    return known.of(channel, to, text, at=at, template=template).cost


def test_an_sms_is_paid_by_the_segment_and_by_where_it_goes(tmp_path):
    known = prices(tmp_path)

    assert known.of(SMS, VILLAGE, "x" * 160, at=NOON) == Paid(1, 50_000)
    assert known.of(SMS, VILLAGE, "x" * 161, at=NOON) == Paid(2, 100_000)
    assert known.of(SMS, VILLAGE, "hai", at=NOON, segments=3) == Paid(3, 150_000)
    assert known.of(SMS, ABROAD, "hai", at=NOON) == Paid(1, None)
    assert cost(known, Named("gateway_kannel", "sms"), ABROAD) == 40_000


def test_a_new_price_holds_from_midnight_there_and_the_nearest_route_wins(tmp_path):
    known = prices(tmp_path)
    midnight = datetime(2026, 12, 1, tzinfo=KUCHING)

    assert cost(known, SMS, at=midnight - timedelta(microseconds=1)) == 50_000
    assert cost(known, SMS, at=midnight) == 63_420  # 0.0151 dollars
    assert cost(known, SMS, "+60151000000", at=midnight) == 70_000
    assert cost(known, SMS, "+60151000000", at=NOON) == 50_000  # the nearer route has no price yet
    assert cost(known, SMS, at=datetime(2025, 12, 31, tzinfo=UTC)) is None


def test_whatsapp_is_paid_by_category_also_to_somebody_without_a_number(tmp_path):
    known = prices(tmp_path)

    assert known.of(CHAT, VILLAGE, "hai", at=NOON) == Paid(None, 58_800)
    assert cost(known, CHAT, "MY.1502576394655843", template=True) == 84_000
    assert known.free_in("whatsapp", "2026-11").messages == 1000
    assert known.free_in("whatsapp", "2026-09").messages == 0


def test_whatsapps_own_id_tells_the_country(tmp_path):
    known = prices(
        tmp_path,
        "prices:\n"
        "  - {channel: whatsapp, numbers: '+60', from: 2026-01-01, service: 0.06, template: 0.06}\n"
        "  - {channel: whatsapp, from: 2026-01-01, service: 0.2, template: 0.2}\n",
    )

    assert [cost(known, CHAT, to) for to in ("MY.15025", "SG.15025", VILLAGE, ABROAD)] == [
        60_000,
        200_000,
        60_000,
        200_000,
    ]


def test_what_nobody_knows_is_unknown_and_only_made_up_phones_cost_nothing(tmp_path):
    assert cost(prices(tmp_path), CALL) is None
    assert cost(NO_PRICES, SMS) is None
    assert price_file.load(tmp_path / "none.yaml", frozenset(), KUCHING) == NO_PRICES
    assert NO_PRICES.of(Named("simulator_sms", "sms"), VILLAGE, "hai", at=NOON) == Paid(1, 0)


def test_the_prices_that_come_with_titian_can_be_used_and_say_that_they_are_examples():
    known = price_file.load(EXAMPLES, frozenset(), KUCHING)

    assert known.examples
    assert cost(known, SMS)
    assert cost(known, CHAT)
    assert "EXAMPLES" in EXAMPLES.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("entry", "line", "says"),
    [
        ("{channel: twilio_sms, numbers: else, from: 2026-01-01, segment: 5 sen}", 2, "5 sen is no amount"),
        ("{channel: twilio_sms, numbers: else, from: 2026-01-01, segment: -1}", 2, "-1 is no amount"),
        ("{channel: twilio_sms, numbers: else, from: 2026-01-01, segment: 1e3}", 2, "1e3 is no amount"),
        ("{channel: twilio_sms, numbers: else, from: 2026-01-01, segment: 50}", 2, "more than RM10"),
        ("{channel: twilio_sms, numbers: else, from: 2026-01-01, segment: SGD 0.1}", 2, "how many ringgit is one SGD"),
        ("{channel: twilio_sms, numbers: else, from: 2026-01-01}", 2, "`segment` is missing"),
        ("{channel: twilio_sms, numbers: else, segment: 0.05}", 2, "`from` is missing"),
        ("{channel: twilio_sms, from: 2026-01-01, segment: 0.05}", 2, "`numbers` is missing"),
        ("{channel: twilio_sms, numbers: else, from: 2026-13-01, segment: 0.05}", 2, "2026-13-01 is no day"),
        ("{channel: twilio_sms, numbers: 60, from: 2026-01-01, segment: 0.05}", 2, "60 begins no number"),
        ("{channel: twilio_sms, numbers: '+60', from: 2026-01-01, segment: 0.05}", 2, "no price for other numbers"),
        (
            "{channel: twillio_sms, numbers: else, from: 2026-01-01, segment: 0.05}",
            2,
            "there is no channel twillio_sms",
        ),
        ("{channel: gateway_x, numbers: else, from: 2026-01-01, segment: 0.05}", 2, "there is no channel gateway_x"),
        (
            "{channel: twilio_sms, numbers: else, from: 2026-01-01, message: 1, segment: 1}",
            2,
            "`message` means nothing",
        ),
        ("{channel: twilio_sms, numbers: else, from: 2026-03-01, until: 2026-01-01, segment: 1}", 2, "is before"),
        ("twilio_sms", 2, "write an entry here"),
    ],
)
def test_a_mistake_is_told_in_words_with_its_line(tmp_path, entry, line, says):
    with pytest.raises(WrongMoney) as wrong:
        prices(tmp_path, f"prices:\n  - {entry}\n")

    assert f"prices.yaml:{line} " in str(wrong.value)
    assert says in str(wrong.value)


def test_two_prices_for_one_day_are_told_with_both_lines(tmp_path):
    same = "  - {channel: twilio_sms, numbers: else, from: 2026-01-01, segment: 0.05}\n"
    until = "  - {channel: whatsapp, from: 2026-01-01, until: 2026-06-30, service: 1, template: 1}\n"
    later = "  - {channel: whatsapp, from: 2026-06-30, service: 1, template: 1}\n"

    with pytest.raises(WrongMoney) as wrong:
        prices(tmp_path, f"prices:\n{same}{same}{until}{later}")

    assert "prices.yaml:3 " in str(wrong.value)
    assert "the one in line 2 holds then too" in str(wrong.value)
    assert "prices.yaml:5 " in str(wrong.value)


@pytest.mark.parametrize("text", ["", "- 1\n", "prices: 3\n", "price: []\n", "prices: [\n", "prices: []\nrates: 4\n"])
def test_a_file_that_is_none_is_refused_whole(tmp_path, text):
    with pytest.raises(WrongMoney, match=r"The file of PRICES cannot be used:\n  .*prices\.yaml:\d"):
        prices(tmp_path, text)


def test_every_mistake_is_told_at_once(tmp_path):
    with pytest.raises(WrongMoney) as wrong:
        prices(
            tmp_path,
            "rates: {USD: four}\nprices:\n  - {channel: x, from: y, segment: z}\n"
            "free_each_month:\n  - {channel: twilio_sms, from: 2026-01-01, messages: many}\n",
        )

    told = str(wrong.value)
    assert all(
        part in told for part in ("four is no rate", "there is no channel x", "y is no day", "many is no number")
    )


def read_budgets(tmp_path, text):
    file = tmp_path / "budgets.yaml"
    file.write_text(text, encoding="utf-8")
    return budgets.load(file, frozenset({"gateway_kannel"}))


def test_a_budget_holds_each_month_unless_that_month_has_its_own(tmp_path):
    limits = read_budgets(
        tmp_path,
        "budgets:\n  - {channel: twilio_sms, ringgit: 500}\n  - {channel: twilio_sms, month: 2026-12, ringgit: 800.50}\n",
    )

    assert limits == {("twilio_sms", ""): 500_000_000, ("twilio_sms", "2026-12"): 800_500_000}


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{channel: x, ringgit: 5}", "there is no channel x"),
        ("{channel: whatsapp, ringgit: lots}", "lots is no amount"),
        ("{channel: whatsapp, month: 2026-13, ringgit: 5}", "2026-13 is no month"),
        ("{channel: whatsapp, month: , ringgit: 5}", "`month` is missing"),
        ("{channel: twilio_sms, ringgit: 6}", "has a budget already"),
    ],
)
def test_a_mistake_in_a_budget_is_told_with_its_line(tmp_path, entry, says):
    with pytest.raises(WrongMoney) as wrong:
        read_budgets(tmp_path, f"budgets:\n  - {{channel: twilio_sms, ringgit: 5}}\n  - {entry}\n")

    assert "budgets.yaml:3 " in str(wrong.value)
    assert says in str(wrong.value)


def test_a_budget_that_could_never_be_used_up_is_doubted(tmp_path):
    limits = {("twilio_sms", ""): 1, ("africastalking_sms", ""): 1}

    assert [channel for channel, _ in budgets.doubts(limits, prices(tmp_path))] == ["africastalking_sms"]


@pytest.mark.parametrize(
    ("millionths", "written"),
    [(0, "RM0.00"), (58_800, "RM0.0588"), (50_000, "RM0.05"), (1_234_500_000, "RM1,234.50"), (-60_000_000, "-RM60.00")],
)
def test_amounts_are_written_as_people_write_them(millionths, written):
    assert ringgit(millionths) == written
