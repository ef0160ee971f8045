-- Run once, when the database is made.
CREATE SCHEMA IF NOT EXISTS solver;
