"""The report pages in a real browser: width, keyboard, console, and text that stays text (spec/report.md)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stagecraft.app import Listed
from stagecraft.cli.report import list_page, release_page
from stagecraft.model.hook import HookRecord, Side
from stagecraft.model.image import Image
from stagecraft.model.phase import Phase, PhaseStatus
from stagecraft.model.release import HostRecord, Release
from tests.browser.chromium import Page, chromium
from tests.cli import scenes

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>document.title = 'owned'; console.log('owned')</script>",
    "<img src=x onerror=\"document.title='owned'\"> \x1b[2J\x1b]0;owned\x07 \u202egnp",
    "</pre></main><h1>owned</h1> " + "no-space-to-break-at" * 20,
)


def failed() -> Release:
    """A release with much to show, most of it hostile."""
    release = scenes.failed_build(message="\n".join(HOSTILE), actor="ada@laptop")
    record = release.phases[0].model_copy(update={"error": HOSTILE[0], "log": HOSTILE * 10})
    hosts = {
        f"web-{number:02}.example.com": HostRecord(
            status="failed" if number == 3 else "updated",
            error=HOSTILE[2] if number == 3 else None,
            actions=("replace web: its image changed", HOSTILE[1]),
        )
        for number in range(1, 31)
    }
    hook = HookRecord(name="smoke", phase=Phase.BUILD, when=Side.BEFORE, status=PhaseStatus.FAILED)
    hooks = (hook.model_copy(update={"error": HOSTILE[2], "log": HOSTILE}),)
    digest = "sha256:" + "4" * 64
    images = {
        name: Image(reference=f"registry.example.com/{'deep/' * 12}{name}:{scenes.NEW}", digest=digest)
        for name in ("web", "worker")
    }
    return release.with_phase(record).model_copy(update={"hosts": hosts, "images": images, "hooks": hooks})


RELEASES = (failed(), scenes.rolled_back(4), scenes.completed(2))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for release in RELEASES:
        page = release_page(release, current=release.number == 4, index=True)
        (folder / f"{release.id}.html").write_text(page)
    entries = [Listed(release.header(), current=release.number == 4) for release in RELEASES]
    linked = frozenset(release.id for release in RELEASES)
    (folder / "index.html").write_text(list_page("demo", entries, linked))
    return folder


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


NAMES = ["index", *(release.id for release in RELEASES)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [360, 1440])
def test_a_page_needs_no_sideways_scrolling(page: Page, site: Path, name: str, width: int) -> None:
    page.show(site / f"{name}.html", width=width)
    page.ask("document.querySelectorAll('details').forEach((one) => one.open = true)")
    assert width == page.ask("document.documentElement.scrollWidth")
    assert [] == page.ask(
        "[...document.querySelectorAll('main *')].filter((one) => !one.closest('pre, thead, .skip'))"
        ".filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML)"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_silent_asks_for_nothing_and_shows_text_as_text(page: Page, site: Path, name: str) -> None:
    page.console.clear()
    page.requests.clear()
    file = site / f"{name}.html"
    page.show(file, width=1440)
    asked = [url for url in page.requests if not url.startswith("data:")]
    assert ([], [file.as_uri()]) == (page.console, asked)
    assert (0, 1) == (page.ask("document.images.length"), page.ask("document.querySelectorAll('h1').length"))
    assert "owned" != page.ask("document.title")


def test_hostile_log_lines_are_readable(page: Page, site: Path) -> None:
    page.show(site / "demo-3.html", width=1440)
    log = page.ask("document.querySelector('.failure pre').innerText")
    assert log.startswith(HOSTILE[0])
    assert "\\u202egnp" in log
    assert "\x1b" not in log


def test_everything_on_a_page_is_reached_and_opened_by_keyboard(page: Page, site: Path) -> None:
    page.show(site / "demo-3.html", width=1440)
    wanted = page.ask("document.querySelectorAll('a, summary').length")
    page.ask("window.reached = new Set(); 0")
    for _ in range(wanted + 10):
        page.press("Tab")
        page.ask("reached.add(document.activeElement); 0")
    assert wanted == page.ask("[...reached].filter((one) => one.matches('a, summary')).length")
    page.ask("document.querySelector('details:not([open]) summary').focus()")
    page.press("Enter")
    assert page.ask("document.activeElement.parentElement.open")
    outline = page.ask("getComputedStyle(document.activeElement).outlineStyle")
    assert "solid" == outline


def test_the_list_is_searched_and_followed_by_keyboard(page: Page, site: Path) -> None:
    page.show(site / "index.html", width=1440)
    while page.ask("document.activeElement.id") != "search":
        page.press("Tab")
    for key in "failed":
        page.press(key)
    shown = "[...document.querySelectorAll('tbody tr')].filter((row) => row.offsetHeight).length"
    assert (1, "1 of 3") == (page.ask(shown), page.ask("document.getElementById('found').textContent"))
    page.press("Tab")
    assert "demo-3.html" == page.ask("document.activeElement.getAttribute('href')")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_has_enough_contrast(page: Page, site: Path, dark: bool) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text of this size."""
    for name in NAMES:
        page.show(site / f"{name}.html", width=1440, dark=dark)
        page.ask("document.querySelectorAll('details').forEach((one) => one.open = true)")
        assert [] == page.ask(CONTRAST)


CONTRAST = """
(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = numbers(colour).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if ((numbers(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const own = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const shown = [...document.querySelectorAll("body, body *")].filter(own).filter((one) => one.offsetHeight);
  return shown.map((one) => {
    const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), one.className || one.tagName];
  }).filter(([ratio]) => ratio < 4.5).map(String);
})()
"""
