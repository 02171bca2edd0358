"""A mail taken apart: words without quotes, files, and whether a person wrote it."""

import time
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

import pytest

from ecopick.adapters.mail_in import BadMail, IncomingMail, read_mail
from ecopick.adapters.mail_text import html_text, without_quotes

QUOTED = "> Wann passt es Ihnen?\n> Ihre Verwaltung\n"
REPLIES = {
    "german": "Am 20.11.2026 um 10:12 schrieb Ecopick <reply+abc@in.example.org>:\n" + QUOTED,
    "french, broken line": "Le ven. 20 nov. 2026 à 10:12, Ecopick <reply+a@in.example.org> a\nécrit :\n\n"
    + QUOTED,
    "italian": "Il giorno ven 20 nov 2026 alle ore 10:12 Ecopick <a@b.it> ha scritto:\n" + QUOTED,
    "english, broken line": "On Fri, Nov 20, 2026 at 10:12 AM Ecopick\n<a@b.it> wrote:\n" + QUOTED,
    "outlook german": "________________________________\nVon: Ecopick <a@b.it>\n"
    "Gesendet: Freitag, 20. November 2026\nAn: Anna\nBetreff: EP-1\n\nGuten Tag",
    "outlook french": "De : Ecopick <a@b.it>\nEnvoyé : vendredi\nÀ : Anna\nObjet : EP-1\n\nBonjour",
    "outlook italian": "*Da:* Ecopick\n*Inviato:* venerdì\n*A:* Anna\n*Oggetto:* EP-1\n\nCiao",
    "separator": "-----Ursprüngliche Nachricht-----\nVon: Ecopick\nHallo",
    "only marks": QUOTED,
}
WORDS = "Morgen um neun passt.\n\n- Klingel: Muster\n- 2. Stock"


@pytest.mark.parametrize("quote", REPLIES.values(), ids=REPLIES)
def test_quotes_go_and_words_stay(quote: str) -> None:
    assert without_quotes(f"{WORDS}\n\n{quote}") == WORDS
    assert without_quotes(quote) == ""


def test_answers_below_signatures_and_prose() -> None:
    below = "On Fri, Nov 20, 2026, Ecopick wrote:\n> when?\n\nTomorrow at nine.\n"
    assert without_quotes(below) == "Tomorrow at nine."
    between = "> Wann?\nMorgen.\n> Wo?\nIm Keller."
    assert without_quotes(between) == "Morgen.\nIm Keller."
    assert without_quotes("Danke\n-- \nMax Muster\nMuster AG") == "Danke"
    assert without_quotes("Danke\n\nVon meinem iPhone gesendet\n") == "Danke"
    prose = "Von: hier aus ist alles nass.\nIl rubinetto perde. Am Montag schrieb ich schon."
    assert without_quotes(prose) == prose


def test_html_becomes_text() -> None:
    page = (
        "<html><head><style>p{}</style><title>x</title></head><body><!-- no --><p>Guten Tag,</p>"
        "<ul><li>Küche &amp; Bad</li><li>1 &lt; 2</li></ul><script>alert(1)</script>"
        "<div>Gruß<br>Anna</div><blockquote><p>Wann?</p></blockquote></body></html>"
    )
    text = html_text(page)
    assert text == "Guten Tag,\n\n- Küche & Bad\n- 1 < 2\n\nGruß\nAnna\n\n> Wann?"
    assert without_quotes(text).endswith("Anna")


@pytest.mark.parametrize(
    "text",
    ["<a " * 70_000, "<!--" * 50_000, "<script>" * 30_000, "On " * 70_000, "From: a\n" * 20_000,
     "Am x schrieb " * 15_000, "> " * 90_000, "&#x" * 60_000, "<blockquote>" * 16_000,
     "<" * 199_999 + ">", "<1>" * 66_000],
)  # fmt: skip
def test_hostile_text_takes_no_time(text: str) -> None:
    began = time.process_time()
    without_quotes(html_text(text))
    without_quotes(text)
    assert time.process_time() - began < 2


def written(text: str = "Es tropft.", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    headers = {"From": "Anna <anna@example.org>", "Message-ID": "<1@example.org>"} | headers
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(text)
    return mail


def read(mail: EmailMessage, sender: str | None = "anna@example.org") -> IncomingMail:
    return read_mail(mail.as_bytes(), sender)


def test_words_and_files() -> None:
    mail = written(Subject="Re: Wasser")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Plan ü.pdf")
    mail.add_attachment(
        b"x" * 500, maintype="image", subtype="png", cid="<logo>", disposition="inline"
    )
    mail.add_attachment(b"sig", maintype="application", subtype="pgp-signature", filename="s.asc")
    found = read(mail)
    assert (found.sender.address, found.sender.name) == ("anna@example.org", "Anna")
    assert (found.subject, found.text.strip()) == ("Re: Wasser", "Es tropft.")
    assert [(file.name, file.content) for file in found.files] == [("Plan ü.pdf", b"%PDF-1.4")]
    assert found.automatic == ""


def test_a_mail_that_is_only_html() -> None:
    mail = written()
    mail.set_content("<p>Es <b>tropft</b></p>", subtype="html")
    assert read(mail).text == "Es tropft"


def test_unusual_encodings() -> None:
    raw = (
        b"From: =?iso-8859-1?q?J=F6rg?= <j@example.org>\r\nSubject: =?utf-8?b?V2Fzc2VyIPCfkqc=?=\r\n"
        b"Content-Type: text/plain; charset=x-unknown\r\n\r\nK\xc3\xbcche \xff\r\n"
    )
    found = read_mail(raw, "j@example.org")
    assert (found.sender.name, found.subject) == ("Jörg", "Wasser 💧")
    assert found.text.startswith("Küche")


def parts(count: int, kind: str, content: str) -> bytes:
    """A mail with so many parts of one kind."""
    part = f"--b\r\nContent-Type: {kind}\r\n\r\n{content}\r\n"
    head = 'From: a@b.it\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return f"{head}{part * count}--b--".encode()


@pytest.mark.parametrize(
    "raw",
    [
        parts(1, "text/plain; charset=punycode", "a-" + "9" * 800_000),
        parts(60, "text/plain; charset=punycode", "a-" + "9" * 400_000),
        parts(150, "text/html", "<b>x</b>" * 25_000),
        parts(150, "text/html", "<" * 199_000 + ">"),
        parts(150, "image/png; name*=punycode''" + "9" * 1_900, "x"),
        parts(1, "image/png; name*=punycode''" + "9" * 900_000, "x"),
        parts(1, "image/png" + ";" * 900_000, "x"),
        b"From: =?punycode?q?" + b"9" * 900_000 + b"?= <a@b.it>\r\n\r\nx",
        b"From: a@b.it\r\n\r\n" + b"\n" * 20_000_000,
    ],
    ids=["punycode", "punycodes", "pages", "brackets", "names", "name", "marks", "words", "lines"],
)
def test_a_hostile_mail_takes_no_time(raw: bytes) -> None:
    """One mail that is made to keep us busy does not hold up those of others."""
    began = time.process_time()
    with suppress(BadMail):
        assert len(read_mail(raw).text) <= 200_000
    assert time.process_time() - began < 4


AUTOMATIC: dict[str, dict[str, Any]] = {
    "auto-submitted": {"Auto-Submitted": "auto-replied; owner-email=a@b.it"},
    "precedence": {"Precedence": "bulk"},
    "list": {"List-Id": "<news.example.org>"},
    "exchange": {"X-Auto-Response-Suppress": "All"},
    "responder": {"X-Autoreply": "yes"},
    "daemon": {"From": "MAILER-DAEMON@example.org"},
    "german": {"Subject": "Automatische Antwort: Ihre Meldung"},
    "french": {"Subject": "Réponse automatique : absente"},
    "italian": {"Subject": "Risposta automatica: ferie"},
    "english": {"Subject": "Out of Office: back on Monday"},
}


@pytest.mark.parametrize("headers", AUTOMATIC.values(), ids=AUTOMATIC)
def test_mail_of_programs_is_known(headers: dict[str, str]) -> None:
    """Check 31: what RFC 3834 names, and what responders do without it."""
    assert read(written(**headers)).automatic


def test_bounces_and_people() -> None:
    """Check 31."""
    assert read(written(), "").automatic == "null-sender"
    assert read(written(**{"Return-Path": "<>"}), None).automatic == "null-sender"
    for headers in (
        {"Auto-Submitted": "no"},
        {"Precedence": "normal"},
        {"Subject": "Automat kaputt"},
    ):
        assert read(written(**headers)).automatic == ""


def test_what_cannot_be_read() -> None:
    deep = b"From: a@b.it\r\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(3000)
    )
    many = (
        b'From: a@b.it\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b"--b\r\n\r\nx\r\n" * 900
    )
    for raw in (b"", b"Subject: x\r\n\r\ny", b"From: undisclosed\r\n\r\nx", deep, many):
        with pytest.raises(BadMail):
            read_mail(raw)
