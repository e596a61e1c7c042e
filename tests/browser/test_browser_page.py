"""What a person does, in a real browser: search, read, compare, with mouse, keyboard and phone."""

from __future__ import annotations

import pytest

pytest.importorskip("selenium")

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.web.samples import TAG, id_of

pytestmark = pytest.mark.browser

FLOOD, HOSTILE = id_of("flood"), id_of("hostile")
EVERY_PAGE = [
    "/", "/?q=banjir&collapse=1", "/?q=%28", "/?q=" + "w" * 2_000, "/stories", f"/stories/{id_of('rob')}",
    f"/stories/{id_of('hostile')}", f"/articles/{FLOOD}", f"/articles/{HOSTILE}", f"/articles/{FLOOD}/versions",
    f"/articles/{HOSTILE}/versions", "/health", "/dead", "/dead?state=all", f"/dead/{id_of('letter')}", "/nowhere",
]  # fmt: skip


def body(browser):
    return browser.find_element(By.TAG_NAME, "body").text


def shows(browser, words):
    """Whether the page comes to show the words; a key press does not wait for the page it asks for."""
    return WebDriverWait(browser, 10, ignored_exceptions=[StaleElementReferenceException]).until(
        lambda b: words in body(b)
    )


def follow(browser, element, *keys):
    """Click (or type into) what leads to another page, and wait for it: the old one is still there for a moment."""
    page = browser.find_element(By.TAG_NAME, "html")
    if keys:
        element.send_keys(*keys)
    else:
        element.click()
    WebDriverWait(browser, 20).until(staleness_of(page))


def focused(browser):
    return browser.switch_to.active_element


def press(browser, *keys):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def test_search_then_article_then_versions(browser, address):
    box = browser.find_element(By.ID, "q")
    follow(browser, box, "banjir", Keys.ENTER)
    assert shows(browser, "2 articles")
    assert browser.find_elements(By.CSS_SELECTOR, ".hits mark")
    follow(browser, browser.find_element(By.PARTIAL_LINK_TEXT, "150 rumah"))
    assert browser.current_url == f"{address}/articles/{FLOOD}"
    assert browser.find_element(By.CSS_SELECTOR, ".text mark.person").text == "Bayu Segara"
    follow(browser, browser.find_element(By.PARTIAL_LINK_TEXT, "version 2"))
    assert [one.text.strip() for one in browser.find_elements(By.CSS_SELECTOR, ".diff del")] == ["120"]
    assert "150" in browser.find_element(By.CSS_SELECTOR, ".diff .text ins").text


def test_a_facet_narrows_a_bar_narrows_and_a_chip_widens(browser):
    follow(browser, browser.find_element(By.LINK_TEXT, "Kabar Laut"))
    assert shows(browser, "1 article")
    follow(browser, browser.find_element(By.CSS_SELECTOR, ".chips a"))
    assert shows(browser, "34 articles")
    follow(browser, browser.find_elements(By.CSS_SELECTOR, ".chart svg a rect")[-1])
    assert browser.find_element(By.ID, "from").get_attribute("value") == "2026-02-02"
    assert shows(browser, "1 article")


def test_copies_are_shown_once_on_request(browser):
    browser.find_element(By.ID, "q").send_keys("merendam")
    browser.find_element(By.CSS_SELECTOR, "label[for=collapse]").click()
    follow(browser, browser.find_element(By.CSS_SELECTOR, "form.search button"))
    follow(browser, browser.find_element(By.LINK_TEXT, "+1 copy"))
    assert shows(browser, "2 articles")


def test_order_and_next_page(browser):
    browser.find_element(By.ID, "q").send_keys("cabai")
    Select(browser.find_element(By.ID, "sort")).select_by_value("oldest")
    follow(browser, browser.find_element(By.CSS_SELECTOR, "form.search button"))
    assert browser.find_element(By.CSS_SELECTOR, ".hits h2").text == "Harga cabai hari ke-0"
    follow(browser, browser.find_element(By.LINK_TEXT, "Next page"))
    assert browser.find_element(By.CSS_SELECTOR, ".hits h2").text == "Harga cabai hari ke-20"
    follow(browser, browser.find_element(By.LINK_TEXT, "back to the first"))
    assert shows(browser, "30 articles")


def test_a_story_and_a_merged_one(browser, address):
    follow(browser, browser.find_element(By.LINK_TEXT, "Stories"))
    follow(browser, browser.find_element(By.LINK_TEXT, "Banjir rob"))
    assert shows(browser, "Gempa kecil")
    browser.get(f"{address}/stories/{id_of('merged')}")
    assert browser.current_url == f"{address}/stories/{id_of('rob')}"


def test_what_was_removed_is_explained_and_shown(browser, address):
    browser.get(f"{address}/articles/{FLOOD}")
    assert shows(browser, "Baca juga")
    details = browser.find_element(By.XPATH, "//details[summary='The text as it came in']")
    assert not details.find_element(By.TAG_NAME, "del").is_displayed()
    details.find_element(By.TAG_NAME, "summary").click()
    assert details.find_element(By.TAG_NAME, "del").text.startswith("KARANG, WARTA")


# ---------------------------------------------------------------- keyboard


def test_the_first_tab_is_the_skip_link_and_it_skips(browser):
    press(browser, Keys.TAB)
    assert focused(browser).text == "Skip to content"
    assert focused(browser).location["y"] >= 0
    press(browser, Keys.ENTER)
    assert focused(browser).get_attribute("id") == "main"
    press(browser, Keys.TAB)
    assert focused(browser).get_attribute("id") == "q"


def test_search_by_keyboard_alone(browser):
    names = []
    for _ in range(7):
        press(browser, Keys.TAB)
        names.append(focused(browser).get_attribute("id") or focused(browser).text)
    assert names == ["Skip to content", "kabar", "Articles", "Stories", "Health", "Dead letters", "q"]
    press(browser, "gempa", Keys.ENTER)
    assert shows(browser, "1 article")


def test_slash_jumps_to_the_search_and_is_a_letter_inside(browser):
    press(browser, "/")
    assert focused(browser).get_attribute("id") == "q"
    press(browser, "a/b")
    assert focused(browser).get_attribute("value") == "a/b"


def test_focus_is_visible_everywhere(browser):
    for _ in range(20):
        press(browser, Keys.TAB)
        assert focused(browser).value_of_css_property("outline-style") == "solid", focused(
            browser
        ).get_attribute("outerHTML")


def test_bars_are_no_tab_stops_but_their_table_is(browser):
    assert not browser.execute_script(
        "return [...document.querySelectorAll('svg a')].some(a => a.tabIndex >= 0)"
    )
    browser.find_element(By.XPATH, "//summary[.='As a table']").click()
    assert browser.find_element(By.CSS_SELECTOR, ".chart table a").is_displayed()


# ---------------------------------------------------------------- phone, colours, without scripts


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_nothing_scrolls_sideways_on_a_phone(phone, address, path):
    phone.get(address + path)
    inner, content = phone.execute_script("return [innerWidth, document.documentElement.scrollWidth]")
    assert inner == 360
    assert content <= inner


def test_facets_are_a_jump_away_on_a_phone(phone):
    link = phone.find_element(By.LINK_TEXT, "Narrow down")
    assert link.is_displayed()
    link.click()
    assert phone.current_url.endswith("#narrow")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_dark(browser, scheme):
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    for selector in (
        "body",
        ".meta",
        ".hits h2 a",
        ".facets a",
        ".count",
        "button",
        ".snippet",
        "label",
        "footer a",
    ):
        ratio = browser.execute_script(CONTRAST, selector)
        assert ratio >= 4.5, (selector, ratio)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


CONTRAST = """
const parse = text => text.match(/[\\d.]+/g).map(Number);
const light = rgb => rgb.slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const element = document.querySelector(arguments[0]);
let behind = element;
while (behind && (parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
const pair = [light(parse(getComputedStyle(element).color)),
              light(parse(getComputedStyle(behind || document.documentElement).backgroundColor))].sort((a, b) => b - a);
return (pair[0] + .05) / (pair[1] + .05);
"""


def test_everything_works_without_scripts(browser, address):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"{address}/")
        follow(browser, browser.find_element(By.ID, "q"), "gempa", Keys.ENTER)
        assert shows(browser, "1 article")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


# ---------------------------------------------------------------- attacks


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_no_attack_runs_and_no_page_breaks_its_own_policy(browser, address, path):
    browser.get(address + path)
    assert browser.execute_script("return window.owned") is None
    assert browser.find_elements(By.CSS_SELECTOR, "img, iframe, object, embed, script:not([src])") == []
    violations = [one["message"] for one in browser.get_log("browser") if "favicon" not in one["message"]]
    assert [one for one in violations if "Failed to load resource" not in one] == []


@pytest.mark.parametrize(
    "path", [f"/articles/{HOSTILE}", f"/stories/{id_of('hostile')}", f"/dead/{id_of('letter')}"]
)
def test_attacks_are_seen_as_text(browser, address, path):
    browser.get(address + path)
    assert TAG in body(browser)


def test_the_policy_would_stop_a_script_that_got_in(browser):
    browser.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.owned = 1'; document.body.append(s);"
        "const b = document.createElement('button'); b.setAttribute('onclick', 'window.owned = 2');"
        "document.body.append(b); b.click();"
    )
    assert browser.execute_script("return window.owned") is None
    assert any("Content Security Policy" in one["message"] for one in browser.get_log("browser"))


def test_an_override_does_not_turn_its_surroundings(browser, address):
    browser.get(f"{address}/articles/{HOSTILE}")
    for element in browser.find_elements(By.CSS_SELECTOR, ".facets section h2, .meta time, .legend"):
        assert element.value_of_css_property("direction") == "ltr"
    isolated = browser.execute_script(
        "const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); const bare = [];"
        "while (walk.nextNode()) if (walk.currentNode.data.includes('\\u202e') && !walk.currentNode.parentElement"
        ".closest('bdi, [dir], mark, span.quote')) bare.push(walk.currentNode.parentElement.outerHTML.slice(0, 80));"
        "return bare"
    )
    assert isolated == []
