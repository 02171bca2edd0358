"""The catalogues are complete, and their placeholders match."""

import re
from functools import cache

import pytest
from babel.messages.catalog import Catalog

from scripts.catalogues import extract, is_translated, load

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%|%(?![\s%(])\S")


@cache
def sentences() -> Catalog:
    return extract()


@pytest.mark.parametrize("language", ["de", "fr", "it"])
def test_every_sentence_is_translated(language: str) -> None:
    catalogue = load(language)
    missing = [
        message.id
        for message in sentences()
        if message.id
        and (
            (found := catalogue.get(message.id, message.context)) is None
            or found.fuzzy
            or not is_translated(found)
        )
    ]
    assert missing == []


@pytest.mark.parametrize("language", ["de", "fr", "it"])
def test_placeholders_are_the_same(language: str) -> None:
    wrong = []
    for message in load(language):
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        allowed = {m.group(1) for text in originals for m in PLACEHOLDER.finditer(text)}
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in texts:
            used = {m.group(1) for m in PLACEHOLDER.finditer(text)}
            if text and not used <= allowed:
                wrong.append((message.id, text))
    assert wrong == []
