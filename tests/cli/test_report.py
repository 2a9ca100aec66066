"""`stagecraft releases report` (spec/report.md)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from stagecraft.app import Listed
from stagecraft.cli.report import list_page, release_page
from stagecraft.errors import StoreError
from stagecraft.model.migration import Change, MigrationRecord, MigrationStatus, When
from stagecraft.model.release import Release
from tests.cli import scenes
from tests.cli.fakes import FakeApp, typed

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>alert(1)</script> \x1b[31mred\x1b[0m \u202e \"'&"


def hostile() -> Release:
    """A release every text of which wants to be more than text."""
    release = scenes.failed_build(message=HOSTILE, actor=HOSTILE)
    record = release.phases[0].model_copy(update={"error": HOSTILE, "log": (HOSTILE, "</pre>" + HOSTILE)})
    host = release.hosts["local"].model_copy(
        update={"error": HOSTILE, "log": (HOSTILE,), "actions": (HOSTILE,)}
    )
    plan = release.plan.model_copy(update={"notes": (HOSTILE,), "variables": {"A": HOSTILE}})
    return release.with_phase(record).model_copy(update={"hosts": {"local": host}, "plan": plan})


def listed(*releases: Release, current: str = "") -> list[Listed]:
    return [Listed(one.header(), current=one.id == current) for one in releases]


def pages() -> list[str]:
    releases = (scenes.completed(), scenes.failed_build(), scenes.rolled_back(), hostile())
    entries = listed(*releases)
    return [
        *(release_page(one, current=False) for one in releases),
        list_page("demo", entries, frozenset()),
    ]


def test_a_release_becomes_one_file(tmp_path: Path) -> None:
    app = FakeApp(known=(scenes.completed(),), current_id="demo-2")
    said = typed("releases report demo-2 --out report.html", app, cwd=tmp_path)
    assert (0, "", "wrote report.html\n") == (said.code, said.out, said.err)
    assert release_page(scenes.completed(), current=True) == (tmp_path / "report.html").read_text()


def test_an_environment_becomes_a_folder_with_a_list_that_links_to_every_page(tmp_path: Path) -> None:
    known = (scenes.failed_build(), scenes.completed())
    typed("releases report --env demo --out site", FakeApp(known=known), cwd=tmp_path)
    names = sorted(path.name for path in (tmp_path / "site").iterdir())
    assert ["demo-2.html", "demo-3.html", "index.html"] == names
    links = re.findall(r'href="([^"#]+\.html)"', (tmp_path / "site" / "index.html").read_text())
    assert ["demo-3.html", "demo-2.html"] == links
    assert 'href="index.html"' in (tmp_path / "site" / "demo-2.html").read_text()


def test_an_environment_without_releases_is_an_empty_list(tmp_path: Path) -> None:
    assert 0 == typed("releases report --env demo --out site", cwd=tmp_path).code
    assert "No releases yet." in (tmp_path / "site" / "index.html").read_text()


def test_a_damaged_release_is_listed_without_a_page(tmp_path: Path) -> None:
    class Damaged(FakeApp):
        def release(self, id: str) -> Release:  # noqa: A002
            raise StoreError("both copies are damaged")

    said = typed("releases report --out site", Damaged(known=(scenes.completed(),)), cwd=tmp_path)
    assert (0, ["index.html"]) == (said.code, [path.name for path in (tmp_path / "site").iterdir()])
    assert "note: demo-2 has no page: both copies are damaged\n" in said.err
    assert 'href="demo-2.html"' not in (tmp_path / "site" / "index.html").read_text()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("releases report demo-2 --env demo --out x", "`demo-2` names its environment itself"),
        ("releases report demo-2", "missing option '--out'"),
        ("releases report demo-9 --out x", "there is no release `demo-9`"),
        ("releases report --out /dev/null", "`null` is no folder: File exists"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, line: str, message: str) -> None:
    said = typed(line, FakeApp(known=(scenes.completed(),)), cwd=tmp_path)
    assert (2, f"error: {message}") == (said.code, said.err.splitlines()[0])


def test_migrations_are_told_with_what_nobody_knows() -> None:
    record = MigrationRecord(
        name="orders",
        engine="sql",
        when=When.PRE,
        status=MigrationStatus.UNKNOWN,
        changes=(Change(name="001_orders.sql", compatible=True, reversible=True),),
        unsure=(Change(name="002_<b>.sql", compatible=True, reversible=True),),
    )
    release = scenes.completed(migrations=(record,))
    page = release_page(release, current=True)
    assert "001_orders.sql perhaps: 002_&lt;b&gt;.sql" in page
    assert '<span class="badge unknown">unknown</span>' in page


def test_the_same_release_gives_the_same_bytes() -> None:
    assert release_page(hostile(), current=False) == release_page(hostile(), current=False)


def test_nothing_recorded_becomes_an_element_or_reaches_a_terminal() -> None:
    for page in pages():
        assert "<script>alert" not in page
        assert not re.search("[\x1b\u202e]", page)
    assert pages()[3].count("&lt;script&gt;alert(1)&lt;/script&gt; red \\u202e") >= 8


def test_a_page_fetches_nothing_and_runs_only_its_own_script() -> None:
    for page in pages():
        assert "default-src 'none'" in page
        assert [] == re.findall(r"(?:src|href|action)=\"(?!#|data:|index\.html|demo-\d+\.html)[^\"]*\"", page)
        assert [] == re.findall(r"\son\w+=|url\(|@import", page)


def test_without_jinja_the_way_to_get_it_is_told(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['jinja2'] = None\n"
    script = hidden + (
        "from stagecraft.cli.report import list_page\n"
        "try:\n    list_page('demo', [], frozenset())\n"
        "except Exception as error:\n    print(type(error).__name__, error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert "ConfigError `pipx install 'stagecraft-cli[report]'`\n" == done.stdout
