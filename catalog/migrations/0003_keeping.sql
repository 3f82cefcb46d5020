-- Of a password the log tells the digest of its encoded form, which stands with what else is known of
-- an account; the encoded form is nowhere but here.
ALTER TABLE accounts ADD COLUMN password_sha256 BLOB CHECK (length(password_sha256) = 32);
CREATE TABLE passwords (
    account  TEXT PRIMARY KEY COLLATE NOCASE REFERENCES accounts (name),
    password TEXT NOT NULL CHECK (password <> '') -- encoded, see vault/password.c
) STRICT;

-- A bar on disposal, on one recording or on all that belongs to a case.
CREATE TABLE holds (
    number    INTEGER PRIMARY KEY,
    recording INTEGER REFERENCES recordings,
    case_id   INTEGER REFERENCES cases,
    reason    TEXT NOT NULL CHECK (reason <> ''),
    set_us    INTEGER NOT NULL,
    set_by    TEXT NOT NULL,
    lifted_us INTEGER, -- NULL while it stands
    lifted_by TEXT,
    lift_reason TEXT,
    CHECK ((recording IS NULL) <> (case_id IS NULL)),
    CHECK ((lifted_us IS NULL) = (lifted_by IS NULL)),
    CHECK ((lifted_us IS NULL) = (lift_reason IS NULL))
) STRICT;
CREATE UNIQUE INDEX holds_recording ON holds (recording) WHERE lifted_us IS NULL;
CREATE UNIQUE INDEX holds_case ON holds (case_id) WHERE lifted_us IS NULL;

-- The rules of retention as they were confirmed, the newest last: those of the settings count only
-- from then on. A rule a line, as vault/rule.c prints them.
CREATE TABLE retention (
    number       INTEGER PRIMARY KEY,
    rules        TEXT NOT NULL,
    confirmed_us INTEGER NOT NULL,
    confirmed_by TEXT NOT NULL
) STRICT;

-- Disposals, asked for by one account and approved by another. Rows stay for ever.
CREATE TABLE disposals (
    number         INTEGER PRIMARY KEY,
    state          TEXT NOT NULL CHECK (state IN ('requested', 'withdrawn', 'done')),
    reason         TEXT NOT NULL CHECK (reason <> ''),
    requested_us   INTEGER NOT NULL,
    requested_by   TEXT NOT NULL,
    decided_us     INTEGER, -- approved or withdrawn
    decided_by     TEXT,
    decided_reason TEXT,
    CHECK ((decided_us IS NULL) = (state = 'requested')),
    CHECK ((decided_us IS NULL) = (decided_by IS NULL)),
    CHECK ((decided_us IS NULL) = (decided_reason IS NULL))
) STRICT;

CREATE TABLE disposal_recordings (
    disposal  INTEGER NOT NULL REFERENCES disposals,
    recording INTEGER NOT NULL REFERENCES recordings,
    PRIMARY KEY (disposal, recording)
) STRICT, WITHOUT ROWID;
CREATE INDEX disposal_recordings_of ON disposal_recordings (recording, disposal);

-- Files that a disposal has committed to remove, until they are: what is yet to be done on the disk,
-- and nothing that the log tells.
CREATE TABLE removals (
    path TEXT PRIMARY KEY CHECK (path <> '') -- below the vault
) STRICT;
