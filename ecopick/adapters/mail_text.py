"""What somebody wrote in a mail: out of its HTML, and without what they quoted.

Everything here takes time in proportion to the text, whatever a stranger sends: no
pattern looks twice at the same place, and every one has a bound.
"""

from __future__ import annotations

import html
import re
import string
import unicodedata
from dataclasses import dataclass, field

MAX_CHARACTERS = 200_000
# Those with space around them, and those that only begin a line.
_PARAGRAPHS = frozenset(
    ("blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul")
)
_LINES = frozenset(
    ("address", "article", "br", "center", "dd", "div", "dl", "dt", "form", "hr", "li", "tr")
)
# Their content is no text of the mail.
_SILENT = frozenset(
    ("head", "noscript", "script", "select", "style", "svg", "template", "textarea", "title")
)
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")


def plain_text(text: str) -> str:
    """Text of a mail made safe to store: one kind of line end, nothing that cannot be seen."""
    text = text[:MAX_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n")
    seen = (c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co"))
    lines = [line.rstrip() for line in "".join(seen).split("\n")]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n")


@dataclass
class _Page:
    """Text that is collected from HTML, line by line; quotes begin with `>`."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    quotes: int = 0

    def end_line(self, *, spaced: bool = False) -> None:
        words = " ".join("".join(self.line).split())
        if words:
            self.lines.append("> " * min(self.quotes, 5) + words)
        if spaced and self.lines and self.lines[-1]:
            self.lines.append("")
        self.line.clear()


def html_text(source: str) -> str:
    """The text of an HTML mail, with its lines; what it quotes begins with `>`."""
    source = source[:MAX_CHARACTERS]
    lower, page, at = source.translate(_LOWER), _Page(), 0
    while at < len(source):
        start = source.find("<", at)
        if start < 0:
            start = len(source)
        page.line.append(html.unescape(source[at:start]))
        if source.startswith("<!--", start):
            at = _after(lower, "-->", start)
            continue
        if start == len(source):
            break
        tag = _TAG.match(source, start)
        if tag is None and not source.startswith(("<!", "<?"), start):
            page.line.append("<")
            at = start + 1
            continue
        end = source.find(">", start)
        if end < 0:
            break
        at = end + 1
        if tag is None:
            continue
        name, closes = tag[1].lower(), source.startswith("</", start)
        if name in _SILENT and not closes and source[end - 1] != "/":
            at = _after(lower, f"</{name}", at)
            at = _after(lower, ">", at) if at < len(source) else at
            continue
        _handle(page, name, closes=closes)
    page.end_line()
    return plain_text("\n".join(page.lines))


def _after(text: str, wanted: str, start: int) -> int:
    found = text.find(wanted, start)
    return len(text) if found < 0 else found + len(wanted)


def _handle(page: _Page, name: str, *, closes: bool) -> None:
    if name in ("td", "th"):
        page.line.append(" ")
    if name not in _PARAGRAPHS and name not in _LINES:
        return
    page.end_line(spaced=name in _PARAGRAPHS)
    if name == "blockquote":
        page.quotes = max(0, page.quotes + (-1 if closes else 1))
    elif name == "li" and not closes:
        page.line.append("- ")


_WROTE = re.compile(
    r"(?:On|Am|Le|Il|El)\s.{4,300}?\s(?:wrote|schrieb|a\s+écrit|ha\s+scritto)\b.{0,200}:"
    r"|.{0,200}\b(?:wrote|schrieb|a\s+écrit|ha\s+scritto)\s+(?:on|am|le|il)\s.{4,200}:",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"[-_*\s]{2,40}(?:original message|forwarded message|ursprüngliche nachricht"
    r"|original-?nachricht|weitergeleitete nachricht|message d['’]origine|message original"
    r"|message transféré|messaggio originale|messaggio inoltrato)[-_*:\s]{0,40}",
    re.IGNORECASE,
)
_HEAD_FIRST = re.compile(r"\*{0,2}(?:From|Von|De|Da)\s{0,2}:\s?\*{0,2}\s?\S.{0,300}", re.IGNORECASE)
_HEAD_NEXT = re.compile(
    r"\*{0,2}(?:Sent|Date|To|Cc|Subject|Gesendet|Datum|An|Betreff|Envoyé|À|Objet|Inviato|Data|A"
    r"|Oggetto)(?:\s\w{1,4})?\s{0,2}:\s?\*{0,2}.{0,300}",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(
    r"(?:sent from (?:my|outlook)|get outlook for|von meinem \w+|gesendet (?:von|mit)|"
    r"envoyé (?:de|depuis)|télécharger outlook|inviato da|scarica outlook|outlook für) ?.{0,120}",
    re.IGNORECASE,
)


def without_quotes(text: str) -> str:
    """What was newly written in a reply, in any of the four languages; may be nothing.

    The mail that is answered goes where a program put it below, and lines that begin
    with `>`; an answer written below a quote stays. So goes a signature after `--` and
    what a phone adds.
    """
    lines = plain_text(text).split("\n")
    kept = lines[: _quote_start(lines)]
    kept += _answer_below(lines, len(kept))
    kept = [line for line in kept if not line.lstrip().startswith(">")]
    return "\n".join(_without_signature(kept)).strip()


def _quote_start(lines: list[str]) -> int:
    """The first line of the mail that is answered; their number where none is."""
    for at, line in enumerate(lines):
        words = line.strip().lstrip("> ").strip()
        if not words:
            continue
        if _SEPARATOR.fullmatch(words) or _wrote_lines(lines, at):
            return at
        if _HEAD_FIRST.fullmatch(words) and _heads_below(lines, at) >= 2:
            return at - 1 if at and set(lines[at - 1].strip()) in ({"_"}, {"-"}) else at
    return len(lines)


def _wrote_lines(lines: list[str], at: int) -> int:
    """How many lines from here say "… wrote:"; programs break that line in up to three."""
    joined = ""
    for count, line in enumerate(lines[at : at + 3], 1):
        joined = f"{joined} {line.strip().lstrip('> ')}".strip()
        if len(joined) > 600 or not line.strip():
            return 0
        if _WROTE.fullmatch(joined):
            return count
    return 0


def _heads_below(lines: list[str], at: int) -> int:
    below = (line.strip().lstrip("> ") for line in lines[at + 1 : at + 6])
    return sum(1 for line in below if _HEAD_NEXT.fullmatch(line))


def _answer_below(lines: list[str], start: int) -> list[str]:
    """What stands below a quote whose lines begin with `>`, after its "… wrote:"."""
    if start >= len(lines) or not (head := _wrote_lines(lines, start)):
        return []
    rest = lines[start + head :]
    first = next((line for line in rest if line.strip()), "")
    if not first.lstrip().startswith(">"):
        return []
    below = [line for line in rest if not line.lstrip().startswith(">")]
    return below[: _quote_start(below)]


def _without_signature(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        if line.rstrip() == "--" and at:
            lines = lines[:at]
            break
    while lines and (not lines[-1].strip() or _SENT_FROM.fullmatch(lines[-1].strip())):
        lines = lines[:-1]
    return lines
