//! Time intervals: days, months and hours that are none.

use crate::references::refused;
use sinops_config_check::{Node, Text};
use sinops_sdk::deploy_step::Problem;
use std::collections::BTreeSet;

const WEEKDAYS: &[&str] = &[
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const CODE: &str = "alertmanager/interval";

pub(crate) fn check(text: &Text<'_>, root: &Node, problems: &mut Vec<Problem>) {
    let mut names = BTreeSet::new();
    for interval in ["time_intervals", "mute_time_intervals"]
        .into_iter()
        .flat_map(|key| root.list(key))
    {
        match interval.get("name") {
            Some(name) if name.text().is_some_and(|it| !it.is_empty()) => {
                let word = name.text().unwrap_or_default();
                if !names.insert(word) {
                    problems.push(refused(
                        text,
                        name,
                        CODE,
                        &format!("a time interval `{word}` is there already"),
                        "give it another name",
                    ));
                }
            }
            _ => problems.push(refused(
                text,
                interval,
                CODE,
                "a time interval has no name",
                "give it a `name`",
            )),
        }
        for span in interval.list("time_intervals") {
            times(text, span, problems);
            for (key, read, hint) in [
                (
                    "weekdays",
                    weekday as fn(&str) -> Option<i64>,
                    "such as `monday` or `monday:friday`",
                ),
                (
                    "days_of_month",
                    day,
                    "such as `1:5`, or `-3:-1` from the end",
                ),
                ("months", month, "such as `may`, `5` or `may:august`"),
                ("years", year, "such as `2026` or `2026:2028`"),
            ] {
                for range in span.list(key) {
                    if let Some(reason) = refuses(range.text().unwrap_or_default(), key, read) {
                        problems.push(refused(text, range, CODE, &reason, hint));
                    }
                }
            }
        }
    }
}

/// Why `from:to` is none.
fn refuses(words: &str, key: &str, read: fn(&str) -> Option<i64>) -> Option<String> {
    let lower = words.to_lowercase();
    let (from, to) = lower.split_once(':').unwrap_or((&lower, &lower));
    let (Some(first), Some(last)) = (read(from), read(to)) else {
        return Some(format!("`{words}` is not one of `{key}`"));
    };
    // Days from the end and from the beginning are not told apart before the month.
    let mixed = (first < 0) != (last < 0);
    (first > last && !mixed || first < 0 && last > 0)
        .then(|| format!("`{words}` ends before it begins"))
}

fn place(word: &str, names: &[&str]) -> Option<i64> {
    let at = names.iter().position(|it| *it == word)?;
    i64::try_from(at).ok()
}

fn weekday(word: &str) -> Option<i64> {
    place(word, WEEKDAYS)
}

fn month(word: &str) -> Option<i64> {
    let number = word.parse().ok().filter(|it| (1..=12).contains(it));
    number.or_else(|| place(word, MONTHS).map(|it| it + 1))
}

fn day(word: &str) -> Option<i64> {
    let number: i64 = word.parse().ok()?;
    (number != 0 && number.abs() <= 31).then_some(number)
}

fn year(word: &str) -> Option<i64> {
    word.parse().ok()
}

fn times(text: &Text<'_>, span: &Node, problems: &mut Vec<Problem>) {
    for range in span.list("times") {
        let read = |key: &str| range.text_of(key).map(minutes);
        let reason = match (read("start_time"), read("end_time")) {
            (Some(Some(start)), Some(Some(end))) if start < end => continue,
            (Some(Some(_)), Some(Some(_))) => {
                "a time ends before it begins: over midnight it takes two"
            }
            (Some(None), _) | (_, Some(None)) => "this is no time of day",
            _ => "a time needs `start_time` and `end_time`",
        };
        problems.push(refused(
            text,
            range,
            CODE,
            reason,
            "write `start_time: '09:00'` and `end_time: '17:00'`, up to `24:00`",
        ));
    }
}

/// Minutes since midnight of `09:30`.
fn minutes(words: &str) -> Option<u32> {
    let (hours, minutes) = words.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let fits = hours < 24 && minutes < 60 || hours == 24 && minutes == 0;
    fits.then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::{day, minutes, month, refuses, weekday};

    #[test]
    fn ranges_are_read() {
        assert_eq!(refuses("Monday:friday", "weekdays", weekday), None);
        assert_eq!(refuses("1:-1", "days_of_month", day), None);
        assert_eq!(refuses("may:8", "months", month), None);
        assert!(refuses("friday:monday", "weekdays", weekday).is_some());
        assert!(refuses("mon", "weekdays", weekday).is_some());
        assert!(refuses("-1:1", "days_of_month", day).is_some());
        assert!(refuses("0", "days_of_month", day).is_some());
        assert_eq!(minutes("24:00"), Some(1440));
        assert_eq!(minutes("9:00"), None);
    }
}
