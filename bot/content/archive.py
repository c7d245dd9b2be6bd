"""Every version of a course that was ever taught, so that nobody's lesson changes while she is in it."""

import json
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Final

from pydantic import ValidationError
from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.content.compiling import compiled
from bot.content.shape import CourseShape
from bot.store import tables as t
from bot.store.database import Store
from flows.course import Course
from flows.session import Library, Session

log = logging.getLogger(__name__)

MOST_HELD: Final = 32  # versions in memory, of about 200 kB each: after an edit most learners are in one old version
AT_ONCE: Final = 100  # versions in one statement; a database takes only so many values

# What stands in for a field that an old row does not have: the words in the other language, or nothing that is said.
_OTHER: Final = {"ms": "en", "en": "ms"}
_UNSAID: Final = {"minutes": 1}
_NO_WORDS: Final = {"ms": "", "en": ""}

_KEPT = select(t.course_version.c.version).where(t.course_version.c.version.in_(bindparam("wanted", expanding=True)))
_DATA = select(t.course_version.c.data).where(t.course_version.c.version == bindparam("version"))


class Archive:
    """The versions in the database: each written once, when a process first teaches it, and never changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: OrderedDict[str, Course] = OrderedDict()
        self._lock = Lock()

    def holding(self, live: Library, session: Session) -> Library:
        """The library as it is now, and in it the version her lesson began in where that is another.

        A version that is nowhere to be found is taught as it is now. Costs a comparison, and one query when a process
        first meets a version.
        """
        enrolment = session.enrolment()
        if enrolment is None or not session.lesson:
            return live
        now = live.courses.get(session.course)
        if now is not None and now.version == enrolment.version:
            return live
        held = self._version(enrolment.version)
        return live if held is None else replace(live, archive={held.version: held})

    def _version(self, version: str) -> Course | None:
        with self._lock:
            held = self._held.get(version)
            if held is not None:
                self._held.move_to_end(version)
                return held
        rows = self._store.look(_DATA, {"version": version})
        held = restored(version, rows[0].data) if rows else None
        if held is not None:
            with self._lock:
                self._held[version] = held
                if len(self._held) > MOST_HELD:
                    self._held.popitem(last=False)
        return held


def keep(store: Store, courses: Mapping[str, CourseShape], *, now: datetime) -> None:
    """Write the courses, by version, that are not in the database yet. Two processes may do so at once."""
    known = {row.version for row in store.look(_KEPT, {"wanted": list(courses)})}
    rows = [
        {"version": version, "course": shape.id, "data": written(shape), "published_at": now}
        for version, shape in courses.items()
        if version not in known
    ]
    insert = sqlite.insert if store.on_sqlite else postgresql.insert
    for start in range(0, len(rows), AT_ONCE):
        statement = insert(t.course_version).values(rows[start : start + AT_ONCE]).on_conflict_do_nothing()
        with store.begin() as connection:
            connection.execute(statement)


def written(shape: CourseShape) -> str:
    """A course as it is kept: JSON with every value in it, so that a default changed later changes no lesson of the past."""
    return shape.model_dump_json(exclude_none=True)


def restored(version: str, data: str) -> Course | None:
    """The course that was written, by whatever release; None, and a line in the log, where nothing can be made of it.

    What this release does not know is passed over, and words it expects and does not find are left empty.
    """
    try:
        return compiled(_shape(data), version)
    except Exception as error:  # whatever is wrong with an old row: she is taught the course as it is now
        log.error("version not readable", extra={"version": version}, exc_info=error)
        return None


def _shape(data: str) -> CourseShape:
    try:
        return CourseShape.model_validate_json(data, extra="ignore")
    except ValidationError as error:
        missing = [each["loc"] for each in error.errors(include_url=False) if each["type"] == "missing"]
    found = json.loads(data)
    for path in missing:
        around = found
        for step in path[:-1]:
            around = around[step]
        name = str(path[-1])
        around[name] = around.get(_OTHER[name], "") if name in _OTHER else _UNSAID.get(name, _NO_WORDS)
    return CourseShape.model_validate(found, extra="ignore")
