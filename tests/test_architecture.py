"""Keeps the shape of the house: when one of these fails, change the design on purpose or change your code."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("flows", "bot", "workers")
LONGEST_MODULE, LONGEST_FUNCTION, MOST_PARAMETERS = 250, 40, 5
VAGUE = {"utils", "helpers", "common", "services", "managers", "core"}

# What may be longer, and why. Each line here is a debt.
LONGER: dict[str, str] = {}

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def modules() -> list[Path]:
    """Return every module of the rooms, migrations aside: those are generated, and never edited again."""
    found = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return [path for path in found if "migrations" not in path.parts]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_command(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether click calls it: its parameters are the command's options."""
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"command", "group", "option", "argument"}
        for decorator in function.decorator_list
        for node in ast.walk(decorator)
    )


def tracked_files() -> list[Path]:
    """Return the files that are, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this is no git checkout, so no file is tracked")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def texts(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


# --- imports --------------------------------------------------------------------------------------------------------


def test_imports_go_downward_only():
    linter = Path(sys.executable).with_name("lint-imports")

    linted = subprocess.run([linter, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_every_part_of_the_bot_has_its_place_in_the_layers():
    layers = next(c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["id"] == "layers")["layers"]
    placed = set(re.findall(r"bot\.\w+", " ".join(layers)))

    parts = {path.stem for path in (ROOT / "bot").glob("*.py")} | {
        path.parent.name for path in (ROOT / "bot").glob("*/__init__.py")
    }

    assert {f"bot.{part}" for part in parts - {"__init__"}} - placed == set()


# --- names and sizes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_every_module_begins_with_a_sentence_that_says_what_it_is_for(path):
    docstring = ast.get_docstring(ast.parse(path.read_text()))

    assert docstring, "no docstring"
    assert docstring.splitlines()[0].endswith((".", ":")), docstring.splitlines()[0]


def test_no_module_has_a_vague_name():
    assert [name_of(path) for path in modules() if VAGUE & {path.stem, *path.relative_to(ROOT).parts}] == []


def test_no_module_is_too_long():
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in modules()}

    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE and name not in LONGER} == {}


def test_no_function_is_too_long():
    lengths = {
        f"{name_of(path)}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in modules()
        for function in functions(path)
    }

    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION and name not in LONGER} == {}


def test_no_function_takes_too_many_parameters():
    """Those that must be named at the call are not counted: they explain themselves."""
    counts = {
        f"{name_of(path)}:{function.name}": len(
            [a for a in function.args.posonlyargs + function.args.args if a.arg not in {"self", "cls"}]
        )
        for path in modules()
        for function in functions(path)
        if not is_command(function)
    }

    assert {name: n for name, n in counts.items() if n > MOST_PARAMETERS and name not in LONGER} == {}


def test_no_debt_is_listed_that_has_been_paid():
    known = {name_of(path) for path in modules()}
    known |= {f"{name_of(path)}:{function.name}" for path in modules() for function in functions(path)}

    assert set(LONGER) - known == set()


# --- settings and processes -----------------------------------------------------------------------------------------


def test_the_example_environment_lists_exactly_the_settings():
    example = ROOT / ".env.example"
    listed = re.findall(r"^#?\s?([A-Z][A-Z0-9_]*)=", example.read_text(), re.MULTILINE)

    assert sorted(listed) == sorted(name.upper() for name in import_module("bot.settings").Settings.model_fields)


def test_every_command_that_is_written_can_be_given():
    """A module of bot/cli that holds a command of its own name has its line in the table."""
    from bot.cli import COMMANDS

    written = {
        path.stem
        for path in (ROOT / "bot" / "cli").glob("[a-z]*.py")
        if any(function.name == path.stem and is_command(function) for function in functions(path))
    }

    assert written - set(COMMANDS) == set()


def test_every_process_of_the_procfile_is_a_command():
    from bot.cli import COMMANDS

    commands = re.findall(r"^\w+: titian (\w+)", (ROOT / "Procfile").read_text(), re.MULTILINE)

    assert commands
    assert set(commands) <= set(COMMANDS)


def test_the_procfile_leaves_no_queue_without_a_worker():
    """A queue that no worker empties would fill in silence. A worker without names empties all of them."""
    from bot.wake import QUEUES

    workers = re.findall(r"^\w+: titian worker\b(.*)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    emptied = {queue for named in workers for queue in (named.split() or QUEUES)}

    assert emptied == set(QUEUES)


def test_the_bell_rings_for_queues_and_jobs_that_exist():
    """It enqueues by name, so nothing else would notice a name that is wrong."""
    from bot.wake import QUEUES

    rung = {
        (queue.value, job.value)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "ring"
        for queue, job in [node.args[:2]]
        if isinstance(queue, ast.Constant) and isinstance(job, ast.Constant)
    }

    assert rung
    assert {queue for queue, _ in rung} <= set(QUEUES)
    for _, job in sorted(rung):
        module, _, function = job.rpartition(".")
        assert callable(getattr(import_module(module), function, None)), job


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["ms"])
def test_every_phrase_of_ours_is_translated(locale):
    from babel.messages.extract import extract_from_dir
    from babel.messages.pofile import read_po

    catalog_path = ROOT / "locales" / locale / "LC_MESSAGES" / "titian.po"
    if not catalog_path.exists():
        pytest.skip(f"locales/{locale} is not written yet")
    with catalog_path.open("rb") as file:
        catalog = read_po(file, locale=locale)
    methods = [("**.py", "python"), ("**.html", "jinja2")]
    said = {
        (message if isinstance(message, str) else message[0])
        for room in ROOMS
        for _, _, message, _, _ in extract_from_dir(
            ROOT / room, methods, keywords={"T": None, "_": None, "gettext": None, "ngettext": (1, 2)}
        )
    }

    def translated(msgid: str) -> bool:
        message = catalog.get(msgid)
        return message is not None and not message.fuzzy and bool(message.string and all(message.string))

    assert [msgid for msgid in sorted(said) if not translated(msgid)] == []


# --- what a stranger would find -------------------------------------------------------------------------------------


def test_no_file_names_a_path_of_somebodys_machine():
    """The machine this runs on is known by asking it; the homes of others by their form."""
    places = re.compile(rf"{re.escape(str(ROOT))}(?![\w-])|{re.escape(str(Path.home()))}/|/(?:home|Users)/[a-z]\w*/")

    found = [f"{name_of(path)}: {match[0]}" for path, text in texts(tracked_files()) if (match := places.search(text))]

    assert found == []


def test_no_file_names_a_package_registry():
    """Which registry to ask is for each machine to know."""
    hosts = re.compile(r"pypi[.]org|pythonhosted[.]org|registry[.]npmjs|deb[.]debian[.]org")

    found = [f"{name_of(path)}: {match[0]}" for path, text in texts(tracked_files()) if (match := hosts.search(text))]

    assert found == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_pins_everything_with_hashes_and_names_no_place(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.lstrip().startswith("#")]

    assert [line for line in lines if not re.match(r"[a-z0-9][a-z0-9.-]*==\S+ \\|    --hash=sha256:", line)] == []
