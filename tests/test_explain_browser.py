"""The pages of `netspec explain` in a real browser: they work under their policy, ask for nothing,
and lead to each other.  Skipped where Playwright or Chromium is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")

from playwright.sync_api import Browser, Page

from netspec.explain.page.index import index
from tests import test_page_browser
from tests.commands import netspec
from tests.explain_nets import DIGITS, SAMPLES
from tests.explain_panels import HOSTILE, SHOWN, page

pytestmark = test_page_browser.pytestmark
browser = test_page_browser.browser

Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a file; fails where a page complained, or asked for anything but pages beside it."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800})

    def open_page(path: Path, **options: Any) -> Page:
        shown = context.new_page()
        shown.on("console", lambda message: complaints.append(message.text))
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.on("dialog", lambda dialog: complaints.append(dialog.message))
        shown.on("request", lambda request: asked(request.url))
        shown.emulate_media(**options)
        shown.goto(path.as_uri())
        return shown

    def asked(url: str) -> None:
        if not url.startswith(("data:", tmp_path.as_uri())):
            complaints.append(url)

    yield open_page
    context.close()
    assert complaints == []


def opacity(page: Page, of: str) -> str:
    found: str = page.locator(of).first.evaluate("at => getComputedStyle(at).opacity")
    return found


def test_a_page_works_and_asks_for_nothing(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(page(HOSTILE, alpha=0.25))
    shown = opened(tmp_path / "a.html")
    assert SHOWN in shown.locator("h1").inner_text()
    drawn = "all => all.every(at => at.complete && at.naturalWidth > 0)"
    assert shown.locator("img").evaluate_all(drawn)
    under = "at => getComputedStyle(at).backgroundImage"
    assert shown.locator(".under").first.evaluate(under).startswith('url("data:image/png')


def test_the_slider_lets_the_picture_through(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(page(alpha=0.25))
    shown = opened(tmp_path / "a.html")
    over = ("img.coarse", ".ramp img.coarse", ".legend rect")
    opaque = ("img.map:not(.coarse)", ".ramp img.map:not(.coarse)")
    alone = (".stage:not(.under) img", ".ramp img:not(.map)")  # of tiles, with no picture beneath
    assert {opacity(shown, of) for of in over} == {"0.25"}
    assert {opacity(shown, of) for of in opaque + alone} == {"1"}
    assert shown.locator("#opacity").input_value() == "25"
    shown.locator("#opacity").fill("80")
    assert {opacity(shown, of) for of in over + opaque} == {"0.8"}
    assert {opacity(shown, of) for of in alone} == {"1"}


def test_panels_of_a_row_are_beside_each_other(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(page())
    shown = opened(tmp_path / "a.html")
    figures = shown.locator("main figure").evaluate_all("all => all.map(at => at.offsetTop)")
    stages = shown.locator("main .stage").evaluate_all(
        "all => all.map(at => at.getBoundingClientRect().top + scrollY)"
    )
    assert all(abs(top - stage) < 1 for top, stage in zip(figures, stages, strict=True))


def test_words_are_not_narrower_than_they_can_be_read(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(page())
    shown = opened(tmp_path / "a.html")
    widths = shown.locator("article > p").evaluate_all("all => all.map(at => at.offsetWidth)")
    assert min(widths) >= 280


def test_the_pointer_is_in_all_maps_at_once(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(page())
    shown = opened(tmp_path / "a.html")
    shown.locator("main .placed").first.hover(position={"x": 64, "y": 50})
    left = (
        "all => all.map(at => parseFloat(getComputedStyle(at, '::before').left) / at.offsetWidth)"
    )
    places = shown.locator(".placed").evaluate_all(left)
    assert len(places) > 2 and all(abs(at - 0.25) < 0.01 for at in places)
    shown.mouse.move(700, 5)
    assert not shown.locator("html.pointed").count()


def test_themes_and_small_screens(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(page())
    colour = "at => getComputedStyle(at).backgroundColor"
    shown = opened(tmp_path / "a.html", color_scheme="light")
    assert shown.locator("body").evaluate(colour) == "rgb(255, 255, 255)"
    shown = opened(tmp_path / "a.html", color_scheme="dark")
    assert shown.locator("body").evaluate(colour) == "rgb(13, 17, 23)"
    shown.set_viewport_size({"width": 360, "height": 700})
    assert shown.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_index_leads_to_pages_and_back(
    opened: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ("--method", "gradcam", "--method", "vanilla", "-o", tmp_path / "r.html")
    assert netspec(capsys, "explain", DIGITS / "lenet5.yaml", *SAMPLES[:2], *chosen).code == 0
    shown = opened(tmp_path / "r.html")
    assert shown.locator(".cards li").count() == 2
    shown.locator(".cards a").first.click()
    shown.locator("h1", has_text=f"lenet5_digits: {SAMPLES[0].name}").wait_for()
    assert shown.locator("article").count() == 2
    assert shown.locator("tr.explained th").inner_text() == "0"
    shown.locator("nav a", has_text="Which pixels count").click()
    assert shown.url.endswith("#which-pixels-count")
    shown.locator("header a").click()
    shown.locator(".cards").wait_for()
    assert shown.url.endswith("r.html")


def test_an_index_of_nothing(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "i.html").write_bytes(index("small", "", ()))
    assert "0 pictures" in opened(tmp_path / "i.html").locator("header").inner_text()
