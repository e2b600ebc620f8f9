//! How long to wait before a turn is tried again.

use std::time::{Duration, SystemTime};

/// The longest wait that is worth it. An endpoint that asks for more is not asked again.
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The longest wait where the endpoint asks for none.
const LONGEST_BACKOFF: Duration = Duration::from_secs(20);

/// The wait after so many failures: twice as long each time, between a half and the whole of it as `chance`
/// (0..1) has it, and never less than the endpoint asks for. Nothing where that is too long.
pub(super) fn wait(
    first: Duration,
    failures: u32,
    asked: Option<Duration>,
    chance: f64,
) -> Option<Duration> {
    if asked.is_some_and(|asked| asked > LONGEST_WAIT) {
        return None;
    }
    let doubled = first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    let jittered = doubled.min(LONGEST_BACKOFF).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
    Some(jittered.max(asked.unwrap_or_default()))
}

/// What the headers `retry-after-ms` and `retry-after` ask for.
pub(super) fn asked(ms: Option<&str>, after: Option<&str>, now: SystemTime) -> Option<Duration> {
    if let Some(ms) = ms.and_then(|text| text.trim().parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(ms / 1_000.0).ok();
    }
    let after = after?.trim();
    if let Ok(seconds) = after.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let then = httpdate::parse_http_date(after).ok()?;
    Some(then.duration_since(now).unwrap_or_default())
}

/// A number in 0..1.
pub(super) fn chance() -> f64 {
    let mut bytes = [0; 4];
    // Without chance all wait equally long, which is no failure.
    let _ = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(500);

    #[test]
    fn waits_grow_and_have_an_end() {
        let at = |failures, chance| wait(FIRST, failures, None, chance).expect("a wait");
        assert_eq!(at(1, 0.0), FIRST / 2);
        assert_eq!(at(1, 1.0), FIRST);
        assert_eq!(at(3, 1.0), FIRST * 4);
        assert_eq!(at(u32::MAX, 1.0), LONGEST_BACKOFF);
    }

    #[test]
    fn an_endpoint_is_left_alone_as_long_as_it_asks() {
        let seconds = |it| Some(Duration::from_secs(it));
        assert_eq!(wait(FIRST, 1, seconds(7), 1.0), seconds(7));
        assert_eq!(wait(FIRST, 1, seconds(0), 1.0), Some(FIRST));
        assert_eq!(wait(FIRST, 1, seconds(61), 1.0), None);
    }

    #[test]
    fn what_an_endpoint_asks_for_is_read() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_700);
        let of = |ms, after| asked(ms, after, now);
        assert_eq!(of(Some("250"), Some("9")), Some(Duration::from_millis(250)));
        assert_eq!(of(None, Some("2")), Some(Duration::from_secs(2)));
        assert_eq!(of(None, Some("0.5")), Some(Duration::from_millis(500)));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(of(None, Some(date)), Some(Duration::from_secs(77)));
        for odd in ["", "soon", "-1", "NaN", "inf", "1e400"] {
            assert_eq!(of(None, Some(odd)), None, "{odd}");
        }
    }
}
