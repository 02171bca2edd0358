"""What becomes of a ticket: the usual courses of events, told through ``Life``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from ecopick.demo import phrases, vendors
from ecopick.demo.life import Life
from ecopick.demo.owners import House
from ecopick.demo.people import BY_KEY, Person, manager_of, members
from ecopick.demo.rows import Row, uid
from ecopick.demo.situations import Situation
from ecopick.domains.sla.targets import TARGETS
from ecopick.domains.tickets.lifecycle import (
    CLOSE_AFTER,
    RESPOND_WITHIN,
    AttachmentType,
    TicketPriority,
    TicketStatus,
)

S = TicketStatus
MORNING, EVENING = 7, 18


class Pace:
    """The passing of time in one life; people work by day, emergencies at any hour."""

    def __init__(self, random: Random, house: House, at: datetime, *, any_hour: bool) -> None:
        self._random = random
        self._house = house
        self._any_hour = any_hour
        self.at = at

    def after(self, low: float, high: float) -> datetime:
        """Some minutes later, ``low`` to ``high``."""
        return self.to(self.at + timedelta(minutes=self._random.uniform(low, high)))

    def to(self, moment: datetime) -> datetime:
        """At ``moment``, or as soon as people are at work and the last step is over."""
        later = max(moment, self.at + timedelta(seconds=self._random.randint(20, 55)))
        self.at = (later if self._any_hour else self._by_day(later)).replace(microsecond=0)
        return self.at

    def at_once(self, moment: datetime) -> datetime:
        """At ``moment``, whatever the hour: by the product, or by whoever is reporting."""
        self.at = max(moment, self.at + timedelta(seconds=1)).replace(microsecond=0)
        return self.at

    def by_day(self) -> None:
        """From now on nothing is urgent any more."""
        self._any_hour = False

    def _by_day(self, moment: datetime) -> datetime:
        local = self._house.local(moment)
        if MORNING <= local.hour < EVENING:
            return moment
        morning = local.replace(hour=MORNING, minute=self._random.randint(5, 55))
        if local.hour >= EVENING:
            morning += timedelta(days=1)
        return morning.astimezone(moment.tzinfo)


@dataclass
class Plot:
    """One ticket about to happen, and everybody in it."""

    life: Life
    card: Situation
    reporter: Person
    created: datetime
    random: Random
    now: datetime

    def __post_init__(self) -> None:
        self.house = self.life.house
        self.manager = manager_of(self.house)
        self.target = vendors.suitable(self.house.key, self.house.owner, self.card.category)
        self.pace = Pace(
            self.random, self.house, self.created, any_hour=self.card.priority in _ANY_HOUR
        )

    # --- whole lives -----------------------------------------------------------------

    def finish(self, *, close: bool, paused: timedelta = timedelta(0)) -> None:
        """The whole way until it is solved, and closed if wanted and there was time for it.

        ``paused`` is how long the tenant takes to answer, where that is more than hours.
        """
        target = TARGETS[self.card.priority]
        slow = not paused and self.random.random() < 0.13
        share = self.random.uniform(1.15, 2.4) if slow else self.random.uniform(0.18, 0.8)
        if paused:
            share = min(share, 0.3)
        self._report()
        worker = self._engage(target, smooth=bool(paused))
        self._work(worker, self.created + target * share + self._question(worker, paused))
        if close:
            self._close()

    def cancel(self) -> None:
        """It turns out that nothing has to be done."""
        self._report()
        hours = TARGETS[self.card.priority] / timedelta(minutes=1)
        self.life.triage(self.pace.after(hours * 0.02, hours * 0.08), self.manager)
        if self.random.random() < 0.5:
            self.life.ask(self.pace.after(1, 6), self.manager, self._whom(self.target))
        reason = self.random.choice(phrases.CANCELLED[self.card.language])
        self.life.cancel(self.pace.after(hours * 0.05, hours * 0.3), self.manager, reason)

    # --- lives still going on --------------------------------------------------------

    def stand(
        self, status: TicketStatus, paused: timedelta = timedelta(0), *, is_done: bool = False
    ) -> None:
        """It stands at ``status`` now; ``paused`` is how long it has waited for the tenant.

        One that ``is_done`` has its proof already and only waits to be resolved.
        """
        self.pace = Pace(self.random, self.house, self.created, any_hour=True)
        self._report()
        steps: dict[TicketStatus, Callable[[], object]] = {
            S.NEW: lambda: None,
            S.TRIAGED: self._reviewed,
            S.ASSIGNED: self._asked,
            S.IN_PROGRESS: lambda: self._done(paused) if is_done else self._accepted(),
            S.AWAITING_TENANT: lambda: self._waiting_for_tenant(paused),
            S.AWAITING_VENDOR: self._waiting_for_vendor,
            S.VENDOR_OPPORTUNITY: self._published,
            S.VENDOR_PENDING: self._claimed,
        }
        steps[status]()
        self.life.catch_up(self.now)

    def _at(self, share: float) -> datetime:
        """The moment when this share of the time until now had passed."""
        return self.pace.to(self.created + (self.now - self.created) * share)

    def _reviewed(self) -> None:
        self.life.triage(self._at(0.3), self.manager)
        if note := self.card.said("n"):
            self.life.say(self._at(0.5), self.manager, note, team=True)

    def _asked(self) -> None:
        answer_in = RESPOND_WITHIN[self.card.priority]
        asked = max(self.created + (self.now - self.created) * 0.4, self.now - answer_in * 0.5)
        self.life.ask(self.pace.to(asked), self.manager, self._whom(self.target))
        self._reply()

    def _accepted(self) -> Person:
        answer_in = RESPOND_WITHIN[self.card.priority]
        if self._is_routed():
            self.life.ask(self._routed_at(), None, *self._rule())
        else:
            self.life.ask(self._at(0.06), self.manager, self._whom(self.target))
        worker = self._worker(self.target)
        quick = timedelta(minutes=self.random.uniform(4, 70))
        at = self.pace.to(
            self.pace.at + min((self.now - self.pace.at) * 0.2, answer_in * 0.6, quick)
        )
        arrival = at + (self.now - at) * 0.6
        self.life.accept(at, worker, self._window(at, arrival) if worker.vendor else None)
        if text := self._early("m"):
            self.life.say(self._at(0.4), self.manager, text)
        if note := self.card.said("n"):
            self.life.say(self._at(0.42), self._helper(), note, team=True)
        if text := self.card.said("w"):
            self.life.say(self._at(0.55), worker, text)
        return worker

    def _done(self, paused: timedelta) -> None:
        """The tenant was asked and has answered, the work is done and proved."""
        worker = self._accepted()
        self.life.say(self._at(0.46), self.manager, self.card.said("q") or "")
        asked = self.pace.to(self.pace.at)
        self.life.wait_for_tenant(asked, self.manager)
        self.life.answer(
            self.pace.at_once(asked + paused), self.reporter, self.card.said("a") or ""
        )
        message = self.life.say(self._at(0.86), worker, self.card.said("d") or "")
        for stage, kind in (
            ("before", AttachmentType.COMMENT_ATTACHMENT),
            ("after", AttachmentType.RESOLUTION_EVIDENCE),
        ):
            self._picture(self.pace.after(0.1, 0.2), worker, message, stage, kind)
        self.life.say(self._at(0.94), self.manager, self.card.said("m") or "")

    def _waiting_for_tenant(self, paused: timedelta) -> None:
        now, self.now = self.now, self.now - paused
        self._accepted()
        self.now = now
        at = self.pace.to(now - paused)
        text = self.card.said("q") or self.random.choice(phrases.ASKED[self.card.language])
        self.life.say(at, self.manager, text)
        self.life.wait_for_tenant(self.pace.to(at), self.manager)

    def _waiting_for_vendor(self) -> None:
        worker = self._accepted()
        text = self.random.choice(phrases.PARTS[self.card.language])
        self.life.say(self._at(0.7), worker, text)
        self.life.wait_for_vendor(self._at(0.75), self.manager)

    def _published(self) -> None:
        deadline = self.now + timedelta(hours=self.random.randint(20, 60))
        self.life.publish(self._at(0.3), self.manager, deadline.replace(minute=0, second=0))

    def _claimed(self) -> None:
        self._published()
        self.life.claim(self._at(0.75), self._worker(self.target))

    # --- parts -----------------------------------------------------------------------

    def _report(self) -> None:
        """The reporter may have sent a picture along."""
        if self.random.random() < 0.25 and not self._by_staff():
            at = self.pace.at_once(self.created + timedelta(seconds=self.random.randint(9, 70)))
            self._picture(at, self.reporter, None, "before", AttachmentType.COMMENT_ATTACHMENT)

    def _by_staff(self) -> bool:
        return not self.reporter.unit

    def _is_routed(self) -> bool:
        return vendors.has_rule(self.house.key, self.card.category)

    def _rule(self) -> tuple[Person | str, object]:
        rule = uid("rule", self.house.key, self.card.category)
        return self._whom(self.target), rule

    def _routed_at(self) -> datetime:
        return self.pace.at_once(self.created + timedelta(seconds=1))

    def _helper(self) -> Person:
        """Whoever of the staff writes a team note."""
        key = vendors.suitable(self.house.key, self.house.owner, "general")[1:]
        return BY_KEY[key] if self.random.random() < 0.6 else self.manager

    def _whom(self, target: str) -> Person | str:
        return BY_KEY[target[1:]] if target.startswith("@") else target

    def _worker(self, target: str) -> Person:
        if target.startswith("@"):
            return BY_KEY[target[1:]]
        return self.random.choice(members(target))

    def _substitute(self) -> str:
        """Somebody else of the owner's staff, where the first choice fails."""
        staff = {
            "lombarda": ("@d.ferraris", "@s.greco"),
            "rheinbogen": ("@caretaker", "@m.brandstaetter"),
        }[self.house.owner]
        return staff[0] if self.target != staff[0] else staff[1]

    def _engage(self, target: timedelta, *, smooth: bool) -> Person:
        """Until somebody has accepted; unless it goes smoothly, they may decline or keep silent."""
        minutes = target / timedelta(minutes=1)
        chance = 0.5 if smooth else self.random.random()
        vendor = not self.target.startswith("@")
        calm = self.card.priority in (TicketPriority.MEDIUM, TicketPriority.LOW)
        if vendor and calm and chance < 0.06:
            return self._through_open_job(minutes)
        if self._is_routed() and self.random.random() < 0.75:
            self.life.ask(self._routed_at(), None, *self._rule())
        else:
            self._review_and_ask(minutes, self.target)
        self._reply()
        if chance > 0.93:
            reason = self.random.choice(phrases.DECLINED[self.card.language])
            self.life.decline(self._answer_by(minutes), self._worker(self.target), reason)
        elif chance > 0.89 and self.card.priority is not TicketPriority.URGENT:
            self.pace.at = self.life.lapse()
        else:
            return self._accept(minutes)
        self.target = self._substitute()
        self._review_and_ask(minutes * 0.5, self.target)
        return self._accept(minutes * 0.5)

    def _review_and_ask(self, minutes: float, target: str) -> None:
        if self.life.ticket["status"] is S.NEW:
            self.life.triage(self.pace.after(minutes * 0.02, minutes * 0.07), self.manager)
        self.life.ask(self.pace.after(0.5, 4), self.manager, self._whom(target))

    def _answer_by(self, minutes: float) -> datetime:
        """When an answer comes: in good time, and never after it is too late for one."""
        row = self.life.assignments[-1]
        low = min(minutes * 0.02, 12)
        wanted = self.pace.at + timedelta(minutes=self.random.uniform(low, minutes * 0.12))
        latest = row["respond_by"] - timedelta(minutes=2)
        at = self.pace.to(min(wanted, latest))
        if at > latest:  # the night lies between: answered in the evening instead
            self.pace.at = max(latest, self.life.ticket["updated_at"])
        return self.pace.at

    def _accept(self, minutes: float) -> Person:
        worker = self._worker(self.target)
        at = self._answer_by(minutes)
        arrival = at + timedelta(minutes=min(minutes * 0.2, 600))
        self.life.accept(at, worker, self._window(at, arrival) if worker.vendor else None)
        return worker

    def _through_open_job(self, minutes: float) -> Person:
        at = self.pace.after(minutes * 0.02, minutes * 0.06)
        self.life.publish(at, self.manager, at + timedelta(days=2))
        worker = self._worker(self.target)
        self.life.claim(self.pace.after(minutes * 0.03, minutes * 0.1), worker)
        self.life.confirm(self.pace.after(5, minutes * 0.08), self.manager)
        return worker

    def _window(self, at: datetime, arrival: datetime) -> tuple[datetime, datetime]:
        start = max(arrival, at).replace(second=0, microsecond=0)
        start += timedelta(minutes=-start.minute % 30)
        urgent = self.card.priority is TicketPriority.URGENT
        return start, start + timedelta(minutes=30 if urgent else 120)

    def _reply(self) -> None:
        text = self._early("m")
        if text is None and not self._by_staff() and self.random.random() < 0.5:
            text = self.random.choice(phrases.REVIEWED[self.card.language])
        if text is not None:
            self.life.say(self.pace.after(0.5, 6), self.manager, text)
        if note := self.card.said("n"):
            self.life.say(self.pace.after(0.5, 5), self._helper(), note, team=True)

    def _early(self, kind: str) -> str | None:
        """What is said before the work is done, not after it."""
        kinds = [each for each, _ in self.card.lines]
        if kind in kinds and kinds.index(kind) < kinds.index("d"):
            return self.card.said(kind)
        return None

    def _question(self, worker: Person, paused: timedelta) -> timedelta:
        """The tenant is asked something; how long the answer took."""
        question, answer = self.card.said("q"), self.card.said("a")
        if question is None or answer is None or self._by_staff():
            return timedelta(0)
        self.life.say(self.pace.after(2, 15), self.manager, question)
        asked = self.pace.after(0.2, 0.8)
        self.life.wait_for_tenant(asked, self.manager)
        quick = self.card.priority in _ANY_HOUR
        if paused:
            answered = self.pace.to(asked + paused)
        else:
            answered = self.pace.after(6, 25) if quick else self.pace.after(20, 400)
        self.life.answer(answered, self.reporter, answer)
        return answered - asked

    def _work(self, worker: Person, solved: datetime) -> None:
        """On the way, done, documented, solved."""
        if text := self.card.said("w"):
            self.life.say(self.pace.after(1, 10), worker, text)
        urgent = self.card.priority is TicketPriority.URGENT
        least = timedelta(
            minutes=self.random.uniform(6, 14) if urgent else self.random.uniform(15, 55)
        )
        done = self.pace.to(max(solved - timedelta(minutes=5), self.pace.at + least))
        message = self.life.say(done, worker, self.card.said("d") or "")
        if self.random.random() < 0.25:
            at = self.pace.after(0.2, 0.5)
            self._picture(at, worker, message, "before", AttachmentType.COMMENT_ATTACHMENT)
        at = self.pace.after(0.3, 0.9)
        self._picture(at, worker, message, "after", AttachmentType.RESOLUTION_EVIDENCE)
        late = self.card.said("m")
        if late is not None and self._early("m") is None:
            self.life.say(self.pace.after(0.5, 1.5), self.manager, late)
        self.life.resolve(self.pace.after(0.5, 1.5), worker)

    def _close(self) -> None:
        self.pace.by_day()
        resolved = self.life.ticket["resolved_at"]
        thanks = self.card.said("t")
        grateful = thanks is not None or self.random.random() < 0.3
        if not self._by_staff() and grateful and self.pace.after(20, 600) < self.now:
            text = thanks or self.random.choice(phrases.THANKS[self.card.language])
            self.life.say(self.pace.at, self.reporter, text)
        chance = self.random.random()
        swept = resolved + CLOSE_AFTER + timedelta(minutes=self.random.randint(1, 14))
        if chance < 0.35 or self.pace.after(30, 900) >= self.now:
            if swept < self.now:
                self.life.close(max(swept, self.life.ticket["updated_at"]), None)
        elif chance < 0.7 and not self._by_staff():
            self.life.close(self.pace.at, self.reporter)
        else:
            self.life.close(self.pace.at, self.manager)

    def _picture(
        self, at: datetime, by: Person, message: Row | None, stage: str, kind: AttachmentType
    ) -> None:
        before, after, photo = phrases.FILES[self.card.language]
        name = after if stage == "after" else before if by.vendor else photo
        self.life.attach(
            at, by, message, scene=self.card.scene, stage=stage, type=kind,
            file_name=f"{name}-{len(self.life.attachments) + 1}.jpg",
        )  # fmt: skip


_ANY_HOUR = frozenset({TicketPriority.URGENT, TicketPriority.HIGH})
