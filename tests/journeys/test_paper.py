"""From the name that is typed to the PDF, web and worker each its own process; and a batch while the workers run."""

import subprocess
import sys
from io import BytesIO

import pypdf
import pytest
import requests

from bot.store import papers
from tests import services
from tests.credentials import NAME, certificate
from tests.journeys.processes import ROOT, House, wait_until

pytestmark = pytest.mark.journey


@pytest.fixture
def home(tmp_path, database_url, valkey: services.Valkey):
    """Web and two workers; no clock, so that only what rings the bell is heard."""
    (tmp_path / "house").mkdir()
    made = House(tmp_path / "house", database_url, valkey.url)
    try:
        made.start("web", "worker1", "worker2")
        yield made
    finally:
        made.stop()


def test_whoever_waits_at_the_page_is_heard_by_a_worker_without_the_clock(home):
    code = certificate(home.bot)
    answer = requests.post(f"{home.base}/verify/{code}.pdf", data={"name": NAME}, timeout=10)
    assert answer.status_code == 202
    assert "Sedang disediakan" in answer.text

    file = wait_until(lambda: (got := requests.get(answer.url, timeout=10)).status_code == 200 and got, "the PDF")

    assert len(pypdf.PdfReader(BytesIO(file.content)).pages) == 1
    assert NAME not in "".join(home.log(part) for part in ("web", "worker1", "worker2"))


def test_the_command_and_the_workers_make_a_batch_together(home, tmp_path):
    those = [certificate(home.bot, f"+601110000{n:02}") for n in range(8)]
    listed, out = tmp_path / "kod.txt", tmp_path / "majlis.pdf"
    listed.write_text("\n".join(those), encoding="utf-8")
    words = ["certificates", "print", "--codes", str(listed), "--out", str(out), "--by", "Puan Rosli"]

    ran = subprocess.run(
        [sys.executable, "-m", "bot.cli", *words],
        cwd=home.var_dir,
        env=home.environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "8 certificates are in" in ran.stdout
    assert len(pypdf.PdfReader(out).pages) == 8
    assert papers.waiting(home.bot.store) == 0
