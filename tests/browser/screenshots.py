"""Takes the pictures of the running product: ``make screenshots``.

Every page at 1440, 834 and 390 px, light and dark, in English and German, into
``docs/screenshots/all`` (not kept in the repository); the few that the README
shows are written to ``docs/screenshots``. ``make screenshots TARGETS=folder``
also puts ours beside the designed picture of the same page (its file begins with
the number below), into ``docs/screenshots/beside``. ``ONLY="list sla"`` takes some.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chromium import find_chromium
from tests.browser.conftest import PASSWORD, ROOT, Site, start_site, stop_site

Scheme = Literal["light", "dark"]
FOLDER = ROOT / "docs" / "screenshots"
SIZES = {1440: 900, 834: 1112, 390: 844}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
GAP = 24
PICTURES_ARE_THERE = """() => [...document.images].every((each) =>
    each.complete || each.getBoundingClientRect().top > innerHeight)"""


@dataclass(frozen=True)
class Shot:
    """A page: whose, where, what is looked for in the palette, numbers of its designs.

    ``{ticket}`` in the path is the first ticket that is being worked on.
    """

    name: str
    account: str | None
    path: str
    palette: str = ""
    targets: tuple[str, ...] = ()


def ticket_section(section: str, *targets: str) -> Shot:
    """A section of the manager's workspace."""
    return Shot(section, "manager", f"/{{lang}}/tickets/{{ticket}}?section={section}", "", targets)


SHOTS = (
    Shot("sign-in", None, "/{lang}/login", targets=("09",)),
    Shot("components", None, "/dev/components", targets=("14",)),
    Shot("dashboard", "manager", "/{lang}/", targets=("01",)),
    Shot("list", "manager", "/{lang}/tickets", targets=("02",)),
    Shot("palette", "manager", "/{lang}/tickets", palette="was", targets=("11",)),
    Shot("new", "manager", "/{lang}/tickets/new"),
    ticket_section("activity", "03", "04"),
    ticket_section("overview"),
    ticket_section("details"),
    ticket_section("team"),
    ticket_section("history"),
    ticket_section("sla", "05"),
    ticket_section("attachments"),
    ticket_section("related"),
    ticket_section("vendor"),
    ticket_section("ai"),
    ticket_section("billing"),
    Shot("assign", "manager", "/{lang}/tickets/{ticket}/assign"),
    Shot("approvals", "manager", "/{lang}/approvals", targets=("12",)),
    Shot("buildings", "manager", "/{lang}/buildings"),
    Shot("notifications", "manager", "/{lang}/notifications"),
    Shot("keys", "manager", "/{lang}/shortcuts"),
    Shot("security", "admin", "/{lang}/admin/security", targets=("10",)),
    Shot("home-owner", "admin", "/{lang}/"),
    Shot("home-caretaker", "caretaker", "/{lang}/"),
    Shot("home-resident", "resident", "/{lang}/"),
    Shot("my-requests", "resident", "/{lang}/tickets"),
    Shot("report", "resident", "/{lang}/tickets/new", targets=("06",)),
    Shot("tracking", "resident", "/{lang}/tickets/{ticket}", targets=("07",)),
    Shot("home-vendor", "vendor", "/{lang}/"),
    Shot("jobs", "vendor", "/{lang}/vendor/inbox", targets=("08",)),
)
README = {
    ("dashboard", 1440, "light", "en"): "dashboard.png",
    ("list", 1440, "light", "en"): "tickets.png",
    ("activity", 1440, "light", "en"): "workspace.png",
    ("tracking", 390, "light", "de"): "phone.png",
}


def shoot(browser: Browser, site: Site, wanted: set[str], targets: Path | None) -> int:
    """Take every picture; answers how many."""
    shots = [shot for shot in SHOTS if not wanted or shot.name in wanted]
    accounts = dict.fromkeys(shot.account for shot in shots)
    looks = [
        (lang, scheme, width) for lang in ("en", "de") for scheme in SCHEMES for width in SIZES
    ]
    for lang, scheme, width in looks:
        for account in accounts:
            context = open_context(browser, site, lang, scheme, width)
            page = context.new_page()
            if account:
                sign_in(page, lang, account)
            for shot in shots:
                if shot.account == account:
                    file = take(page, shot, lang, f"{shot.name}-{width}-{scheme}-{lang}.png")
                    kept = README.get((shot.name, width, scheme, lang))
                    if kept:
                        (FOLDER / kept).write_bytes(file.read_bytes())
                    if targets:
                        put_beside(file, shot, targets)
            context.close()
    return len(looks) * len(shots)


def open_context(
    browser: Browser, site: Site, lang: str, scheme: Scheme, width: int
) -> BrowserContext:
    """A browser of one size and scheme."""
    return browser.new_context(
        base_url=site.url,
        viewport={"width": width, "height": SIZES[width]},
        device_scale_factor=2 if width == 390 else 1,
        color_scheme=scheme,
        locale=lang,
    )


def take(page: Page, shot: Shot, lang: str, name: str) -> Path:
    """Open a page, wait for what it loads, take its picture."""
    page.goto(shot.path.format(lang=lang, ticket=first_ticket(page, shot.path)))
    page.evaluate("document.fonts.ready")
    page.wait_for_function(PICTURES_ARE_THERE)
    for dot in page.locator("[data-live-state]:visible").all():
        expect(dot).to_have_attribute("data-state", "on")
    if shot.palette:
        page.keyboard.press("Control+k")
        dialog = page.locator("dialog[open]")
        dialog.get_by_role("combobox").fill(shot.palette)
        expect(dialog.get_by_role("option").first).to_be_visible()
    file = FOLDER / "all" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file)
    return file


def put_beside(file: Path, shot: Shot, targets: Path) -> None:
    """Ours at the left, each of its designs to the right, at the height of ours."""
    designs = [
        found for number in shot.targets for found in sorted(targets.glob(f"{number}-*.png"))
    ]
    if not designs:
        return
    images = [Image.open(path).convert("RGB") for path in (file, *designs)]
    height = images[0].height
    images = [each.resize((round(each.width * height / each.height), height)) for each in images]
    sheet = Image.new("RGB", (sum(each.width + GAP for each in images) - GAP, height), "white")
    left = 0
    for each in images:
        sheet.paste(each, (left, 0))
        left += each.width + GAP
    folder = FOLDER / "beside"
    folder.mkdir(parents=True, exist_ok=True)
    sheet.save(folder / file.name)


def sign_in(page: Page, lang: str, account: str) -> None:
    """Sign in by the form."""
    page.goto(f"/{lang}/login")
    page.locator("[name=email]").fill(f"{account}@demo.example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("#sign-in button[type=submit]").first.click()
    page.wait_for_load_state()


def first_ticket(page: Page, path: str) -> str:
    """The id of the ticket in the designs, else of one that is worked on; "" where none is needed."""
    if "{ticket}" not in path:
        return ""
    for query in ("q=K%C3%BCchensp%C3%BCle&status=IN_PROGRESS", "status=IN_PROGRESS", ""):
        items = page.request.get(f"/api/tickets?{query}").json()["items"]
        if items:
            return str(items[0]["id"])
    raise LookupError("nobody reported anything")


def main() -> None:
    """Start the demo, take the pictures, stop it."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--targets", type=Path, help="a folder of designed pictures")
    parser.add_argument("only", nargs="*", help="names of pages")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        site = start_site(Path(home))
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGS)
                count = shoot(browser, site, set(options.only), options.targets)
                print(count, "pictures in", FOLDER)
        finally:
            stop_site(site)


if __name__ == "__main__":
    main()
