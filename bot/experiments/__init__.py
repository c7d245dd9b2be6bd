"""Trying two ways on learners drawn by lot, and saying no more of it than was found out."""

from bot.experiments.declared import NUDGE_HOURS, NUDGE_TEXT, Arm, Experiment, trying
from bot.experiments.drawing import arm_for
from bot.experiments.files import read_experiments
from bot.experiments.present import Experiments
from bot.experiments.settling import settle

__all__ = [
    "NUDGE_HOURS",
    "NUDGE_TEXT",
    "Arm",
    "Experiment",
    "Experiments",
    "arm_for",
    "read_experiments",
    "settle",
    "trying",
]
