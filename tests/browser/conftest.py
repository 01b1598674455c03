"""A real browser, in front of two real servers at two hosts."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, sync_playwright

from tests.http_servers import Town, open_town

INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Chromium's sandbox does not run as root, and the rest keeps it from calling its maker.
FLAGS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Shop and simulator."""
    with open_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """An installed Chromium or Chrome, else Playwright's own."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


def launch(playwright: Playwright) -> Browser:
    """Start the browser, or say what to install."""
    installed = next(filter(None, map(shutil.which, INSTALLED)), None)
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    try:
        return playwright.chromium.launch(
            executable_path=installed, args=[*FLAGS, *(["--no-sandbox"] if as_root else [])]
        )
    except Error:
        pytest.fail(
            "The browser tests need a browser: install Chromium or Chrome (Debian: apt install chromium "
            "fonts-noto-cjk), or run: python -m playwright install chromium",
            pytrace=False,
        )


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A fresh tab of a fresh visitor; whatever the browser complains of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    # A page with status 4xx or 5xx is reported by Chromium as a resource that failed to load.
    assert [text for text in complaints if "Failed to load resource" not in text] == []
