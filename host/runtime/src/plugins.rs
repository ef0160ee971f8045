//! Runs plugins: packages, limits, capabilities and the four roles.
