"""Stories drawn from seeds: in each some families of faults are on, and most are off."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from simulation_feed import Fact, Key
from simulation_roads import Roads
from simulation_story import APP_KEY, APP_TOKEN, NIGHT_S, REFUSALS, Finish, Knobs, Moment, Night, Story, Weather

from vtex_tracking.sandbox import Ending, FaultRule
from vtex_tracking.settings import Rate

_SURELY_NOT_APPLIED: Final = (421, 425, 521, 523, 530)
_DOUBTFUL: Final = (408, 500, 500, 502, 503, 504, 520, 522, 524, 599)
_COMPLAINT: Final = f'{{"message": "{APP_KEY} with {APP_TOKEN} may not do this"}}'
_ODD: Final = (201, 202, 204)
_FATAL: Final = (301, 302, 307, 308, 407, 501, 505, 511, 525, 526)
_OFTEN: Final = (True, True, False)  # what ends in doubt was applied more often than not
_RETRY_AFTER: Final = (
    None,
    "0",
    "1",
    "7",
    "45",
    "-3",
    "soon",
    "1e9",
    "0x10",
    "",
    "99999999999999999999",
    "3600",
    "Sun, 01 Nov 2026 08:20:00 GMT",
    "Sun, 06 Nov 1994 08:49:37",
    "Fri, 31 Dec 2099 23:59:59 GMT",
)


_MANY: Final = 25  # invoices, for once
_MANY_OFTEN: Final = 0.03
_VOLUMES: Final = ("1", "2", "3")
_WHOLE: Final = 0.15  # share of an invoice's events that name none of its volumes
_ON_AIR: Final = 0.7  # share of the weather in which a family that is on has a part
_MOMENTS: Final = {Moment.WORK: 25, Moment.ASKED: 4, Moment.DECIDED: 3, Moment.ANSWERED: 4}  # how many, on average


def story_of(seed: int) -> Story:
    """Tell the story of this seed, with two last nights in which nothing goes wrong; it depends on nothing else."""
    teller = _Teller(random.Random(seed))  # noqa: S311 - a test's story, not a secret
    return Story(
        seed=seed,
        nights=(*teller.nights(), teller.last_night(is_first=True), teller.last_night(is_first=False)),
        keepalive_s=teller.when("restless", on=3.0, off=30 * NIGHT_S),
    )


class _Teller:
    """Draws a story. Each family of faults is off in most stories, so that no fault hides behind another."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._families: dict[str, bool] = {}
        self._invoices = [
            (f"{1000 + number * 2 // 3}-01", f"{number:06d}")
            for number in range(_MANY if chance.random() < _MANY_OFTEN else chance.randint(2, 6))
        ]
        self._told = dict.fromkeys(self._invoices, 0)
        self._is_forward = self.has("clock forward", 0.1)

    def has(self, family: str, share: float = 0.3) -> bool:
        """Tell whether this family of faults is on in this story."""
        return self._families.setdefault(family, self._chance.random() < share)

    def when(self, family: str, *, on: float, off: float = 0.0) -> float:
        """Give the one number where this family is on, else the other."""
        return on if self.has(family) else off

    def nights(self) -> list[Night]:
        return [self._night(number) for number in range(self._chance.randint(1, 3))]

    def last_night(self, *, is_first: bool) -> Night:
        return Night(
            pause_s=self._chance.choice((1.0, 5.0, 30.0, 90_000.0)) if is_first else 400.0,
            clock_step_s=0.0,
            clock_step_after_s=0.0,
            news=self._news(is_first=False) if is_first else {},
            is_feed_whole=not is_first,
            is_jsonl=False,
            weather=(Weather(lasts_s=1.0, roads=Roads()),),
            finish=Finish.ITSELF,
            moment=Moment.WORK,
            moments=0,
            knobs=self._knobs(is_retrying_rejected=is_first and self._chance.random() < 0.5, is_last=True),
            is_watched=True,
            taking_s=0.0,
            work_s=0.0,
        )

    def _night(self, number: int) -> Night:
        chance = self._chance
        moment = chance.choice(list(_MOMENTS))
        finishes = [Finish.ITSELF] * 2
        finishes += [Finish.STOPPED] * self.has("stop") + [Finish.ABORTED] * self.has("abort")
        finishes += [Finish.KILLED] * 4 * self.has("kill", 0.45) + [Finish.POWER_CUT] * 4 * self.has("power", 0.45)
        return Night(
            pause_s=chance.choice((0.5, 5.0, 20.0, 60.0, 119.0, 300.0, 86_400.0)),
            clock_step_s=self._clock_step_s(),
            clock_step_after_s=chance.choice((0.0, 0.1, 20.0)),
            news=self._news(is_first=number == 0),
            is_feed_whole=chance.random() < 0.4,
            is_jsonl=chance.random() < 0.3,
            weather=tuple(self._weather() for _ in range(chance.randint(1, 2))),
            finish=chance.choice(finishes),
            moment=moment,
            moments=1 + round(chance.expovariate(1 / _MOMENTS[moment])),
            knobs=self._knobs(is_retrying_rejected=chance.random() < 0.2),
            is_watched=chance.random() < 0.8,
            taking_s=chance.choice((0.0, 0.0, 2.0)),
            work_s=chance.choice((0.0, 0.005, 0.05)),
        )

    def _news(self, *, is_first: bool) -> dict[Key, tuple[Fact, ...]]:
        news = {}
        for key in self._invoices:
            if is_first or self._chance.random() < 0.6:
                first = self._told[key]
                self._told[key] = first + self._chance.randint(1, 2)
                news[key] = tuple(fact for step in range(first, self._told[key]) for fact in self._facts(step))
        return news

    def _facts(self, step: int) -> Iterator[Fact]:
        """An event of the whole invoice, or of one or more of its volumes: each of them may be delivered by it."""
        chance = self._chance
        names = [""]
        if self.has("volumes", 0.4) and chance.random() >= _WHOLE:
            names = chance.sample(_VOLUMES, chance.randint(1, len(_VOLUMES)))
        for volume in names:
            yield Fact(
                step=step,
                is_delivered=chance.random() < 0.5 if volume else step > 0 and chance.random() < 0.3,
                is_dated=chance.random() < 0.6,
                volume=volume,
                volumes=chance.choice((None, None, None, 2)) if self.has("volumes") else None,
            )

    def _clock_step_s(self) -> float:
        if self._is_forward:
            return self._chance.choice((0.0, 90.0, 7200.0))
        return self._chance.choice((0.0, -90.0, -86_400.0)) if self.has("clock back", 0.15) else 0.0

    def _weather(self) -> Weather:
        chance = self._chance
        return Weather(
            lasts_s=chance.choice((0.5, 5.0, 60.0, 300.0)),
            roads=self._roads(),
            rules=tuple(self._rules()),
            limit=Rate(chance.randint(1, 5)) if self.has("limit", 0.2) else None,
            # a clock that is set forward hides how long ago a request was given up
            late=chance.choice((0.2, 0.5)) if self.has("late", 0.4) and not self._is_forward else 0.0,
            are_keys_refused=self.has("keys", 0.15) and chance.random() < 0.4,
        )

    def _roads(self) -> Roads:
        chance = self._chance
        if self.has("outage", 0.1) and chance.random() < 0.5:
            return Roads(refused=1.0)
        return Roads(
            latency_s=chance.choice((0.001, 0.02, 0.3)),
            refused=self.when("refused", on=0.3),
            unanswered=self.when("unanswered", on=0.15),
            broken_there=self.when("broken there", on=0.3),
            broken_back=self.when("broken back", on=0.3),
            swallowing=self.when("swallowing", on=0.1),
            echoing=self.when("echoing", on=0.3),
        )

    def _rules(self) -> list[FaultRule]:
        chance = self._chance
        rules = [
            rule(share=chance.choice((0.1, 0.3, 0.7)), seed=chance.randrange(1 << 30))
            for family, share, rule in self._faults()
            if self.has(family, share) and chance.random() < _ON_AIR
        ]
        chance.shuffle(rules)
        return rules

    def _faults(self) -> tuple[tuple[str, float, Callable[..., FaultRule]], ...]:
        """Each family with the share of the stories that it is in, and a rule of its kind."""
        choice = self._chance.choice
        retry_after = choice(_RETRY_AFTER)
        pause = {} if retry_after is None else {"Retry-After": retry_after}
        return (
            ("doubtful", 0.3, partial(FaultRule, status=choice(_DOUBTFUL), is_applied=choice(_OFTEN))),
            ("reset", 0.35, partial(FaultRule, ending=Ending.RESET, is_applied=choice(_OFTEN))),
            ("close", 0.15, partial(FaultRule, ending=Ending.CLOSE, is_applied=choice(_OFTEN))),
            ("cut body", 0.2, partial(FaultRule, ending=Ending.CUT_BODY)),
            ("silence", 0.15, partial(FaultRule, ending=Ending.SILENCE, is_applied=choice(_OFTEN))),
            ("html", 0.15, partial(FaultRule, is_html=True, is_applied=choice(_OFTEN))),
            ("odd", 0.1, partial(FaultRule, status=choice(_ODD), is_applied=choice(_OFTEN))),
            ("slow", 0.2, partial(FaultRule, delay_s=choice((0.5, 20.0, 29.0, 45.0)))),
            ("throttle", 0.25, partial(FaultRule, status=429, headers=pause)),
            ("refusal", 0.2, partial(FaultRule, status=choice(REFUSALS))),
            ("not applied", 0.15, partial(FaultRule, status=choice(_SURELY_NOT_APPLIED))),
            ("conflict", 0.15, partial(FaultRule, status=409)),
            ("forbidden", 0.12, partial(FaultRule, status=choice((401, 403)), body=_COMPLAINT)),
            ("fatal", 0.04, partial(FaultRule, status=choice(_FATAL))),
        )

    def _knobs(self, *, is_retrying_rejected: bool, is_last: bool = False) -> Knobs:
        chance = self._chance
        return Knobs(
            rate=chance.choice((Rate(2), Rate(10), Rate(100), Rate(30, window_s=60.0))),
            concurrency=chance.randint(1, 4),
            attempts=chance.randint(2, 5),
            waiting_max=chance.choice((1, 3, 1000)),
            commit_group_max=chance.choice((1, 3, 50)),
            commit_delay_s=chance.choice((0.0, 0.005, 0.05)),
            drain_timeout_s=chance.choice((0.5, 10.0, 60.0)),
            max_duration_s=None if is_last else chance.choice((None, None, None, 20.0)),
            outcomes_buffered_max=chance.choice((1, 1000)),
            is_retrying_rejected=is_retrying_rejected,
        )
