//! What time it is, and whether the clock that says so jumps.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

use crate::Service;

/// By how much the clock and a steady one may part between two looks before it counts as a jump: more
/// than a machine that is busy makes of them, and far less than what lets a token live longer.
const TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// The source of the time, given from outside so that a test can stand still or jump.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The machine's clock.
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that everybody else is to ask"
        )]
        Self::new(Utc::now)
    }

    /// Now, in whole microseconds.
    pub fn now(&self) -> DateTime<Utc> {
        self.0().trunc_subsecs(6)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// That the clock went on by another time than passed (R-TIM-1): it was set, or the machine slept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockJump {
    /// When it was noticed, by the clock after the jump.
    pub at: DateTime<Utc>,
    /// By how many whole seconds; negative when it was set back.
    pub seconds: i64,
}

/// What was noticed since this process started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockJumps {
    pub count: u64,
    /// The newest.
    pub last: Option<ClockJump>,
}

/// What is known of the clock, from look to look.
#[derive(Debug, Default)]
pub(crate) struct Watch(Mutex<Watched>);

#[derive(Debug, Default)]
struct Watched {
    /// When it was looked at last, by either clock.
    seen: Option<(DateTime<Utc>, Duration)>,
    jumps: ClockJumps,
}

impl Service {
    /// Compares the clock with a steady one, which shows `steady` since whenever it was started, and is
    /// never set. Answers a jump of more than five seconds since the last look, which is logged too.
    pub fn watch_clock(&self, steady: Duration) -> Option<ClockJump> {
        let now = self.now();
        let watched = &self.clock_watch().0;
        // What is kept is whole whatever a panic elsewhere did.
        let mut watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, steady_before) = watched.seen.replace((now, steady))?;
        let passed = TimeDelta::from_std(steady.saturating_sub(steady_before)).ok()?;
        let jumped = (now - before).checked_sub(&passed)?;
        if jumped.abs() <= TOLERANCE {
            return None;
        }
        let jump = ClockJump {
            at: now,
            seconds: jumped.num_seconds(),
        };
        watched.jumps.count += 1;
        watched.jumps.last = Some(jump);
        tracing::warn!(
            seconds = jump.seconds,
            "the machine's clock jumped: it was set, or the machine slept"
        );
        Some(jump)
    }

    /// The jumps of the clock that this process has noticed.
    pub fn clock_jumps(&self) -> ClockJumps {
        let watched = &self.clock_watch().0;
        let watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.jumps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{World, root};

    #[test]
    fn r_tim_1_a_clock_that_jumps_is_noticed_once_either_way() {
        let world = World::new();
        let mut steady = 100;
        let mut look = |wall: i64, passed: u64| {
            world.pass(TimeDelta::seconds(wall));
            steady += passed;
            let jump = world.service.watch_clock(Duration::from_secs(steady));
            jump.map(|jump| jump.seconds)
        };
        assert_eq!(look(1_000, 0), None, "nothing to compare with");
        assert_eq!(look(10, 10), None);
        assert_eq!(look(3_600, 3_600), None, "a job that was late is no jump");
        assert_eq!((look(15, 10), look(5, 10)), (None, None), "within bounds");
        assert_eq!(look(16, 10), Some(6));
        assert_eq!(look(10, 10), None, "told once");
        assert_eq!(look(-3_590, 10), Some(-3_600));
        assert_eq!(look(10, 10), None);
        let jumps = world.service.health(&root()).unwrap().clock;
        let last = ClockJump {
            at: world.service.now() - TimeDelta::seconds(10),
            seconds: -3_600,
        };
        let expected = ClockJumps {
            count: 2,
            last: Some(last),
        };
        assert_eq!(jumps, expected);
        assert_eq!(jumps, world.service.clock_jumps());
    }
}
