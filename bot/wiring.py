"""The composition root: settings in, a whole bot out. The real clock and every client are made here and nowhere else."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from bot import certificates, gateways
from bot.calendar import Calendar
from bot.certificates import CheckedCertificate
from bot.channels.africastalking import AfricasTalkingSms, AfricasTalkingUssd
from bot.channels.base import Channel, Rate
from bot.channels.simulator import Simulator
from bot.channels.twilio import Twilio
from bot.channels.whatsapp import WhatsApp
from bot.content import Problem, Shelf, archive, media
from bot.content.archive import Archive
from bot.conversation import Conversations
from bot.experiments import Experiments
from bot.i18n import Catalogues
from bot.misses import Misses
from bot.money import Budgets, Ledger, Limits, Prices, budgets, price_file
from bot.ordering import Orders
from bot.paper import tickets
from bot.pushes import REPLIES, Pushes
from bot.render import Voice
from bot.ringing import Lists
from bot.settings import Settings, browser_secret, environment
from bot.store.database import Store
from bot.throttle import Throttle
from bot.wake import Bell
from flows.session import Library

log = logging.getLogger(__name__)

CONTENT_LOOKED_AT_EVERY: Final = 2.0  # seconds: an edited lesson is live about as soon as its author looks up


def utc_now() -> datetime:
    """The time now."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Bot:
    """A whole bot: what the web, the workers and the commands are given."""

    settings: Settings
    store: Store
    channels: Mapping[str, Channel]
    conversations: Conversations
    pushes: Pushes
    shelf: Shelf
    archive: Archive
    bell: Bell
    clock: Callable[[], datetime]
    zone: ZoneInfo
    calendar: Calendar
    throttle: Throttle
    misses: Misses
    ledger: Ledger
    budgets: Budgets
    experiments: Experiments
    lists: Lists

    def library(self) -> Library:
        """What there is to learn, as it is now. Not to be asked inside a transaction: a new version may be written first."""
        return self.experiments.library()

    def check_certificate(self, code: str, who: str = "") -> CheckedCertificate:
        """What somebody's certificate code turns out to be; `who` asks, where it is a stranger who may guess."""

        def look() -> CheckedCertificate:
            return certificates.check(self.store, code, now=self.clock())

        return self.misses.guarded(who, look) if who else look()

    def wake(self) -> None:
        """Tell the workers that a reply waits. Never raises: the clock finds it anyway."""
        self.bell.ring("replies", "workers.jobs.deliver", REPLIES)


def tag_of(brand: str) -> str:
    """The zero-price tag and the brand, without which an SMS in Malaysia costs more or is refused (MY-SMS-001, -002)."""
    return f"RM0.00 {brand}: "


def picture_url(settings: Settings, name: str, now: datetime) -> str:
    """Where a provider fetches the picture or the certificate of that name; "" where it could not, and the words go alone."""
    if code := tickets.code_in(name):
        given = tickets.ticket(browser_secret(settings), code, now=now)
        return f"{settings.public_url}/paper/{given}/{name.replace('/', '-')}" if settings.public_url else ""
    if not settings.public_url or not media.is_there(settings.content_dir, name):
        return ""
    return f"{settings.public_url}/media/{name}"


def build(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> Bot:
    """A bot from its settings. Raises ContentError where the courses cannot be taught, WrongCalendar, WrongSettings for a gateway or money."""
    zone = ZoneInfo(settings.timezone)
    store = Store(settings.store_url)
    shelf = _shelf(settings, store, clock)
    versions = Archive(store)
    voice = Voice(Catalogues(), tag_of(settings.brand))
    channels = channels_of(settings, clock)
    prices, limits = money_of(settings, channels)
    calendar = Calendar(settings.holidays, settings.content_dir / "calendar.yaml")
    pushes = Pushes(channels, voice, zone, calendar.off)
    experiments = Experiments(shelf, settings.content_dir, zone, clock=clock, report=_report)
    lists = Lists(store, experiments.library, versions, voice, zone)
    orders = Orders(store, pushes, prices, lists)
    misses = Misses(settings.queue_url)
    conversations = Conversations(
        store, voice, experiments.library, zone, versions, prices=prices, orders=orders, misses=misses
    )
    throttle = Throttle(settings.queue_url, _rates(settings, channels))
    ledger = Ledger(store, prices, zone)
    return Bot(
        settings,
        store,
        channels,
        conversations,
        pushes,
        shelf,
        versions,
        Bell(settings.queue_url),
        clock,
        zone,
        calendar,
        throttle,
        misses,
        ledger,
        Budgets(limits, ledger),
        experiments,
        lists,
    )


def _shelf(settings: Settings, store: Store, clock: Callable[[], datetime]) -> Shelf:
    """The content, read again when it changes; each version of a course is kept before it is taught."""
    return Shelf(
        settings.content_dir,
        every=CONTENT_LOOKED_AT_EVERY,
        clock=clock,
        report=_report,
        cache=settings.var_dir / "courses",
        keep=lambda courses: archive.keep(store, courses, now=clock()),
    )


def money_of(settings: Settings, channels: Mapping[str, Channel]) -> tuple[Prices, Limits]:
    """What messages cost, and what channels may cost a month. Raises WrongSettings with every mistake in a file."""
    names, zone = frozenset(channels), ZoneInfo(settings.timezone)
    prices = price_file.load(Path(settings.prices or settings.content_dir / "prices.yaml"), names, zone)
    return prices, budgets.load(Path(settings.budgets or settings.content_dir / "budgets.yaml"), names)


def _rates(settings: Settings, channels: Mapping[str, Channel]) -> dict[str, Rate]:
    """How fast each channel goes: as RATES says, else as the channel itself does."""
    said = {name: Rate(*rate) for name, rate in settings.rates.items()}
    return {name: said.get(name, channel.profile.rate) for name, channel in channels.items()}


def channels_of(settings: Settings, clock: Callable[[], datetime] = utc_now) -> dict[str, Channel]:
    """The channels that are set up, by name. Raises WrongSettings where a gateway is described wrongly."""
    return {channel.name: channel for channel in _channels(settings, clock)}


def _channels(settings: Settings, clock: Callable[[], datetime]) -> list[Channel]:
    """The channels that are set up. One that is not has no route, and answers nobody."""
    made: list[Channel] = []
    if settings.twilio_account_sid:
        sms = settings.twilio_messaging_service_sid or settings.twilio_sms_from
        senders = {"sms": sms, "whatsapp": settings.twilio_whatsapp_from}
        made.extend(_twilio(settings, kind, sender, clock) for kind, sender in senders.items() if sender)
    if settings.at_username:
        made.append(
            AfricasTalkingSms(
                username=settings.at_username,
                api_key=settings.at_api_key,
                token=settings.at_token,
                sender=settings.at_sender,
                api_url=settings.at_api_url,
            )
        )
        made.append(AfricasTalkingUssd(token=settings.at_token))
    if settings.whatsapp_phone_number_id:
        made.append(_whatsapp(settings, clock))
    if settings.gateways:
        made.extend(gateways.read(Path(settings.gateways), environment(), settings.reached_at))
    if settings.simulator:
        made.extend(Simulator(kind, lambda: uuid4().hex) for kind in ("sms", "ussd", "whatsapp"))
    return made


def _twilio(settings: Settings, kind: str, sender: str, clock: Callable[[], datetime]) -> Twilio:
    return Twilio(
        kind,
        account_sid=settings.twilio_account_sid,
        tokens=settings.twilio_auth_token,
        sender=sender,
        status_url=f"{settings.public_url}/webhooks/twilio/status",
        picture_url=lambda name: picture_url(settings, name, clock()),
        documents=bool(settings.public_url),
        api_url=settings.twilio_api_url,
        buttons=settings.twilio_whatsapp_buttons,
        template=settings.twilio_whatsapp_template,
    )


def _whatsapp(settings: Settings, clock: Callable[[], datetime]) -> WhatsApp:
    return WhatsApp(
        number_id=settings.whatsapp_phone_number_id,
        access_token=settings.whatsapp_access_token,
        app_secret=settings.whatsapp_app_secret,
        verify_token=settings.whatsapp_verify_token,
        template=settings.whatsapp_template,
        api_url=settings.whatsapp_api_url,
        picture_url=lambda name: picture_url(settings, name, clock()),
        documents=bool(settings.public_url),
    )


def _report(problems: Sequence[Problem]) -> None:
    for problem in problems:
        log.error("content not loaded", extra={"problem": str(problem)})
