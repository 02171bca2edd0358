"""How papers stand, in Python and in SQL, and when somebody is reminded."""

from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ecopick.core import changes, clock
from ecopick.core.db import new_id
from ecopick.core.scanning import ScanState
from ecopick.domains.vendors.lifecycle import (
    REMINDERS,
    CertificateKind,
    CertificateState,
    reminder_due,
    state_on,
)
from ecopick.domains.vendors.models import VendorCertificate
from ecopick.domains.vendors.queries.certificates import (
    RANKS,
    papers,
    state_of_rank,
    today,
    worst_rank,
)
from tests.factories import World

DAY = date(2026, 3, 10)


def test_the_last_day_still_counts() -> None:
    yesterday = DAY - timedelta(days=1)
    assert state_on(DAY, DAY, verified=True) is CertificateState.EXPIRES_SOON
    assert state_on(DAY, yesterday, verified=True) is CertificateState.EXPIRED
    assert state_on(DAY, DAY + timedelta(days=31), verified=True) is CertificateState.VALID
    assert state_on(DAY, None, verified=False) is CertificateState.UNVERIFIED


def test_each_reminder_has_its_time() -> None:
    due = [reminder_due(DAY, DAY + timedelta(days=left)) for left in (31, 30, 8, 7, 1, 0, -14, -15)]
    assert due == [None, 30, 30, 7, 7, 0, 0, None]


@given(st.integers(-30, 60))
def test_reminders_never_go_back(left: int) -> None:
    """As the end comes nearer, the reminder that is due is never an earlier one."""
    now, later = (reminder_due(DAY, DAY + timedelta(days=left - passed)) for passed in (0, 1))
    if now is not None and later is not None:
        assert later <= now
    assert now is None or now in REMINDERS


PAPER = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([CertificateKind.LIABILITY_INSURANCE, CertificateKind.OTHER]),
        "title": st.sampled_from([None, "Gas", "gas"]),
        "left": st.one_of(st.none(), st.integers(-3, 40)),
        "verified": st.booleans(),
        "removed": st.booleans(),
        "infected": st.booleans(),
    }
)


def _expected(drawn: list[dict[str, Any]], on: date) -> CertificateState:
    """The state of a vendor by the rule itself, in plain Python."""
    counting = [each for each in drawn if not each["removed"] and not each["infected"]]
    groups: dict[Any, list[dict[str, Any]]] = {}
    for each in counting:
        groups.setdefault((each["kind"], (each["title"] or "").lower()), []).append(each)
    states = []
    for group in groups.values():
        last = max(group, key=lambda each: (each["left"] is None, each["left"] or 0, each["at"]))
        ends = None if last["left"] is None else on + timedelta(days=last["left"])
        states.append(state_on(on, ends, verified=last["verified"]))
    return min(states, key=RANKS.index, default=CertificateState.MISSING)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PAPER, max_size=5))
def test_a_vendor_is_as_good_as_its_worst_paper(world: World, drawn: list[dict[str, Any]]) -> None:
    on, system = today(), world.actor("manager")
    with world.database.transaction(system.scope) as session:
        changes.push(session, "test")
        for at, each in enumerate(drawn):
            each["at"] = at
            session.add(
                VendorCertificate(
                    id=new_id(),
                    property_owner_id=world.owner_id,
                    vendor_org_id=world.vendor_org_id,
                    kind=each["kind"],
                    title=each["title"],
                    valid_until=None if each["left"] is None else on + timedelta(days=each["left"]),
                    added_by_id=system.user_id,
                    verified_at=clock.now() if each["verified"] else None,
                    removed_at=clock.now() if each["removed"] else None,
                    storage_key="k" if each["infected"] else None,
                    scan_state=ScanState.INFECTED if each["infected"] else None,
                    created_at=clock.now() + timedelta(seconds=at),
                )
            )
        session.flush()
        rank = session.scalar(select(worst_rank(world.owner_id, world.vendor_org_id)))
        expected = _expected(drawn, on)
        assert state_of_rank(rank) is expected
        shown = papers(session, system, world.vendor_org_id, world.owner_id)
        assert len(shown) == sum(not each["removed"] for each in drawn)
        current = [each.state for each in shown if each.is_current]
        assert min(current, key=RANKS.index, default=CertificateState.MISSING) is expected
        session.rollback()
