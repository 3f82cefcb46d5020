-- The custody log's entries, as they stand in the vault's log: what was done is committed together
-- with the entry that tells it, and the log's own files follow. Numbers are without gaps from 0.
CREATE TABLE log_entries (
    seq     INTEGER PRIMARY KEY CHECK (seq >= 0),
    at_us   INTEGER NOT NULL,
    actor   TEXT NOT NULL CHECK (actor <> ''),
    action  TEXT NOT NULL CHECK (action <> ''),
    subject TEXT NOT NULL, -- "R12", a case's number, an archive's path
    entry   BLOB NOT NULL, -- the leaf: canonical JSON
    -- by the vault's key, over the leaf: a row that another hand has added never comes into the log.
    -- NULL where the log had the entry before the catalog: one that was made anew
    signature BLOB
) STRICT;
CREATE INDEX log_entries_of ON log_entries (subject, seq);

-- When the bytes of a recording, while they lay loose, or of an archive were last read back and found
-- right. What is not here has not been read since it was accepted or sealed.
CREATE TABLE readings (
    kind    TEXT NOT NULL CHECK (kind IN ('recording', 'archive')),
    number  INTEGER NOT NULL,
    read_us INTEGER NOT NULL,
    PRIMARY KEY (kind, number)
) STRICT, WITHOUT ROWID;
