"""Takes the pictures of the running product: ``make screenshots``.

Every page at 1440, 834 and 390 px, light and dark, in English and German, into
``docs/screenshots/all`` (not kept in the repository); the few that the README
shows are written to ``docs/screenshots``.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import find_chromium
from tests.browser.conftest import PASSWORD, ROOT, Site, start_site, stop_site

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {1440: 900, 834: 1112, 390: 844}
ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# (name, account, path); {ticket} is the first row of the account's list.
PAGES = (
    ("sign-in", None, "/{lang}/login"),
    ("components", None, "/dev/components"),
    ("list", "manager", "/{lang}/tickets"),
    ("new", "manager", "/{lang}/tickets/new"),
    ("workspace", "manager", "/{lang}/tickets/{ticket}?section=activity"),
    ("overview", "manager", "/{lang}/tickets/{ticket}"),
    ("details", "manager", "/{lang}/tickets/{ticket}?section=details"),
    ("team", "manager", "/{lang}/tickets/{ticket}?section=team"),
    ("history", "manager", "/{lang}/tickets/{ticket}?section=history"),
    ("sla", "manager", "/{lang}/tickets/{ticket}?section=sla"),
    ("attachments", "manager", "/{lang}/tickets/{ticket}?section=attachments"),
    ("related", "manager", "/{lang}/tickets/{ticket}?section=related"),
    ("vendor", "manager", "/{lang}/tickets/{ticket}?section=vendor"),
    ("assign", "manager", "/{lang}/tickets/{ticket}/assign"),
    ("buildings", "manager", "/{lang}/buildings"),
    ("notifications", "manager", "/{lang}/notifications"),
    ("my-requests", "resident", "/{lang}/tickets"),
    ("report", "resident", "/{lang}/tickets/new"),
    ("tracking", "resident", "/{lang}/tickets/{ticket}"),
    ("jobs", "vendor", "/{lang}/vendor/inbox"),
)
README = {
    ("list", 1440, "light", "en"): "tickets.png",
    ("tracking", 390, "light", "de"): "phone.png",
}


def shoot(browser: Browser, site: Site, wanted: set[str]) -> int:
    """Take every picture; answers how many."""
    taken = 0
    for lang in ("en", "de"):
        for scheme in ("light", "dark"):
            for width, height in SIZES.items():
                for account in (None, "manager", "resident", "vendor"):
                    pages = [p for p in PAGES if p[1] == account and (not wanted or p[0] in wanted)]
                    if not pages:
                        continue
                    context = browser.new_context(
                        base_url=site.url,
                        viewport={"width": width, "height": height},
                        device_scale_factor=2 if width == 390 else 1,
                        color_scheme=scheme,  # type: ignore[arg-type]
                        locale=lang,
                    )
                    page = context.new_page()
                    if account:
                        sign_in(page, lang, account)
                    for name, _account, path in pages:
                        target = path.format(lang=lang, ticket=first_ticket(page, lang, path))
                        page.goto(target)
                        page.evaluate("document.fonts.ready")
                        file = FOLDER / "all" / f"{name}-{width}-{scheme}-{lang}.png"
                        file.parent.mkdir(parents=True, exist_ok=True)
                        page.screenshot(path=file)
                        taken += 1
                        kept = README.get((name, width, scheme, lang))
                        if kept:
                            page.screenshot(path=FOLDER / kept)
                    context.close()
    return taken


def sign_in(page: Page, lang: str, account: str) -> None:
    """Sign in by the form."""
    page.goto(f"/{lang}/login")
    page.locator("[name=email]").fill(f"{account}@demo.example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("#sign-in button[type=submit]").first.click()
    page.wait_for_load_state()


def first_ticket(page: Page, lang: str, path: str) -> str:
    """The id of a ticket that is worked on, where the path needs one."""
    if "{ticket}" not in path:
        return ""
    answer = page.request.get("/api/tickets?status=IN_PROGRESS&limit=20")
    items = answer.json()["items"] or page.request.get("/api/tickets").json()["items"]
    return str(items[0]["id"])


def main() -> None:
    """Start the demo, take the pictures, stop it."""
    with tempfile.TemporaryDirectory() as home:
        site = start_site(Path(home))
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGS)
                print(shoot(browser, site, set(sys.argv[1:])), "pictures in", FOLDER)
        finally:
            stop_site(site)


if __name__ == "__main__":
    main()
