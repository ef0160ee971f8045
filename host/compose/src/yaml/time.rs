//! Dates and times, which YAML 1.1 knows without quotes.

/// The notation of JSON for `2024-1-2`, `2024-01-02 3:04:05` or
/// `2024-01-02T03:04:05.678+02:00`; none when the text is no date.
pub(super) fn parse(text: &str) -> Option<String> {
    let (year, rest) = text.split_once('-')?;
    if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (month, rest) = rest.split_once('-')?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (day, rest) = rest.split_at(end);
    let (month, day) = (number(month, 1, 12)?, number(day, 1, 31)?);
    if day > days(year.parse().ok()?, month) {
        return None;
    }
    let date = format!("{year}-{month:02}-{day:02}");
    let Some(separator) = rest.chars().next() else {
        return Some(format!("{date}T00:00:00Z"));
    };
    let time = rest.get(separator.len_utf8()..)?;
    let (time, zone) = match separator {
        ' ' => (time, "Z"),
        'T' | 't' => time.split_at(time.find(['Z', '+', '-'])?),
        _ => return None,
    };
    Some(format!("{date}T{}{}", clock(time)?, offset(zone)?))
}

fn clock(time: &str) -> Option<String> {
    let (hours, rest) = time.split_once(':')?;
    let (minutes, rest) = rest.split_once(':')?;
    let (seconds, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = (number(hours, 0, 23)?, number(minutes, 0, 59)?);
    let seconds = number(seconds, 0, 59)?;
    let fraction = fraction.get(..9).unwrap_or(fraction).trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!(
        "{hours:02}:{minutes:02}:{seconds:02}{point}{fraction}"
    ))
}

fn offset(zone: &str) -> Option<&str> {
    if zone == "Z" {
        return Some(zone);
    }
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let fits = hours.len() == 2 && minutes.len() == 2;
    number(hours, 0, 23)?;
    number(minutes, 0, 59)?;
    let none = fits && hours == "00" && minutes == "00";
    fits.then_some(if none { "Z" } else { zone })
}

/// One or two digits within bounds.
fn number(text: &str, least: u32, most: u32) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits && text.len() <= 2)?;
    (least..=most).contains(&number).then_some(number)
}

fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates() {
        for (text, time) in [
            ("2024-01-02", "2024-01-02T00:00:00Z"),
            ("2024-1-2", "2024-01-02T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("2024-01-02 3:04:05", "2024-01-02T03:04:05Z"),
            ("2024-01-02T03:04:05.670Z", "2024-01-02T03:04:05.67Z"),
            ("2024-01-02t03:04:05+02:00", "2024-01-02T03:04:05+02:00"),
        ] {
            assert_eq!(parse(text).as_deref(), Some(time), "{text}");
        }
        for text in [
            "2024-13-01",
            "2023-02-29",
            "2024-01",
            "24-01-02",
            "2024-01-02x",
            "2024-01-02T03:04:05",
            "2024-01-02 03:04",
            "2024-01-02 03:04:05 +02:00",
            "2024-001-02",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
