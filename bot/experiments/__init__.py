"""Trying two ways on learners drawn by lot, and saying no more of it than was found out."""

from bot.experiments.declared import Arm, Experiment, trying
from bot.experiments.drawing import arm_for
from bot.experiments.files import load, read_experiments
from bot.experiments.settling import settle

__all__ = ["Arm", "Experiment", "arm_for", "load", "read_experiments", "settle", "trying"]
