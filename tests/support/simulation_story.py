"""What happens in a simulation: nights of facts and weather, and how each night ends."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from attrs import frozen
from simulation_feed import Fact, Key
from simulation_roads import Roads

from vtex_tracking.sandbox import FaultRule
from vtex_tracking.settings import Rate

APP_KEY: Final = "canary-app-key-3c1f"
APP_TOKEN: Final = "canary-app-token-9d27"
REFUSALS: Final = (400, 404, 405, 406, 410, 411, 413, 414, 415, 422, 423, 424, 428, 431, 451, 418)
NIGHT_S: Final = 86_400.0


class Moment(Enum):
    """What a night's end comes after."""

    WORK = auto()  # a function of the ledger's thread is about to run, has run, or is known to have run
    ASKED = auto()  # a request is about to start
    DECIDED = auto()  # VTEX has decided on a request
    ANSWERED = auto()  # an attempt has ended


class Finish(Enum):
    """How a run ends."""

    ITSELF = auto()
    STOPPED = auto()
    ABORTED = auto()
    KILLED = auto()
    POWER_CUT = auto()


@frozen(kw_only=True)
class Weather:
    """What VTEX and the network do for a while."""

    lasts_s: float
    roads: Roads
    rules: tuple[FaultRule, ...] = ()
    limit: Rate | None = None
    late: float = 0.0  # share of requests that are applied long after, if anybody waits for their answer or not
    are_keys_refused: bool = False


@frozen(kw_only=True)
class Knobs:
    """The settings of one run that matter here."""

    rate: Rate
    concurrency: int
    attempts: int
    waiting_max: int
    commit_group_max: int
    commit_delay_s: float
    drain_timeout_s: float
    max_duration_s: float | None
    outcomes_buffered_max: int
    is_retrying_rejected: bool


@frozen(kw_only=True)
class Night:
    """One run, and what comes before it and meanwhile."""

    pause_s: float  # since the run before
    clock_step_s: float  # somebody sets the clock, some time into the run
    clock_step_after_s: float
    news: Mapping[Key, tuple[Fact, ...]]
    is_feed_whole: bool  # the feed says everything again, and not the news alone
    is_jsonl: bool
    weather: tuple[Weather, ...]  # the last one stays
    finish: Finish
    moment: Moment
    moments: int  # so many of them have come when the end comes
    knobs: Knobs
    is_watched: bool  # somebody takes the outcomes as they come
    taking_s: float  # and takes so long for each
    work_s: float  # what a commit takes


@frozen(kw_only=True)
class Story:
    """A simulation from its beginning to two last nights with no fault in them."""

    seed: int
    nights: tuple[Night, ...]
    keepalive_s: float  # how long the server leaves a connection open that nobody uses

    @property
    def is_calm_in_the_end(self) -> bool:
        """No connection is closed just when the next request goes out."""
        return self.keepalive_s > NIGHT_S
