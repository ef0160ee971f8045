//! What the scenarios share: the binary under test, sinks, the engine.
