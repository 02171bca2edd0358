"""Words that somebody typed, and the names in which they stand.

Case and accents do not count, as in the search for tickets.
"""

import unicodedata
from collections.abc import Sequence

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, literal, true

# More words than this narrow nothing down any further.
MAX_WORDS = 6
# What does not come apart into a letter and its accent.
_SPELT = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l"})


def fold(text: str) -> str:
    """``text`` without case and accents."""
    parts = unicodedata.normalize("NFKD", text.lower().translate(_SPELT))
    return "".join(each for each in parts if not unicodedata.combining(each))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a search, folded; at most six of them."""
    return tuple(fold(text).split()[:MAX_WORDS])


def folded(name: SQLColumnExpression[str]) -> ColumnElement[str]:
    """A name without case and accents, in SQL."""
    return func.app_fold(name)


def has_words(name: SQLColumnExpression[str], words: Sequence[str]) -> ColumnElement[bool]:
    """Whether each of the words stands somewhere in the name."""
    return and_(true(), *(func.strpos(folded(name), func.app_fold(word)) > 0 for word in words))


def nearness(name: SQLColumnExpression[str], words: Sequence[str]) -> ColumnElement[int]:
    """How far into the name the first word begins, to sort by."""
    return func.strpos(folded(name), func.app_fold(words[0])) if words else literal(0)


def stands_in(text: str, words: Sequence[str]) -> bool:
    """Whether each of the folded words begins a word of ``text``."""
    there = fold(text).split()
    return all(any(each.startswith(word) for each in there) for word in words)


def marked(text: str, words: Sequence[str]) -> list[tuple[str, bool]]:
    """``text`` in pieces, each with whether one of the folded words stands there."""
    plain, origin = "", []
    for at, character in enumerate(text):
        spelt = fold(character)
        plain += spelt
        origin += [at] * len(spelt)
    hit = [False] * len(text)
    for word in words:
        at = plain.find(word)
        while word and at >= 0:
            for place in origin[at : at + len(word)]:
                hit[place] = True
            at = plain.find(word, at + len(word))
    pieces: list[tuple[str, bool]] = []
    for character, is_hit in zip(text, hit, strict=True):
        if pieces and pieces[-1][1] == is_hit:
            pieces[-1] = (pieces[-1][0] + character, is_hit)
        else:
            pieces.append((character, is_hit))
    return pieces
