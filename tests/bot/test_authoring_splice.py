"""Changes written into a course file in place: for any change, the file says what was meant and nothing else has moved."""

import copy
from typing import Any

import yaml
from hypothesis import given, settings, strategies as st

from bot.cli.authoring.new import STARTER
from bot.content.splice import essence, spliced
from tests.bot.test_authoring_sheet import EVERYTHING

FILES = (STARTER.read_text(encoding="utf-8"), EVERYTHING)
OPTIONAL = (
    "hint",
    "also",
    "level",
    "sources",
    "wrong",
    "unit",
    "minutes",
    "follows",
    "placement",
    "dtp",
    "task",
    "ussd",
)
words = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=30).filter(str.strip)


def parts(value: Any) -> list[Any]:
    """Every mapping and list of a course."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if isinstance(value, dict | list) else []) + [part for each in inner for part in parts(each)]


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A file, and its course with a few things changed."""
    text = draw(st.sampled_from(FILES))
    course = copy.deepcopy(yaml.safe_load(text))
    for _ in range(draw(st.integers(1, 4))):
        part = draw(st.sampled_from(parts(course)))
        if isinstance(part, dict):
            said = [name for name in part if isinstance(part[name], str) and name in ("ms", "en", "dtp")]
            gone = [name for name in part if name in OPTIONAL and name != next(iter(part))]
            if said and draw(st.booleans()):
                part[draw(st.sampled_from(said))] = draw(words)
            elif gone:
                del part[draw(st.sampled_from(gone))]
            elif "ms" in part and isinstance(part["ms"], str):
                part["dtp"] = draw(words)
        elif len(part) > 1 and all(isinstance(each, dict) and ("id" in each or "key" in each) for each in part):
            match draw(st.sampled_from(["move", "drop", "add"])):
                case "move":
                    part.append(part.pop(0))
                case "drop":
                    part.pop(draw(st.integers(0, len(part) - 1)))
                case "add":
                    new = copy.deepcopy(part[0])
                    name = "id" if "id" in new else "key"
                    new[name] = f"new-{len(part)}"
                    if not any(each[name] == new[name] for each in part):
                        part.insert(draw(st.integers(0, len(part))), new)
    return text, course


@settings(max_examples=60, deadline=None)
@given(changed())
def test_any_change_is_written_and_every_other_line_stays(case):
    text, course = case

    after = spliced(text, course)

    assert essence(yaml.safe_load(after)) == essence(course)
    assert spliced(after, course) == after
    if essence(course) == essence(yaml.safe_load(text)):
        assert after == text


@settings(max_examples=30, deadline=None)
@given(words, st.sampled_from([("bila", "bila-1"), ("cara", "cara-3")]))
def test_new_words_change_their_line_alone(said, where):
    text = FILES[0]
    course = yaml.safe_load(text)
    question = next(
        each
        for lesson in course["lessons"]
        if lesson["id"] == where[0]
        for each in lesson["questions"]
        if each["id"] == where[1]
    )
    question["because"]["en"] = said

    before, after = text.splitlines(), spliced(text, course).splitlines()

    assert len(before) == len(after)
    assert sum(was != now for was, now in zip(before, after, strict=True)) <= 1
