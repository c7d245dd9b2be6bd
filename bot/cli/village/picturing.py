"""A village as one picture, for a wall or a report: who still writes, who completes, what it costs."""

from typing import Any, Final

from bot.cli.village.played import Report
from bot.money.prices import A_RINGGIT

WIDTH, HEIGHT = 1200, 960
INK, SOFT, RED, GREEN, GOLD, PAPER = "#222222", "#666666", "#b3402a", "#2f7d4f", "#c98a1b", "#ffffff"
FONT: Final = "DejaVu Sans, Verdana, Arial, sans-serif"


def drawn(report: Report) -> str:
    """The picture as SVG. The same report makes the same picture."""
    import leather

    _dress(leather.theme)
    grid = leather.Grid()
    grid.add_many([_active(leather, report), _spent(leather, report), *_shares(leather, report)])
    made: str = grid.to_svg(width=WIDTH, height=HEIGHT)
    return made


def _active(leather: Any, report: Report) -> Any:
    weeks = report.counted.weeks
    chart = leather.Chart("Learners, week by week")
    most = max([1, *(max(week.wrote, week.completed) for week in weeks)])
    chart.add_x_scale(1, max(2, len(weeks)))
    chart.add_y_scale(0, _above(most))
    chart.add_x_axis(ticks=[week.week for week in weeks], name="week")
    chart.add_y_axis(tick_formatter=_whole)
    chart.add_line([(week.week, week.wrote) for week in weeks], name="wrote", stroke_color=GOLD)
    chart.add_line([(week.week, week.completed) for week in weeks], name="completed so far", stroke_color=GREEN)
    chart.add_line([(week.week, week.opted_out) for week in weeks], name="stopped so far", stroke_color=RED)
    return chart


def _spent(leather: Any, report: Report) -> Any:
    weeks = report.counted.weeks
    chart = leather.Chart("Ringgit, week by week")
    costs = [week.cost / A_RINGGIT for week in weeks]
    chart.add_y_scale(0, _above(max([1, *costs])))
    chart.add_y_axis(tick_formatter=_whole)
    chart.add_columns([(str(week.week), cost) for week, cost in zip(weeks, costs, strict=True)], fill_color=GOLD)
    return chart


def _shares(leather: Any, report: Report) -> list[Any]:
    counted, charts = report.counted, []
    for title, groups in (("Completed by course, %", counted.courses), ("Completed by district, %", counted.districts)):
        chart = leather.Chart(title)
        chart.add_x_scale(0, _above(max([1.0, *(100 * group.completed_share for group in groups)])))
        chart.add_x_axis(tick_formatter=_whole)
        bars = [(round(100 * group.completed_share, 1), group.name) for group in groups]
        chart.add_bars(bars, fill_color=GREEN)
        charts.append(chart)
    return charts


def _above(value: float) -> float:
    """A round number a little above, at which an axis may end."""
    step = 10 ** max(0, len(str(int(value))) - 1) / 2
    return float(step * (int(value / step) + 1))


def _whole(value: Any, index: int, ticks: int) -> str:
    return f"{value:,.0f}"


def _dress(theme: Any) -> None:
    """Leather keeps its looks in a module of its own: a font that machines have, dark enough to be read on paper."""
    theme.background_color = PAPER
    theme.title_color, theme.legend_color, theme.label_color, theme.axis_title_color = INK, INK, SOFT, SOFT
    for name in ("title", "legend", "axis_title", "tick"):
        setattr(theme, f"{name}_font_family", FONT)
