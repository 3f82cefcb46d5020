-- Recordings, what is said of them, the registers, archives and discs.

CREATE TABLE cases (
    id        INTEGER PRIMARY KEY,
    number    TEXT NOT NULL UNIQUE CHECK (length(number) BETWEEN 1 AND 200),
    procedure TEXT CHECK (procedure IN ('simple', 'general')),
    cause     TEXT,
    party     TEXT,
    opened_us INTEGER NOT NULL,
    opened_by TEXT NOT NULL,
    closed_us INTEGER,
    closed_by TEXT,
    CHECK ((closed_us IS NULL) = (closed_by IS NULL))
) STRICT;
-- two numbers that differ in ASCII case only would be taken for one another
CREATE UNIQUE INDEX cases_alike ON cases (number COLLATE NOCASE);

CREATE TABLE collectors (
    id         INTEGER PRIMARY KEY,
    number     TEXT NOT NULL UNIQUE CHECK (length(number) BETWEEN 1 AND 200),
    name       TEXT,
    kind       TEXT CHECK (kind IN ('officer', 'auxiliary')),
    team       TEXT CHECK (team <> ''),
    valid_from TEXT CHECK (valid_from GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    valid_to   TEXT CHECK (valid_to GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT;

CREATE TABLE devices (
    id     INTEGER PRIMARY KEY,
    number TEXT NOT NULL UNIQUE CHECK (length(number) BETWEEN 1 AND 200),
    make   TEXT,
    model  TEXT,
    note   TEXT
) STRICT;

CREATE TABLE recordings (
    number                  INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256                  BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    sm3                     BLOB NOT NULL CHECK (length(sm3) = 32),
    size_bytes              INTEGER NOT NULL CHECK (size_bytes >= 0),
    original_name           TEXT NOT NULL,
    stored_name             TEXT NOT NULL CHECK (stored_name <> ''),
    state                   TEXT NOT NULL CHECK (state IN ('loose', 'sealed', 'disposed')),
    accepted_us             INTEGER NOT NULL,
    accepted_offset_minutes INTEGER NOT NULL
        CHECK (accepted_offset_minutes BETWEEN -1439 AND 1439),
    accepted_by             TEXT NOT NULL,
    captured_us             INTEGER, -- of the standing captured_at
    latitude                REAL CHECK (latitude BETWEEN -90 AND 90),
    longitude               REAL CHECK (longitude BETWEEN -180 AND 180),
    duration_s              REAL,
    sidecar_due             INTEGER NOT NULL CHECK (sidecar_due IN (0, 1)),
    CHECK ((latitude IS NULL) = (longitude IS NULL))
) STRICT;
CREATE INDEX recordings_stored ON recordings (stored_name);
CREATE INDEX recordings_due ON recordings (number) WHERE sidecar_due = 1;

-- apart, so that reading rows of recordings does not walk over long reports
CREATE TABLE reports (
    recording INTEGER PRIMARY KEY REFERENCES recordings,
    report    TEXT NOT NULL
) STRICT;

CREATE TABLE tags (
    number    INTEGER PRIMARY KEY,
    recording INTEGER NOT NULL REFERENCES recordings,
    field     TEXT NOT NULL CHECK (field IN ('case', 'captured_at', 'place', 'purpose',
                                             'collector', 'device', 'maker', 'method', 'stage')),
    value     TEXT NOT NULL CHECK (value <> ''),
    source    TEXT NOT NULL,
    by        TEXT NOT NULL,
    reason    TEXT,
    set_us    INTEGER NOT NULL,
    ended_us  INTEGER, -- NULL while it stands
    ended_by  TEXT,
    CHECK ((ended_us IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE INDEX tags_recording ON tags (recording, field);
CREATE UNIQUE INDEX tags_once ON tags (recording, field, value) WHERE ended_us IS NULL;
CREATE UNIQUE INDEX tags_single ON tags (recording, field)
    WHERE ended_us IS NULL AND field NOT IN ('case', 'collector', 'device');
CREATE INDEX tags_case ON tags (value, recording) WHERE field = 'case' AND ended_us IS NULL;
CREATE INDEX tags_collector ON tags (value, recording)
    WHERE field = 'collector' AND ended_us IS NULL;

CREATE TABLE archives (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id    INTEGER REFERENCES cases, -- NULL: of what belonged to no case, of the month
    month      TEXT CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]'),
    team       TEXT CHECK (team <> ''), -- NULL: of whichever
    volume     INTEGER NOT NULL CHECK (volume >= 1),
    path       TEXT NOT NULL UNIQUE CHECK (path <> ''),
    sha256     BLOB NOT NULL CHECK (length(sha256) = 32),
    sm3        BLOB NOT NULL CHECK (length(sm3) = 32),
    tagmanifest_sha256 BLOB NOT NULL CHECK (length(tagmanifest_sha256) = 32),
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    sealed_us  INTEGER NOT NULL,
    sealed_by  TEXT NOT NULL,
    gone_us    INTEGER, -- since when its file is no more; NULL while it is
    replaced_by INTEGER REFERENCES archives, -- the one with the rest of what was in it
    CHECK (replaced_by IS NULL OR gone_us IS NOT NULL),
    CHECK ((case_id IS NULL) = (month IS NOT NULL)),
    CHECK (team IS NULL OR month IS NOT NULL),
    UNIQUE (case_id, volume)
) STRICT;
CREATE UNIQUE INDEX archives_unassigned ON archives (month, coalesce(team, ''), volume)
    WHERE case_id IS NULL;

CREATE TABLE archive_recordings (
    archive   INTEGER NOT NULL REFERENCES archives,
    recording INTEGER NOT NULL REFERENCES recordings,
    PRIMARY KEY (archive, recording)
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_recordings_of ON archive_recordings (recording, archive);

CREATE TABLE attachments (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    recording   INTEGER NOT NULL REFERENCES recordings,
    kind        TEXT NOT NULL CHECK (kind IN ('transcript', 'note', 'companion')),
    name        TEXT NOT NULL CHECK (name <> ''),
    stored_name TEXT NOT NULL CHECK (stored_name <> ''),
    sha256      BLOB NOT NULL CHECK (length(sha256) = 32),
    sm3         BLOB NOT NULL CHECK (length(sm3) = 32),
    size_bytes  INTEGER NOT NULL CHECK (size_bytes >= 0),
    archive     INTEGER REFERENCES archives, -- the first of them; NULL while its bytes lie loose
    added_us    INTEGER NOT NULL,
    added_by    TEXT NOT NULL,
    UNIQUE (recording, kind, name, sha256)
) STRICT;
CREATE INDEX attachments_stored ON attachments (stored_name);

CREATE TABLE archive_attachments (
    archive    INTEGER NOT NULL REFERENCES archives,
    attachment INTEGER NOT NULL REFERENCES attachments,
    PRIMARY KEY (archive, attachment)
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_attachments_of ON archive_attachments (attachment, archive);

CREATE TABLE discs (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL CHECK (name <> ''),
    image      TEXT NOT NULL CHECK (image <> ''),
    sha256     BLOB NOT NULL CHECK (length(sha256) = 32),
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    made_us    INTEGER NOT NULL,
    made_by    TEXT NOT NULL
) STRICT;

CREATE TABLE disc_archives (
    disc    INTEGER NOT NULL REFERENCES discs,
    archive INTEGER NOT NULL REFERENCES archives,
    PRIMARY KEY (disc, archive)
) STRICT, WITHOUT ROWID;
CREATE INDEX disc_archives_of ON disc_archives (archive, disc);

CREATE TABLE accounts (
    name       TEXT PRIMARY KEY COLLATE NOCASE CHECK (name <> ''),
    duties     TEXT NOT NULL CHECK (duties <> ''), -- joined by commas
    created_us INTEGER NOT NULL,
    disabled   INTEGER NOT NULL CHECK (disabled IN (0, 1))
) STRICT;

-- Derived from the above, one row per recording: what a search reads and shows. sort_key is the
-- second of capture (else of acceptance) shifted left by 24 bits, and the recording's number below.
CREATE TABLE lines (
    sort_key      INTEGER PRIMARY KEY,
    recording     INTEGER NOT NULL UNIQUE REFERENCES recordings,
    original_name TEXT NOT NULL,
    cases         TEXT, -- lists are joined by U+001F
    collectors    TEXT,
    people        TEXT, -- the collectors' names
    devices       TEXT,
    captured_at   TEXT,
    place         TEXT,
    purpose       TEXT,
    notes         TEXT, -- the attachments' names
    keys          TEXT  -- what filters ask for: case, collector, device, cells, "untagged"
) STRICT;

CREATE VIRTUAL TABLE search USING fts5 (
    original_name, cases, collectors, people, devices, place, purpose, notes, keys,
    content = 'lines', content_rowid = 'sort_key', columnsize = 0, tokenize = 'shilu'
);

-- positions on the sphere in metres from the earth's middle: no seam at 180°, none at the poles
CREATE VIRTUAL TABLE places USING rtree (sort_key, x0, x1, y0, y1, z0, z1);
