//! Guests that misbehave, one way each. Every test says which limit or refusal
//! the operator is told of, and that the same host goes on serving others.

mod files;
mod limits;
mod mail;
mod network;
mod packages;
mod sandbox;
mod secrets;
mod servers;
