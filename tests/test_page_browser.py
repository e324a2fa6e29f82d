"""The html page in a real browser: what unfolds, what is linked, keys, colours, and that it asks
for nothing.  Skipped where Playwright or Chromium is missing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from netspec.diagram import Look, draw
from netspec.diagram.page import first_dot, page_data
from netspec.diagram.palette import DARK
from tests.graphs import graph_of
from tests.test_diagram_layout import HOSTILE
from tests.test_page import NESTED, zoo

_PROGRAM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(_PROGRAM is None, reason="no Chromium on the PATH")

_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium, with an empty profile."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=_PROGRAM, args=_FLAGS.split())
        yield browser
        browser.close()


@cache
def _plain(text: str) -> bytes:
    """The page of a net of the zoo, or of a spec's text."""
    return _written(text, Look())


def _written(text: str, look: Look) -> bytes:
    return draw(graph_of(text) if "\n" in text else zoo(text), "html", look)


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of a net; fails where a page complained, or asked the network for anything."""
    complaints: list[str] = []

    def listen(page: Page) -> None:
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: asked(request.url))

    def asked(url: str) -> None:
        if not url.startswith(("blob:", "data:")) and url != file.as_uri():
            complaints.append(url)

    file = tmp_path / "net.html"
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")

    def open_page(text: str = "vgg16", look: Look = Look(), **options: Any) -> Page:  # noqa: B008 - a frozen value
        file.write_bytes(_plain(text) if look == Look() else _written(text, look))
        page = context.new_page()
        listen(page)
        page.emulate_media(**options)
        page.goto(file.as_uri())
        return page

    yield open_page
    context.close()
    assert complaints == []


def box(page: Page, title: str) -> Locator:
    """A box of the diagram, by the beginning of what it says."""
    return page.locator(f'[role="treeitem"][aria-expanded][aria-label^="{title}"]').first


def press(locator: Locator, action: str = "toggle") -> None:
    """Unfold or fold a box, and wait until that is drawn."""
    locator.locator(f'.toggle[data-action="{action}"]').click()
    settle(locator.page)


def settle(page: Page) -> None:
    """Wait for the layout."""
    page.locator("#view:not(.busy)").wait_for()


def drawn(page: Page) -> int:
    """How many nodes the diagram has."""
    return page.locator("#drawing .node").count()


def lit(page: Page) -> list[str]:
    """The names of the rows that are lit."""
    return page.locator("#rows .lit > :first-child").all_inner_texts()


def test_the_browser_writes_the_dot_text_that_python_writes(opened: Open) -> None:
    look = Look(detail="all")
    for net in ("resnet152", "googlenet_aux"):
        page = opened(net, look)
        page.evaluate("globalThis.layOut = null")
        code = page.locator("script[type=module]").inner_text()
        text = page.evaluate(f"{code.partition('// Graphviz in a worker')[0]}; dotText()")
        assert text == first_dot(page_data(zoo(net), look))


def test_a_repeat_unfolds_into_its_runs_and_folds_again(opened: Open) -> None:
    page = opened()
    before = drawn(page)
    assert box(page, "stage ×5").get_attribute("aria-expanded") == "false"
    press(box(page, "stage ×5"))
    assert box(page, "stage ×5").get_attribute("aria-expanded") == "true"
    assert [page.get_by_role("treeitem", name=f"stage {n} of 5").count() for n in (1, 5)] == [1, 1]
    press(
        box(page, "stage 4 of 5").locator("xpath=following::*[contains(@aria-label, 'n ×3')]").first
    )
    assert drawn(page) > before + 10
    press(box(page, "stage ×5"))
    assert drawn(page) == before


def test_a_box_closes_into_one_node_and_opens(opened: Open) -> None:
    page = opened()
    before = drawn(page)
    press(box(page, "stage ×5"), "close")
    node = page.locator(".node[aria-label^='stage ×5']")
    assert "31 layers" in (node.get_attribute("aria-label") or "")
    assert drawn(page) == before - 2
    node.click()
    settle(page)
    assert drawn(page) == before


def test_a_click_on_the_title_of_a_repeat_in_a_folded_one_unfolds_that_first(opened: Open) -> None:
    page = opened(NESTED)
    box(page, "n ×2, 3").locator("text").first.click()
    settle(page)
    assert box(page, "stage ×2").get_attribute("aria-expanded") == "true"
    press(box(page, "n ×3"))
    assert drawn(page) == len(graph_of(NESTED).nodes) - 2 - 2  # n ×2 and ×3 are folded still
    page.get_by_role("button", name="Unfold all").click()
    settle(page)
    assert drawn(page) == len(graph_of(NESTED).nodes)
    page.get_by_role("button", name="Fold all", exact=True).click()
    settle(page)
    assert page.locator(".cluster").count() == 3


def test_what_was_drawn_before_unfolds_where_it_is(opened: Open) -> None:
    page = opened("densenet121")
    again = page.locator(".node[aria-label*='as drawn above']").first
    name, before = again.get_attribute("id"), drawn(page)
    again.click()
    settle(page)
    assert page.locator(f".cluster#{name}").count() == 1
    assert drawn(page) > before


def test_a_row_lights_its_node_and_a_node_its_rows(opened: Open) -> None:
    page = opened()
    page.get_by_role("row", name="pool5").click()
    assert lit(page) == ["pool5"]
    assert "pool1 … pool5" in (page.locator(".node.lit").get_attribute("aria-label") or "")
    page.locator(".node[aria-label^='CONV 3x3']").click()
    assert lit(page) == [f"conv{n}" for n in range(1, 14)]
    assert "14,714,688" in page.locator("#details").inner_text()
    page.get_by_role("row", name="conv9").dblclick()
    settle(page)
    assert lit(page) == ["conv9"]
    assert page.locator(".node.lit").get_attribute("aria-label") == (
        "CONV 3x3 conv9 512x28x28 · 2,359,808 params"
    )


def test_a_node_out_of_sight_comes_into_sight(opened: Open) -> None:
    page = opened("resnet152")
    node = page.locator(".node[aria-label^='FC']")
    assert not _in_sight(node)
    page.get_by_role("row", name="fc1").click()
    assert _in_sight(node)


def _in_sight(locator: Locator) -> bool:
    at, view = locator.bounding_box(), locator.page.locator("#view").bounding_box()
    assert at is not None
    assert view is not None
    return view["y"] <= at["y"] <= view["y"] + view["height"] - at["height"]


def test_search_finds_rows_and_nodes(opened: Open) -> None:
    page = opened("unet")
    page.keyboard.press("/")
    page.keyboard.type("deconv")
    assert page.locator("#rows [role=row]:visible").count() == 4
    assert page.locator("#found").inner_text() == "4"
    assert page.locator(".node.hit").count() == page.locator(".node[aria-label^=DECONV]").count()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert (lit(page), page.locator("#found").inner_text()) == (["deconv2"], "2 / 4")
    page.keyboard.press("Shift+Enter")
    assert lit(page) == ["deconv1"]
    page.keyboard.type("nothing")
    assert page.get_by_text("No layer matches.").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#rows [role=row]:visible").count() == 50
    assert (lit(page), page.locator(".hit").count()) == ([], 0)


def test_all_of_it_works_with_the_keys(opened: Open) -> None:
    page = opened()
    order = [
        "Search layers",
        "Unfold all",
        "Fold all",
        "Zoom out",
        "Fit",
        "Zoom in",
        "Dark",
        "Keys",
    ]
    reached = []
    for _ in (*order, "diagram", "plot", "table"):
        page.keyboard.press("Tab")
        reached.append(_focused(page))
    for name, found in zip(order, reached, strict=False):
        assert found.startswith(name)
    assert reached[-3].startswith("INPUT")
    assert reached[-2].startswith("Layer in order")
    assert reached[-1].startswith("input")
    page.keyboard.press("Enter")  # from a row to its node
    settle(page)
    assert _focused(page).startswith("INPUT")
    page.keyboard.press("ArrowDown")
    assert _focused(page).startswith("stage ×5")
    page.keyboard.press("Enter")
    page.locator("[aria-label^='stage 1 of 5']").wait_for()
    page.keyboard.press("ArrowRight")
    assert _focused(page).startswith("stage 1 of 5")
    page.keyboard.press("ArrowLeft")
    page.locator(".node[aria-label^='stage 1 of 5']").wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.locator("[aria-label^='stage 1 of 5']").wait_for(state="detached")
    assert _focused(page).startswith("stage ×5")
    page.keyboard.press("End")
    page.keyboard.press("Enter")  # from a node to its row
    assert _focused(page).startswith("fc3")


def _focused(page: Page) -> str:
    return str(
        page.evaluate(
            "(e => e.getAttribute('aria-label') ?? e.textContent)(document.activeElement)"
        )
    )


def test_zoom_by_keys_buttons_and_wheel(opened: Open) -> None:
    page = opened()
    first, _ = _size(page)
    page.keyboard.press("+")
    assert _size(page)[0] == pytest.approx(1.25 * first, rel=0.01)
    page.get_by_role("button", name="Zoom out").click()
    assert _size(page)[0] == pytest.approx(first, rel=0.01)
    page.keyboard.press("0")
    fitted, height = _size(page)
    assert height < page.evaluate("document.getElementById('view').clientHeight")
    page.mouse.move(300, 300)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    page.locator(f"#drawing svg:not([width='{fitted}'])").wait_for()
    assert _size(page)[0] > fitted


def _size(page: Page) -> tuple[float, float]:
    at = page.locator("#drawing svg").bounding_box()
    assert at is not None
    return at["width"], at["height"]


def test_the_plot_shows_memory_over_time_and_its_peak(opened: Open) -> None:
    page = opened()
    assert page.locator("#peak").inner_text() == "peak 24.5 MiB at relu1"
    plot = page.get_by_role("slider")
    assert plot.get_attribute("aria-valuemax") == "40"
    plot.focus()
    page.keyboard.press("Home")
    assert (plot.get_attribute("aria-valuetext") or "").startswith("input: 588.0 KiB")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert lit(page) == ["conv1"]
    steps = (page.locator("#plot .area").get_attribute("d") or "").count("h1")
    assert steps == 40


def test_light_and_dark(opened: Open) -> None:
    def colours(page: Page) -> list[str]:
        return [
            page.evaluate(f"getComputedStyle(document.querySelector({where!r})).{what}")
            for where, what in (("body", "backgroundColor"), (".node path", "fill"))
        ]

    light, dark = (
        ["rgb(255, 255, 255)", "rgb(211, 216, 222)"],
        ["rgb(13, 17, 23)", "rgb(67, 76, 87)"],
    )
    page = opened("lenet5", color_scheme="dark")
    assert colours(page) == dark
    page.emulate_media(color_scheme="light")
    assert colours(page) == light
    page.get_by_role("button", name="Dark colours").click()
    assert colours(page) == dark
    assert page.get_by_role("button", name="Dark colours", pressed=True).count() == 1
    assert colours(opened("lenet5", Look(theme=DARK, fixed=True), color_scheme="light")) == dark


def test_words_of_a_spec_stay_words(opened: Open) -> None:
    lines = "".join(f"\n  - RELU  # {words}" for words in HOSTILE)
    text = f"netspec: 1\nname: a\ndoc: {json.dumps(HOSTILE[0])}\ninput: 8\nnet:\n  - INPUT{lines}\n"
    page = opened(text, Look(source_url="https://example.org/a?b='\"<script>"))
    page.get_by_role("button", name="Unfold all").click()
    settle(page)
    assert page.locator(".doc").first.inner_text() == HOSTILE[0]
    for number, words in enumerate(HOSTILE, 1):
        page.get_by_role("row", name=f"relu{number} ").click()
        link = page.locator("#details a")
        assert link.inner_text().endswith(f"# {words}")
        assert (link.get_attribute("href") or "").startswith("https://example.org/a")
    kinds = "[...document.querySelectorAll('#drawing *')].map(e => e.localName)"
    assert {*page.evaluate(kinds)} <= {"svg", "g", "path", "polygon", "text", "circle"}
    assert page.locator("img, iframe, [onerror], [onload], a:not([href^='https://'])").count() == 0


def test_the_policy_stops_what_asks_the_network(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "net.html"
    file.write_bytes(_plain("lenet5"))
    page = browser.new_page()
    asked: list[str] = []
    stopped: list[str | None] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: stopped.append(request.failure))
    page.goto(file.as_uri())
    page.evaluate(
        "fetch('https://example.org/').catch(() => 0); new Image().src = 'https://example.org/a';"
        "const script = document.createElement('script'); script.textContent = 'globalThis.x = 1';"
        "document.body.append(script);"
    )
    assert page.evaluate("typeof x") == "undefined"
    page.wait_for_load_state("networkidle")
    assert asked[0] == file.as_uri()
    assert stopped == ["csp"] * (len(asked) - 1)
    page.close()


def test_too_much_is_not_drawn_and_there_is_a_way_out(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netspec.diagram.page.filling.MAX_PAGE_NODES", 12)
    page = opened(NESTED.replace("name: nested", "name: bounded"))
    press(box(page, "×3"))
    page.get_by_role("button", name="Unfold all").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "18 layers are more than the 12 that a page lays out" in alert.inner_text()
    press(box(page, "stage ×2"))  # the page is as it was, and goes on
    assert alert.is_hidden()
    assert page.locator(".node[aria-label^=RELU]").count() == 5


def test_a_layout_that_takes_too_long_ends(opened: Open) -> None:
    page = opened()
    page.evaluate("document.getElementById('worker').textContent = 'for (;;);'")
    page.clock.install()
    box(page, "stage ×5").locator(".toggle[data-action=toggle]").click()
    page.locator("#view.busy").wait_for()
    page.clock.run_for(21_000)
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "it took longer than 20 seconds" in alert.inner_text()
    assert box(page, "stage ×5").get_attribute("aria-expanded") == "false"


def test_without_javascript_the_folded_diagram_is_there(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "net.html"
    file.write_bytes(_plain("vgg16"))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator(".node").count() == 9
    assert page.get_by_text("With JavaScript it unfolds").is_visible()
    assert page.locator("#panel").is_hidden()
    context.close()
