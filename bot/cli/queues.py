"""`titian queues`: what waits, since when and why, what went lately, and what is wrong with the jobs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from bot.cli.setup import wired

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.queues import Announced, Fallen, Waiting
    from bot.wake import Jobs
    from bot.wiring import Bot

LANES: Final = ("replies", "may wait", "paused")
LONG: Final = 60  # seconds that a due row, and a job, may wait before something is wrong
NAMES: Final = ("due", "oldest", "later", "next", "last minute", "last hour")


@click.command()
@click.option("--watch", is_flag=True, help="Show it anew until you stop it with Ctrl-C.")
@click.option("--every", default=5.0, show_default=True, type=click.FloatRange(0.2), help="Seconds between two looks.")
@click.option("--json", "as_json", is_flag=True, help="For a program; with --watch one object a line.")
def queues(*, watch: bool, every: float, as_json: bool) -> None:
    """Show how much waits for each lane and channel, since when and why, what went lately, and RQ's jobs.

    Everything is counted in the database; where Redis is away, only the jobs cannot be shown. Ends with 1 where something
    has waited too long, or a job has failed.
    """
    import threading

    bot = wired()
    wrong = _show(bot, as_json=as_json)
    while watch:
        threading.Event().wait(every)
        if not as_json:
            click.clear()
        wrong = _show(bot, as_json=as_json)
    raise SystemExit(1 if wrong else 0)


def _show(bot: Bot, *, as_json: bool) -> bool:
    """Show it once; whether something is wrong."""
    found = seen(bot)
    if as_json:
        click.echo(json.dumps(_plain(found), ensure_ascii=False))
    else:
        for line in told(found, bot):
            click.echo(line)
    return bool(found["wrong"])


def seen(bot: Bot) -> dict[str, Any]:
    """All there is to see now."""
    from redis.exceptions import RedisError

    from bot import circuits, dead_letters, queues as q

    now = bot.clock()
    try:
        workers, jobs = bot.bell.jobs()
        redis = "ok"
    except RedisError as error:
        workers, jobs, redis = 0, [], f"not reached: {type(error).__name__}"
    found = {
        "at": now,
        "lanes": q.lanes(bot.store, now),
        "why_later": q.why_later(bot.store, now),
        "messages": q.by_status(bot.store) | {"failed": sum(each.count for each in dead_letters.listed(bot.store))},
        "resting": {name: str(each) for name, each in circuits.look(bot.store).items() if each.is_open},
        "budgets": {each.channel: str(each) for each in bot.budgets.low(now)},
        "fallen_due": {
            "nudges": q.nudges(bot.store, now),
            "reviews": q.reviews(bot.store, now),
            "dropped calls": q.calls(bot.store, now),
            "news of certificates": q.news(bot.store, now),
        },
        "to be made": {"credentials to sign": q.unsigned(bot.store), "papers to make": q.papers(bot.store)},
        "announcements": q.announced(bot.store),
        "redis": redis,
        "workers": workers,
        "jobs": jobs,
    }
    return found | {"wrong": _wrong(found, now)}


def _wrong(found: Mapping[str, Any], now: datetime) -> list[str]:
    """What is not as it should be, and what to do about it, in words."""
    from bot.wake import advice

    wrong = []
    if found["redis"] != "ok":
        wrong.append(
            f"Redis is {found['redis']}. Nothing is lost: bring it back, and what is due is found within seconds."
        )
    elif not found["workers"]:
        wrong.append("No worker is running: start `titian run`, or `titian worker`.")
    jobs: Sequence[Jobs] = found["jobs"]
    late = [each for each in jobs if each.since and (now - each.since).total_seconds() > LONG]
    if late and found["workers"]:
        waits = ", ".join(each.queue for each in late)
        wrong.append(
            f"Jobs wait long ({waits}): more workers are needed, or one is stuck. `titian worker` starts another."
        )
    due: Sequence[Fallen] = list(found["fallen_due"].values())
    if any(each.oldest and (now - each.oldest).total_seconds() > LONG for each in due):
        wrong.append(
            "What time sets off is late: see that `titian clock` and `titian worker` run (`titian run` starts both)."
        )
    failed = [each for queue in jobs for each in queue.failed]
    wrong += [f"Job {each.job} failed: {each.why}. What to do: {advice(each)}." for each in failed]
    return wrong


def told(found: Mapping[str, Any], bot: Bot) -> Iterator[str]:
    """The same in words, line by line."""
    now: datetime = found["at"]
    yield f"{now.astimezone(bot.zone):%Y-%m-%d %H:%M:%S}"
    yield f"{'':<10}{'':<24}" + "".join(f"{name:>13}" for name in NAMES)
    for each in found["lanes"]:
        yield _lane(each, now, bot)
        for why, count in found["why_later"].get((each.lane, each.channel), ()):
            if each.lane < len(LANES) - 1:
                yield f"{'':<12}{count:,} for later: {why or 'their time is yet to come'}"
    if not found["lanes"]:
        yield "Nothing waits, and nothing went in the last hour."
    messages = found["messages"]
    yield (
        f"Being sent: {messages['sending']:,}. Undetermined: {messages['undetermined']:,}. Failed: {messages['failed']:,}"
        + (" (`titian outbox` says why)." if messages["undetermined"] or messages["failed"] else ".")
    )
    yield from (f"Channel {name} {why}" for name, why in found["resting"].items())
    yield from (f"Channel {name}: {why}" for name, why in found["budgets"].items())
    yield from (_fallen(f"{name} due", each, now, bot) for name, each in found["fallen_due"].items())
    yield from (_fallen(name, each, now, bot) for name, each in found["to be made"].items() if each.due)
    yield from (_announced(each, bot) for each in found["announcements"])
    if found["redis"] == "ok":
        waiting = ", ".join(f"{each.queue} {each.waiting}{_since(each, now)}" for each in found["jobs"])
        yield f"Workers: {found['workers']}. Jobs waiting: {waiting}."
    yield from (click.style(each, fg="red") for each in found["wrong"])


def _lane(each: Waiting, now: datetime, bot: Bot) -> str:
    lane = LANES[each.lane] if each.lane < len(LANES) else str(each.lane)
    values = (
        f"{each.due:,}",
        _for_how_long(each.oldest, now),
        f"{each.later:,}",
        _when(each.next, now, bot),
        f"{each.last_minute:,}",
        f"{each.last_hour:,}",
    )
    return f"{lane:<10}{each.channel:<24}" + "".join(f"{value:>13}" for value in values)


def _fallen(name: str, each: Fallen, now: datetime, bot: Bot) -> str:
    line = f"{name[0].upper()}{name[1:]}: {each.due:,}"
    line += f", the oldest for {_for_how_long(each.oldest, now)}" if each.oldest else ""
    return line + (f"; the next {_when(each.next, now, bot)}." if each.next else ".")


def _announced(each: Announced, bot: Bot) -> str:
    line = f"Announcement {each.id}: {each.status}{', urgent' if each.urgent else ''}"
    if each.status == "waiting" and each.due_at:
        return f"{line} until {each.due_at.astimezone(bot.zone):%Y-%m-%d %H:%M}."
    of = f" of {each.size:,}" if each.size is not None else ""
    line += f"; {each.rows:,}{of} have their row, {each.queued:,} of these wait."
    return line + (f" `titian broadcast resume {each.id}` lets it go on." if each.status == "paused" else "")


def _since(each: Jobs, now: datetime) -> str:
    return f" (for {_for_how_long(each.since, now)})" if each.since else ""


def _for_how_long(since: datetime | None, now: datetime) -> str:
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _when(moment: datetime | None, now: datetime, bot: Bot) -> str:
    if moment is None:
        return ""
    there, today = moment.astimezone(bot.zone), now.astimezone(bot.zone).date()
    return f"{there:%H:%M}" if there.date() == today else f"{there:%d/%m %H:%M}"


def _plain(value: Any) -> Any:
    """What JSON can hold: moments as text, and who waits where as "lane channel"."""
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, dict):
        return {" ".join(map(str, k)) if isinstance(k, tuple) else str(k): _plain(v) for k, v in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
