"""No table is forgotten: neither by the export nor by the erasure."""

from ecopick.domains.privacy.holdings import (
    EVERYWHERE,
    NOT_EXPORTED,
    NOT_SEARCHED,
    ONLY_TOUCHED,
    ORGANISATIONS,
    owned_tables,
    people_columns,
    text_columns,
    told_columns,
)
from ecopick.models import metadata

# Texts of organisations, which name no person and have no owner to search for.
NEUTRAL = {"billing_rates", "property_owners"}


def test_every_reference_to_a_person_is_told_or_left_out_for_a_reason() -> None:
    for table in metadata.tables.values():
        for column in people_columns(table):
            named = f"{table.name}.{column.name}"
            told = column in told_columns(table)
            reasons = (table.name in NOT_EXPORTED) + (named in ONLY_TOUCHED)
            assert told or reasons, named
            assert not (told and reasons), named
    assert all(len(reason) > 10 for reason in NOT_EXPORTED.values())


def test_what_is_left_out_exists() -> None:
    assert set(NOT_EXPORTED) | set(NOT_SEARCHED) <= set(metadata.tables)
    for named in ONLY_TOUCHED:
        table, column = named.split(".")
        assert column in metadata.tables[table].columns, named


def test_every_text_is_searched_or_left_alone_for_a_reason() -> None:
    searched = {table.name for table in owned_tables()} | EVERYWHERE | ORGANISATIONS | NEUTRAL
    for table in metadata.tables.values():
        if text_columns(table):
            assert table.name in searched or table.name in NOT_SEARCHED, table.name
