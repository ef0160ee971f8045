//! Medians of interleaved runs, and how a result is shown.

use anyhow::{Context, Result};
use std::fmt;
use std::time::Duration;

/// Someone who is measured: runs one lap and says how long each part of it took.
pub(super) struct Contestant<'a> {
    pub(super) name: &'static str,
    run: Box<dyn FnMut() -> Result<Vec<Duration>> + 'a>,
}

impl<'a> Contestant<'a> {
    /// A lap of one part.
    pub(super) fn new(name: &'static str, mut run: impl FnMut() -> Result<Duration> + 'a) -> Self {
        Self::lap(name, move || Ok(vec![run()?]))
    }

    /// A lap of several parts, always the same number.
    pub(super) fn lap(name: &'static str, run: impl FnMut() -> Result<Vec<Duration>> + 'a) -> Self {
        Self {
            name,
            run: Box::new(run),
        }
    }
}

/// Medians of contestants whose laps have one part; see [`laps`].
pub(super) fn interleaved(
    rounds: usize,
    contestants: &mut [Contestant<'_>],
) -> Result<Vec<Duration>> {
    let medians = laps(rounds, contestants)?;
    Ok(medians.into_iter().flatten().collect())
}

/// Runs everyone `rounds` times, each round beginning with another one, so that
/// what the machine does besides falls on all alike. For each contestant, in the
/// given order, the median of each part of its lap.
pub(super) fn laps(
    rounds: usize,
    contestants: &mut [Contestant<'_>],
) -> Result<Vec<Vec<Duration>>> {
    let mut times: Vec<Vec<Vec<Duration>>> = contestants.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        let count = contestants.len();
        for turn in 0..count {
            let index = (round + turn) % count;
            if let (Some(contestant), Some(times)) =
                (contestants.get_mut(index), times.get_mut(index))
            {
                let lap = (contestant.run)().with_context(|| contestant.name)?;
                let shown: Vec<String> = lap.iter().copied().map(self::shown).collect();
                eprintln!("    {}: {}", contestant.name, shown.join(", "));
                times.push(lap);
            }
        }
    }
    times.iter().map(|laps| medians(laps)).collect()
}

/// The median of each part over all laps.
fn medians(laps: &[Vec<Duration>]) -> Result<Vec<Duration>> {
    let parts = laps.first().map_or(0, Vec::len);
    (0..parts)
        .map(|part| {
            let times = laps.iter().filter_map(|lap| lap.get(part).copied());
            median(times.collect()).context("nothing was measured")
        })
        .collect()
}

/// The middle one, or the mean of the two in the middle.
pub(super) fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort();
    let upper = *times.get(times.len() / 2)?;
    if times.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *times.get(times.len() / 2 - 1)?;
    Some((lower + upper) / 2)
}

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(super) what: String,
    pub(super) ours: Duration,
    pub(super) peer: Duration,
    pub(super) peer_name: &'static str,
    pub(super) aim: &'static str,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = self.ours.as_secs_f64() / self.peer.as_secs_f64();
        // A ratio far below one needs more digits to say anything.
        let ratio = if ratio < 0.1 {
            format!("{ratio:.3}")
        } else {
            format!("{ratio:.2}")
        };
        write!(
            f,
            "| {} | {} | {} {} | {ratio} | {} |",
            self.what,
            shown(self.ours),
            self.peer_name,
            shown(self.peer),
            self.aim,
        )
    }
}

/// Three digits and a unit.
pub(super) fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s if s >= 1e-6 => (s * 1e6, "us"),
        s => (s * 1e9, "ns"),
    };
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_an_even_number_lies_between() {
        let times = [4, 1, 3, 2].map(Duration::from_secs).to_vec();
        assert_eq!(median(times), Some(Duration::from_millis(2500)));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn each_part_of_a_lap_has_its_median() {
        let seconds = |times: [u64; 2]| times.map(Duration::from_secs).to_vec();
        let laps = [seconds([1, 9]), seconds([3, 7]), seconds([2, 8])];
        assert_eq!(medians(&laps).unwrap(), seconds([2, 8]));
    }

    #[test]
    fn times_have_three_digits() {
        assert_eq!(shown(Duration::from_millis(15_512)), "15.5 s");
        assert_eq!(shown(Duration::from_micros(1160)), "1.16 ms");
        assert_eq!(shown(Duration::from_nanos(127)), "127 ns");
    }
}
