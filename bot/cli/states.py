"""`titian states`: the pictures of every flow, drawn from the states themselves."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from flows.course import Course, Lesson, Option, Question
from flows.reading.keywords import Keywords
from flows.registry import ANYWHERE, START, STATES
from flows.session import Enrolment, Library, Session
from flows.states import PLACE, Ask, Menu, Route, State, Tell
from flows.text import Localized, Text, Words, alike

HEADING = """\
# The states

Drawn by `titian states --write docs/states.md` from the states themselves (`flows/registry.py`); never edited by hand.

White states wait for her, blue ones speak and go on, grey ones only decide. *Her place* is where she was when an aside
began. STOP, and the words at the end of this page, are heard in every state.
"""
KINDS = """\
    classDef waits fill:#fff,stroke:#333
    classDef speaks fill:#dcebff,stroke:#36c
    classDef decides fill:#ddd,stroke:#777"""

_QUESTION = Question(
    "q", alike("?"), (Option("right", alike("…"), right=True), Option("wrong", alike("…"))), alike("…")
)
_TASK = Question("t", alike("…"), (), alike("…"), kind="task")
_LESSONS = tuple(Lesson(name, alike("…"), (alike("…"),), (_QUESTION,), task=_TASK) for name in ("l1", "l2"))
_COURSE = Course("c1", "v1", alike("…"), alike("…"), 5, _LESSONS)
_LIBRARY = Library({"c1": _COURSE}, Keywords.compile({}))


@click.command()
@click.option("--write", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write them to this file.")
def states(file: Path | None) -> None:
    """Draw every flow as a picture (Mermaid), from the states themselves."""
    if file is None:
        click.echo(page(), nl=False)
    else:
        file.write_text(page(), encoding="utf-8")
        click.echo(f"Written to {file}.")


def page() -> str:
    """The whole page of pictures."""
    flows = dict.fromkeys(name.partition(".")[0] for name in STATES)
    return "\n".join([HEADING, *(_picture(flow) for flow in flows), _words(), ""])


def _picture(flow: str) -> str:
    """One flow: its states with what each says of itself, and where each leads."""
    own = [name for name in STATES if name.startswith(f"{flow}.")]
    arrows = dict.fromkeys(arrow for name in own for arrow in _arrows(name))
    drawn = dict.fromkeys([*own, *(to for _, to, _ in arrows)])
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR"]
    lines += [f'    state "{"her place" if name == PLACE else name}" as {_id(name)}' for name in drawn]
    if START in own:
        lines.append(f"    [*] --> {_id(START)}")
    lines += [f"    {_id(start)} --> {_id(to)}" + (f": {said}" if said else "") for start, to, said in arrows]
    lines += [KINDS, *(f"    class {_id(name)} {_kind(name)}" for name in own), "```"]
    told = [f"- `{name}`: {(STATES[name].__doc__ or '').splitlines()[0]}" for name in own]
    return "\n".join([f"## {flow.capitalize()}", "", *lines, "", *told, ""])


def _arrows(name: str) -> Iterator[tuple[str, str, str]]:
    """Where a state leads, over everybody who could be in it, and by which words where she chooses."""
    for state in _described(name):
        match state:
            case Menu(choices=choices, back=back):
                yield from ((name, choice.next, _label(choice.says)) for choice in choices)
                if back not in (PLACE, "menu.home", name):
                    yield name, back, "0"
            case Ask(next=following):
                yield name, following, "words"
            case Tell(next=following) if following:
                yield name, following, ""
            case Route(next=following, among=among):
                yield from ((name, to, "") for to in among or (following,))
            case _:
                pass


def _described(name: str) -> list[State]:
    return [STATES[name](session, _LIBRARY) for session in _somebody(name)]


def _somebody(name: str) -> Iterable[Session]:
    """A few who could be in that state: a stranger, and learners before, in and after a lesson."""
    begun = Session(
        state=name,
        consented=True,
        course="c1",
        lesson="l1",
        question="q",
        review="c1 l1 q 0",
        place="lesson.question",
        enrolments=(Enrolment("c1", "v1"),),
    )
    done = begun._replace(enrolments=(Enrolment("c1", "v1", ("l1", "l2")),))
    return (begun, Session(state=name), begun._replace(stopped=True), begun._replace(answer="wrong"), done)


def _kind(name: str) -> str:
    kinds = {Menu: "waits", Ask: "waits", Tell: "speaks", Route: "decides"}
    return kinds[type(_described(name)[0])]


def _label(words: Words) -> str:
    """A choice's own words as an arrow's label; an author's words differ from course to course."""
    said = words.msgid if isinstance(words, Text) else _own(words)
    return said.replace(":", "").replace(";", "")


def _own(words: Localized) -> str:
    return "a choice" if words == alike("…") else words.within("ms")


def _id(name: str) -> str:
    return name.replace(".", "_")


def _words() -> str:
    """The words understood everywhere, by their intents (content/keywords.csv)."""
    rows = [f"| `{intent}` | {'her place' if to == PLACE else f'`{to}`'} |" for intent, to in ANYWHERE.items()]
    heading = "What is understood everywhere (the phrases of each intent are in `content/keywords.csv`):"
    return "\n".join(["## Words", "", heading, "", "| Intent | Leads to |", "| --- | --- |", *rows])
