//! Quota: the ceilings of one tenant.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{Code, Failure, Limits};

/// Microseconds of a UTC day.
const DAY_US: u64 = 86_400_000_000;

/// The UTC day of a time in microseconds since the Unix epoch, counted from the epoch.
pub fn day_of(at_us: u64) -> u64 {
    at_us / DAY_US
}

/// The ceilings of one tenant. What is over them is refused with `quota_exceeded`, or waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// Runs that workers have at one time; more wait in the queue. Default 1,000.
    pub running: u32,
    /// Runs that wait for a worker; more are refused. Default 100,000.
    pub queued: u32,
    /// CPU time of the guests of all runs in one UTC day, in milliseconds. Counted when an attempt
    /// ends. Over it new runs are refused, queued ones wait for the next day, and an attempt gets no
    /// more than what was left when it began. Default 86,400,000: one CPU, all day.
    pub cpu_ms_per_day: u64,
    /// Bytes of events, of what lies beside them, of keys and values, and of sources. Over it new
    /// runs are refused. Default 10 GiB.
    pub stored_bytes: u64,
    /// Calls of all live runs of one process; more wait. Default 1,000.
    pub calls_per_second: u32,
    /// Tokens that are valid at one time; more are refused. Default 1,000.
    pub tokens: u32,
    /// The most that one run may ask for; a run that asks for more is refused. Members that are left
    /// out of JSON are those of [`Quota::default`], not those of [`Limits::default`].
    #[serde(deserialize_with = "ceilings")]
    pub limits: Limits,
}

impl Default for Quota {
    fn default() -> Self {
        Quota {
            running: 1_000,
            queued: 100_000,
            cpu_ms_per_day: 86_400_000,
            stored_bytes: 10 << 30,
            calls_per_second: 1_000,
            tokens: 1_000,
            limits: Limits {
                cpu_time_ms: 600_000,
                wall_time_ms: 86_400_000,
                memory_bytes: 1 << 30,
                model_tokens: 10_000_000,
                model_cost_micros: 100_000_000,
                ..Limits::default()
            },
        }
    }
}

impl Quota {
    /// The failure of whatever needs more CPU time than is left of the day. Says when the next day
    /// begins.
    pub fn cpu_used_up(&self, now_us: u64) -> Failure {
        let opens_at_us = (day_of(now_us) + 1) * DAY_US;
        let minutes = (opens_at_us - now_us).div_ceil(60_000_000);
        let most = self.cpu_ms_per_day;
        let message = format!("the tenant has used its {most} ms of CPU time of this day");
        let hint = format!(
            "The next day begins at midnight UTC, in {} h {} min; or ask whoever runs this Sluice for \
             a larger quota.",
            minutes / 60,
            minutes % 60
        );
        Failure::new(Code::QuotaExceeded, message)
            .hint(hint)
            .detail("quota", "cpu_ms_per_day")
            .detail("limit", most)
            .detail("opens_at_us", opens_at_us)
    }
}

/// The ceilings of a run, where those that are not named are the default ones of a tenant.
fn ceilings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Limits, D::Error> {
    let named: Map<String, Value> = Map::deserialize(deserializer)?;
    let all = serde_json::to_value(Quota::default().limits).map_err(D::Error::custom)?;
    let Value::Object(mut all) = all else { return Err(D::Error::custom("limits are an object")) };
    all.extend(named);
    serde_json::from_value(Value::Object(all)).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_named_is_the_default() {
        let quota = |value| serde_json::from_value::<Quota>(value);
        assert_eq!(quota(json!({})).expect("it is a quota"), Quota::default());
        let narrow = quota(json!({"running": 2, "limits": {"memory_bytes": 5}}));
        let limits = Limits { memory_bytes: 5, ..Quota::default().limits };
        let expected = Quota { running: 2, limits, ..Quota::default() };
        assert_eq!(narrow.expect("it is a quota"), expected);
        assert!(quota(json!({"limits": {"memory": 5}})).is_err());
        let whole = serde_json::to_value(&expected).expect("it is JSON");
        assert_eq!(quota(whole).expect("it is a quota"), expected);
    }

    #[test]
    fn a_day_ends_at_midnight() {
        let late = 3 * DAY_US - 90_000_000;
        assert_eq!((day_of(late), day_of(3 * DAY_US)), (2, 3));
        let failure = Quota::default().cpu_used_up(late);
        assert_eq!(failure.details["opens_at_us"], json!(3 * DAY_US));
        let hint = failure.hint.expect("it says when it opens");
        assert!(hint.contains("in 0 h 2 min"), "{hint}");
    }

    #[test]
    fn a_run_without_wishes_fits_the_default_ceilings() {
        assert_eq!(Limits::default().first_above(&Quota::default().limits), None);
    }
}
