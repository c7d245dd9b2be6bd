"""Who an announcement is for: everybody, or a described group of learners."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Audience:
    """Those of a course, of a district, of a group as people describe it; of all of these where several are given, else everybody."""

    course: str | None = None
    district: str | None = None
    segment: str = ""
