//! Times and sizes as people write and read them: `1m30s`, `512MiB`.

/// Milliseconds of `10s`, `1m30s`, `500ms`, `2h`.
pub fn parse_duration_ms(text: &str) -> Result<u64, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let wrong = || format!("`{text}` is not a time: write it as in 500ms, 10s, 1m30s or 2h");
    let mut rest = text.trim();
    let mut total = None;
    while !rest.is_empty() {
        let (number, unit, after) = split(rest).ok_or_else(wrong)?;
        let (_, factor) = units.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let part = scaled(number, *factor).ok_or_else(wrong)?;
        total = Some(total.unwrap_or(0_u64).checked_add(part).ok_or_else(wrong)?);
        rest = after;
    }
    total.filter(|total| *total > 0).ok_or_else(wrong)
}

/// Bytes of `512MiB`, `64MB`, `1.5GiB`, `4096`.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let units = [
        ("", 1),
        ("B", 1),
        ("kB", 1_000),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
    ];
    let wrong = || format!("`{text}` is not a size: write it as in 512MiB, 1GiB or 64MB");
    let (number, unit, after) = split(text.trim()).ok_or_else(wrong)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    if !after.is_empty() {
        return Err(wrong());
    }
    scaled(number, *factor).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

/// A time for people: three digits or so.
pub fn duration(us: u64) -> String {
    let seconds = us / 1_000_000;
    match us {
        0..10_000 => format!("{}.{}ms", us / 1_000, us % 1_000 / 100),
        10_000..1_000_000 => format!("{}ms", us / 1_000),
        1_000_000..10_000_000 => format!("{seconds}.{:02}s", us % 1_000_000 / 10_000),
        10_000_000..60_000_000 => format!("{seconds}.{}s", us % 1_000_000 / 100_000),
        60_000_000..3_600_000_000 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// How long ago, in one word: `12s`, `3m`, `2h`, `5d`.
pub fn age(us: u64) -> String {
    let seconds = us / 1_000_000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A moment, given in microseconds since the Unix epoch: `2026-11-21 07:00:12 UTC`.
pub fn moment(us: u64) -> String {
    let seconds = us / 1_000_000;
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    // Days from the first of March of the year 0, in whose years the leap day comes last.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// A size for people.
pub fn bytes(bytes: u64) -> String {
    for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= size {
            return format!("{}.{} {unit}", bytes / size, bytes % size * 10 / size);
        }
    }
    format!("{bytes} B")
}

/// A number with its thousands apart: `12,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The number at the beginning, the letters after it, and the rest.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(number_end);
    let rest = rest.trim_start();
    let unit_end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(unit_end);
    (!number.is_empty()).then_some((number, unit, after))
}

/// A decimal number times a whole one, rounded down; exact, so without floating point.
fn scaled(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 9)?;
    let fraction = fraction.parse::<u64>().ok()?.checked_mul(factor)? / 10_u64.pow(digits);
    whole.parse::<u64>().ok()?.checked_mul(factor)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, ms) in
            [("500ms", 500), ("10s", 10_000), ("1.5s", 1_500), ("1m30s", 90_000), ("2h", 7_200_000)]
        {
            assert_eq!(parse_duration_ms(text), Ok(ms), "{text}");
        }
        for wrong in ["", "10", "s", "1x", "10 parsecs", "-1s", "0s", "1..5s", "99999999999999999h"]
        {
            assert!(parse_duration_ms(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in
            [("4096", 4096), ("512MiB", 512 << 20), ("1.5GiB", 3 << 29), ("64 MB", 64_000_000)]
        {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "MiB", "1Mi", "1MiB2", "0", "-1", "999999999999GiB"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_and_sizes_are_written_with_about_three_digits() {
        let times = [0, 412, 9_900, 12_345, 999_999, 1_234_567, 12_345_678, 125_000_000, u64::MAX];
        assert_eq!(
            times.map(duration),
            [
                "0.0ms",
                "0.4ms",
                "9.9ms",
                "12ms",
                "999ms",
                "1.23s",
                "12.3s",
                "2m05s",
                "5124095576h01m"
            ]
        );
        assert_eq!([0, 1023, 1536, 50 << 20].map(bytes), ["0 B", "1023 B", "1.5 KiB", "50.0 MiB"]);
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn moments_and_ages_are_written_for_people() {
        let seconds = [0, 951_782_399, 951_782_400, 1_795_244_412, 4_102_444_799];
        assert_eq!(
            seconds.map(|seconds| moment(seconds * 1_000_000)),
            [
                "1970-01-01 00:00:00 UTC",
                "2000-02-28 23:59:59 UTC",
                "2000-02-29 00:00:00 UTC",
                "2026-11-21 07:00:12 UTC",
                "2099-12-31 23:59:59 UTC"
            ]
        );
        let ages = [0, 59, 60, 7_199, 200_000].map(|seconds| age(seconds * 1_000_000));
        assert_eq!(ages, ["0s", "59s", "1m", "1h", "2d"]);
    }
}
