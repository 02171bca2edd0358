"""Charsets that a mail may use: those that people write in, decoded in one pass.

Python knows more of them, some of which a stranger could use to keep us busy for hours
(`punycode`) or that are no charsets at all (`zlib`, `unicode_escape`).
"""

from __future__ import annotations

import codecs
from email.errors import HeaderParseError
from email.header import decode_header, make_header

MAX_HEADER = 5_000
# By the names that Python gives them once aliases are resolved.
_KNOWN = frozenset(
    (
        *("ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be"),
        *(f"iso8859-{number}" for number in range(1, 17) if number != 12),
        *(f"cp{number}" for number in (437, 850, 852, 858, 866, 874, 932, 949, 950)),
        *(f"cp{number}" for number in range(1250, 1259)),
        *("koi8-r", "koi8-u", "mac-roman", "tis-620"),
        *("gb2312", "gbk", "gb18030", "big5", "big5hkscs"),
        *("shift_jis", "euc_jp", "iso2022_jp", "euc_kr", "iso2022_kr"),
    )
)


def safe_charset(name: str) -> str | None:
    """The charset by Python's name for it; None for one that no mail is read in."""
    try:
        known = codecs.lookup(name[:40]).name
    except (LookupError, ValueError):
        return None
    return known if known in _KNOWN else None


def decoded_words(text: str) -> str:
    """A header's words, whatever they were encoded in; as they stand where they are broken."""
    text = text[:MAX_HEADER]
    try:
        pieces = decode_header(text)
        if not all(safe_charset(charset) for _words, charset in pieces if charset is not None):
            return text
        return str(make_header(pieces))
    except (HeaderParseError, UnicodeError, LookupError, ValueError):
        return text
