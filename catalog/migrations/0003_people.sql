-- Passwords stand in no log and are nowhere but here: what else is known of an account is what the log
-- says of it.
CREATE TABLE passwords (
    account  TEXT PRIMARY KEY COLLATE NOCASE REFERENCES accounts (name),
    password TEXT NOT NULL CHECK (password <> ''), -- its digest, see vault/password.c
    set_us   INTEGER NOT NULL
) STRICT;
