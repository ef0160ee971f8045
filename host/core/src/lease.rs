//! Who may change a project: a claim that is written where all machines see it, renewed
//! while its owner lives, and free for others once it is not.
//!
//! A claim cannot be changed, only followed by one of the next generation. Two that want
//! the same generation get the same claim back, and it tells which of them it is. Times
//! are those of the place where claims are kept, so that no two clocks are compared.

use serde::Serialize;
use std::time::Duration;

/// A claim that was not renewed for so long is nobody's.
pub const EXPIRES: Duration = Duration::from_secs(30);
/// How often it is renewed.
pub const RENEWED: Duration = Duration::from_secs(10);

/// Who acts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Owner {
    /// Tells this run from every other.
    pub token: String,
    /// `deploy@build-7`, for people.
    pub who: String,
    /// Process id on its host.
    pub pid: u32,
    /// Tells the pid space of one start of one machine from all others.
    pub machine: String,
    /// When the process began, in the words of its machine: a process id is used again.
    pub started: String,
    /// When it took the claim; RFC 3339.
    pub since: String,
}

/// A claim as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Claim {
    /// Its name where it is kept.
    pub name: String,
    /// From 1, one more with every renewal.
    pub generation: u64,
    /// Whose it is.
    pub owner: Owner,
    /// Seconds since the epoch, where it is kept.
    pub made: u64,
}

/// What may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Claim this generation; whatever is there is nobody's.
    Free {
        /// To be claimed.
        generation: u64,
    },
    /// Somebody else's.
    Held {
        /// The claim that counts.
        claim: Box<Claim>,
        /// When it expires unless it is renewed.
        expires_in: Duration,
    },
}

/// Judges the claims on a project. `dead` knows whether an owner is known to be gone,
/// `now` is the time where claims are kept.
#[must_use]
pub fn judge(claims: &[Claim], dead: &dyn Fn(&Owner) -> bool, now: u64) -> Standing {
    let live = claims
        .iter()
        .filter(|claim| !dead(&claim.owner) && left(claim, now) > Duration::ZERO)
        .max_by_key(|claim| claim.generation);
    match live {
        Some(claim) => Standing::Held {
            expires_in: left(claim, now),
            claim: Box::new(claim.clone()),
        },
        None => Standing::Free {
            generation: claims.iter().map(|it| it.generation).max().unwrap_or(0) + 1,
        },
    }
}

/// Whether a claim that was just made is good: all others had been judged before it was.
/// One that was not may be somebody's who judged at the same time.
#[must_use]
pub fn is_good(mine: &Claim, judged: &[Claim], now_there: &[Claim]) -> bool {
    now_there.contains(mine)
        && now_there
            .iter()
            .all(|claim| claim == mine || judged.contains(claim))
}

fn left(claim: &Claim, now: u64) -> Duration {
    EXPIRES.saturating_sub(Duration::from_secs(now.saturating_sub(claim.made)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(generation: u64, token: &str, made: u64) -> Claim {
        Claim {
            name: format!("p-{generation}"),
            generation,
            owner: Owner {
                token: token.into(),
                ..Owner::default()
            },
            made,
        }
    }

    #[test]
    fn a_claim_is_held_until_it_expires_or_its_owner_is_dead() {
        let dead = |owner: &Owner| owner.token == "dead";
        for (claims, expected) in [
            (vec![], Ok(1)),
            (vec![claim(4, "a", 100)], Err((4, 10))),
            (vec![claim(4, "a", 90)], Ok(5)),
            (vec![claim(4, "dead", 119)], Ok(5)),
            // A renewal under way: the newer one counts.
            (vec![claim(4, "a", 95), claim(5, "a", 110)], Err((5, 20))),
            // Its clock may have been set back.
            (vec![claim(1, "a", 500)], Err((1, 30))),
            (
                vec![claim(7, "dead", 119), claim(1, "b", 119)],
                Err((1, 29)),
            ),
        ] {
            let found = match judge(&claims, &dead, 120) {
                Standing::Free { generation } => Ok(generation),
                Standing::Held { claim, expires_in } => {
                    Err((claim.generation, expires_in.as_secs()))
                }
            };
            assert_eq!(found, expected, "{claims:?}");
        }
    }

    #[test]
    fn a_claim_that_was_made_meanwhile_spoils_ours() {
        let (old, mine, other) = (claim(1, "a", 1), claim(2, "me", 50), claim(1, "b", 50));
        let judged = [old.clone()];
        assert!(is_good(&mine, &judged, &[old.clone(), mine.clone()]));
        assert!(!is_good(&mine, &judged, &[mine.clone(), other]));
        assert!(!is_good(&mine, &judged, &[old]));
    }
}
