"""What a browser calls itself, in two words that its owner knows."""

import re

# The first that is found: browsers name those that they descend from as well.
BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Vivaldi", r"Vivaldi/"),
    ("DuckDuckGo", r"DuckDuckGo/|Ddg/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Version/[\d.]+.*Safari/"),
)
SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("ChromeOS", r"CrOS"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux|X11"),
)


def browser_of(user_agent: str | None) -> str | None:
    """The browser's name; None for programs and browsers that nobody knows."""
    return _first(BROWSERS, user_agent)


def system_of(user_agent: str | None) -> str | None:
    """The name of the device or its system."""
    return _first(SYSTEMS, user_agent)


def is_handheld(user_agent: str | None) -> bool:
    """Whether it is a telephone or a tablet."""
    return system_of(user_agent) in ("iPhone", "iPad", "Android")


def _first(table: tuple[tuple[str, str], ...], user_agent: str | None) -> str | None:
    for name, pattern in table:
        if re.search(pattern, user_agent or ""):
            return name
    return None
