"""A report in words: how many more are needed, or how large the difference is, how sure, and what it is worth."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from bot.experiments.declared import Experiment
from bot.experiments.report import Difference, Interval, Line, Report


def in_words(report: Report, zone: ZoneInfo) -> list[str]:
    """The lines to print. A difference is never said without its interval, and never called significant."""
    return list(_told(report, zone))


def _told(report: Report, zone: ZoneInfo) -> Iterator[str]:
    experiment = report.experiment
    yield f"{experiment.id}: {experiment.about}"
    yield f"Outcome: {experiment.outcome}, after the draw. Usual arm: {experiment.control}."
    yield from map(_line, report.lines)
    if report.stopped_why:
        yield f"Stopped: {report.stopped_why}."
    if report.changed:
        yield (
            "The file was changed after the first draw, so nothing is compared: put it back as it was, or begin a new one "
            "under another id."
        )
    if report.mismatch is not None:
        yield (
            f"The arms are not as large as their weights would make them (chance alone: {report.mismatch:.1g}). Something "
            "other than the lot decided who is in which arm: do not believe any difference before that is found."
        )
    if report.complete:
        for difference in report.differences:
            yield from _difference(experiment, difference, believed=report.mismatch is None)
    elif not report.changed:
        yield from _not_enough(report, zone)


def _line(line: Line) -> str:
    counts = f"{line.arm:<20} {line.drawn:>6,} of {line.target:,}  {line.open:>6,} open  {line.opted_out:>4,} opted out"
    if line.share is None or line.interval is None:
        return counts
    return f"{counts}  {line.reached:,} reached it: {line.share:.1%} ({_shares(line.interval)})"


def _not_enough(report: Report, zone: ZoneInfo) -> Iterator[str]:
    waiting = sum(line.open for line in report.lines)
    missing = [(line.arm, line.target - line.drawn) for line in report.lines if line.drawn < line.target]
    if missing and not report.stopped_why:
        more = ", ".join(f"{count:,} more in {arm}" for arm, count in missing)
        yield f"Not enough yet: {more}. Until then only counts are shown, so that nobody stops at a lucky moment."
        if report.ended:
            yield (
                f"Its days are over. Give it more, or end it for good: titian experiments stop {report.experiment.id}; "
                "the difference is then shown with the wider interval of fewer learners."
            )
    elif waiting and report.open_until:
        until = report.open_until.astimezone(zone).strftime("%d/%m/%Y %H:%M")
        yield f"Not enough yet: the term of {waiting:,} has not ended yet; the last ends {until}."
    else:
        yield "Not enough: an arm has nobody in it, so there is nothing to compare."


def _difference(experiment: Experiment, found: Difference, *, believed: bool) -> Iterator[str]:
    sure = f"{experiment.certain:.0%}" if experiment.certain == 0.95 else f"{experiment.certain:.1%}"
    yield (
        f"{found.arm} less {experiment.control}: {_points(found.by)} points ({sure} interval "
        f"{_points(found.interval[0])} to {_points(found.interval[1])})."
    )
    if believed:
        yield _meaning(experiment, found)


def _meaning(experiment: Experiment, found: Difference) -> str:
    (low, high), worth = found.interval, experiment.worth
    if low > 0:
        told = f"More learners reached it with {found.arm}: at least about {_size(low)} points more, at most {_size(high)}."
    elif high < 0:
        told = f"Fewer learners reached it with {found.arm}: by {_size(high)} to {_size(low)} points."
    else:
        told = f"No difference was shown: {found.arm} may be anything from {_size(low)} points worse to {_size(high)} better."
    if not worth:
        return told
    if low >= worth:
        return f"{told} That is more than the {_size(worth)} points it was to be worth."
    if high < worth:
        return f"{told} The {_size(worth)} points that would be worth having are ruled out."
    return f"{told} Whether it is the {_size(worth)} points worth having stays open."


def _shares(interval: Interval) -> str:
    return f"{interval[0]:.1%} to {interval[1]:.1%}"


def _points(difference: float) -> str:
    return f"{difference * 100:+.1f}"


def _size(difference: float) -> str:
    return f"{abs(difference) * 100:.1f}"
