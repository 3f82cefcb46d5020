#include "catalog/statements.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/catalog_private.h"

/* enum catalog_state */
#define STATE "CASE r.state WHEN 'loose' THEN 0 WHEN 'sealed' THEN 1 ELSE 2 END"

#define IN_CASE(alias) alias ".field = 'case' AND " alias ".ended_us IS NULL"

#define SEALED_FOR(recording, case_id)                                                             \
    "EXISTS (SELECT 1 FROM archive_recordings ar JOIN archives a ON a.number = ar.archive"         \
    " WHERE ar.recording = " recording " AND a.case_id = " case_id ")"

#define CASE_COLUMNS                                                                                    \
    "SELECT c.number, c.procedure, c.cause, c.party, c.opened_us, c.closed_us, c.opened_by,"            \
    " c.closed_by, count(t.recording), count(CASE WHEN " SEALED_FOR(                                    \
        "t.recording",                                                                                  \
        "c.id") " THEN 1 END), coalesce(sum(CASE WHEN r.state <> 'disposed' THEN r.size_bytes END), 0)" \
                " FROM cases c LEFT JOIN tags t ON " IN_CASE(                                           \
                    "t") " AND t.value = c.number"                                                      \
                         " LEFT JOIN recordings r ON r.number = t.recording"

/* the case, or what stands for it where there is none; never NULL, also in a row that is neither */
#define ARCHIVE_OF_WHAT                                                                            \
    "coalesce(c.number, 'unassigned ' || coalesce(a.month || coalesce(' ' || a.team, ''), ''))"

#define ARCHIVE_COLUMNS                                                                                               \
    "SELECT a.number, " ARCHIVE_OF_WHAT ", a.volume, a.path, a.sha256, a.sm3, a.size_bytes,"                          \
    " (SELECT count(*) FROM archive_recordings ar WHERE ar.archive = a.number), a.sealed_us,"                         \
    " a.sealed_by, a.tagmanifest_sha256, a.gone_us, a.replaced_by, a.month, a.team FROM archives a LEFT JOIN cases c" \
    " ON c.id = a.case_id"

#define ATTACHMENT_COLUMNS                                                                         \
    "SELECT b.number, b.recording, b.kind, b.name, b.stored_name, b.sha256, b.sm3, b.size_bytes,"  \
    " coalesce(b.archive, 0), b.added_us, b.added_by FROM attachments b"

#define LINE_TEXTS "original_name, cases, collectors, people, devices, place, purpose, notes, keys"

#define HIT_COLUMNS                                                                                \
    "SELECT l.sort_key, l.recording, l.original_name, l.cases, l.collectors, l.devices,"           \
    " l.captured_at, l.place, l.purpose, r.duration_s, " STATE ", r.size_bytes,"                   \
    " r.captured_us, r.latitude, r.longitude, EXISTS (SELECT 1 FROM holds h"                       \
    " WHERE h.lifted_us IS NULL AND " HOLDS_OF("r.number") ")"

#define HIT_RECORDING " CROSS JOIN recordings r ON r.number = l.recording"

/* The standing holds that bar a recording's disposal: its own; those of the cases that it belongs
 * to, or belonged to since they were set; those of cases whose archives hold it */
#define HOLDS_OF(recording)                                                                        \
    "(h.recording = " recording " OR h.case_id IN (SELECT c.id FROM tags t JOIN cases c"           \
    " ON c.number = t.value WHERE t.recording = " recording " AND t.field = 'case'"                \
    " AND (t.ended_us IS NULL OR t.ended_us >= h.set_us) UNION ALL SELECT a.case_id FROM"          \
    " archive_recordings m JOIN archives a ON a.number = m.archive WHERE m.recording = " recording \
    "))"

#define HOLD_COLUMNS                                                                               \
    "SELECT h.number, h.recording, c.number, h.reason, h.set_us, h.set_by, h.lifted_us,"           \
    " h.lifted_by, h.lift_reason FROM holds h LEFT JOIN cases c ON c.id = h.case_id"

/* Files noted as to be removed that no disposal in main explains: it is of an archive that is gone,
 * or of a recording that was disposed of, as vault/name.c places it, or attached to such a one. */
#define STORED_PATH(name) "'recordings/' || substr(" name ", 1, 2) || '/' || " name
#define REMOVALS_STRANGE(noted)                                                                                             \
    "SELECT n.path FROM " noted " n WHERE n.path NOT IN"                                                                    \
    " (SELECT path FROM main.archives WHERE gone_us IS NOT NULL"                                                            \
    " UNION ALL SELECT " STORED_PATH(                                                                                       \
        "stored_name") " FROM main.recordings"                                                                              \
                       " WHERE state = 'disposed'"                                                                          \
                       " UNION ALL SELECT " STORED_PATH(                                                                    \
                           "t.stored_name") " FROM main.attachments t"                                                      \
                                            " JOIN main.recordings r ON r.number = t.recording WHERE r.state = 'disposed')" \
                                            " ORDER BY n.path"

#define DISC_COLUMNS                                                                               \
    "SELECT d.number, d.name, d.image, d.sha256, d.size_bytes, d.made_us, d.made_by FROM discs d"

#define DISPOSAL_COLUMNS                                                                           \
    "SELECT x.number, x.state, x.reason, x.requested_us, x.requested_by, x.decided_us,"            \
    " x.decided_by, x.decided_reason, (SELECT count(*) FROM disposal_recordings m"                 \
    " WHERE m.disposal = x.number), (SELECT coalesce(sum(r.size_bytes), 0)"                        \
    " FROM disposal_recordings m JOIN recordings r ON r.number = m.recording"                      \
    " WHERE m.disposal = x.number) FROM disposals x"

#define ACCOUNT_COLUMNS "SELECT name, duties, created_us, disabled, password_sha256 FROM accounts"

#define LOG_COLUMNS "SELECT seq, at_us, actor, action, subject, entry, signature FROM log_entries"

const char *const catalog_statement_text[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [SAVEPOINT] = "SAVEPOINT change",
    [RELEASE] = "RELEASE change",
    [ROLLBACK_TO] = "ROLLBACK TO change",

    [RECORDING_ADD] =
        "INSERT INTO recordings (sha256, sm3, size_bytes, original_name, stored_name, state,"
        " accepted_us, accepted_offset_minutes, accepted_by, latitude, longitude, duration_s,"
        " sidecar_due) VALUES (?1, ?2, ?3, ?4, ?5, 'loose', ?6, ?7, ?8, ?9, ?10, ?11, 1)",
    [REPORT_ADD] = "INSERT INTO reports (recording, report) VALUES (?1, ?2)",
    [RECORDING_BY_DIGEST] = "SELECT number FROM recordings WHERE sha256 = ?1",
    [RECORDING_LOAD] =
        "SELECT r.number, r.sha256, r.sm3, r.size_bytes, r.original_name, r.stored_name,"
        " p.report, " STATE ", r.accepted_us, r.accepted_offset_minutes, r.accepted_by,"
        " r.captured_us, r.latitude, r.longitude, r.duration_s"
        " FROM recordings r JOIN reports p ON p.recording = r.number WHERE r.number = ?1",
    [RECORDING_EXISTS] = "SELECT 1 FROM recordings WHERE number = ?1",
    [RECORDING_NUMBERS] = "SELECT number FROM recordings ORDER BY number",
    [RECORDING_NUMBERS_OF_CASE] =
        "SELECT t.recording FROM tags t WHERE " IN_CASE("t") " AND t.value = ?1 ORDER BY 1",
    [RECORDING_SET_STATE] = "UPDATE recordings SET state = ?2, sidecar_due = 1 WHERE number = ?1",
    [RECORDING_SET_CAPTURED] = "UPDATE recordings SET captured_us = ?2 WHERE number = ?1",
    [RECORDING_DUE] = "UPDATE recordings SET sidecar_due = 1 WHERE number = ?1",
    [SIDECAR_DONE] = "UPDATE recordings SET sidecar_due = 0 WHERE number = ?1",
    [SIDECARS_DUE] = "SELECT number FROM recordings WHERE sidecar_due = 1 ORDER BY number",
    [LOOSE_BYTES] =
        "SELECT CAST((SELECT total(size_bytes) FROM recordings WHERE state = 'loose')"
        " + (SELECT total(b.size_bytes) FROM attachments b JOIN recordings r ON r.number = b.recording"
        " WHERE b.archive IS NULL AND r.state <> 'disposed') AS INTEGER)",
    [LOOSE_BYTES_OF_CASE] =
        "SELECT CAST(total(CASE r.state WHEN 'loose' THEN r.size_bytes ELSE 0 END"
        " + (SELECT total(b.size_bytes) FROM attachments b WHERE b.recording = r.number"
        " AND b.archive IS NULL AND r.state <> 'disposed')) AS INTEGER)"
        " FROM recordings r JOIN tags t ON t.recording = r.number AND " IN_CASE(
            "t") " WHERE t.value = ?1",
    [STORED_IS_LOOSE] =
        "SELECT EXISTS (SELECT 1 FROM recordings WHERE stored_name = ?1 AND state = 'loose')"
        " OR EXISTS (SELECT 1 FROM attachments b JOIN recordings r ON r.number = b.recording"
        " WHERE b.stored_name = ?1 AND b.archive IS NULL AND r.state <> 'disposed')",
    [STORED_IS_KNOWN] = "SELECT EXISTS (SELECT 1 FROM recordings WHERE stored_name = ?1)"
                        " OR EXISTS (SELECT 1 FROM attachments WHERE stored_name = ?1)",

    [TAG_ADD] = "INSERT INTO tags (recording, field, value, source, by, reason, set_us)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [TAG_END] = "UPDATE tags SET ended_us = ?3, ended_by = ?4"
                " WHERE recording = ?1 AND field = ?2 AND ended_us IS NULL",
    [TAGS_OF] = "SELECT field, value, source, by, reason, set_us, ended_us, ended_by FROM tags"
                " WHERE recording = ?1 ORDER BY ended_us IS NOT NULL,"
                " CASE WHEN ended_us IS NULL THEN number ELSE -number END",

    [ATTACHMENT_ADD] =
        "INSERT INTO attachments (recording, kind, name, stored_name, sha256, sm3, size_bytes,"
        " added_us, added_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [ATTACHMENTS_OF] = ATTACHMENT_COLUMNS " WHERE b.recording = ?1 ORDER BY b.number",
    [ATTACHMENTS_UNSEALED] =
        ATTACHMENT_COLUMNS " JOIN tags t ON t.recording = b.recording AND " IN_CASE(
            "t") " JOIN cases c ON c.number = t.value"
                 " JOIN recordings r ON r.number = b.recording AND r.state <> 'disposed'"
                 " WHERE t.value = ?1 AND NOT EXISTS (SELECT 1 FROM archive_attachments m"
                 " JOIN archives a ON a.number = m.archive"
                 " WHERE m.attachment = b.number AND a.case_id = c.id)"
                 " ORDER BY b.recording, b.number",
    [ATTACHMENTS_OF_ARCHIVE] =
        ATTACHMENT_COLUMNS " JOIN archive_attachments m ON m.attachment = b.number"
                           " WHERE m.archive = ?1 ORDER BY b.number",
    [ARCHIVE_ADD_ATTACHMENT] =
        "INSERT INTO archive_attachments (archive, attachment) VALUES (?1, ?2)",
    [ARCHIVE_OF_ATTACHMENT] = ARCHIVE_COLUMNS " JOIN archive_attachments m ON m.archive = a.number"
                                              " WHERE m.attachment = ?1 AND a.gone_us IS NULL"
                                              " ORDER BY a.number",
    [ATTACHMENT_SEAL] = "UPDATE attachments SET archive = coalesce(archive, ?2) WHERE number = ?1",

    [CASE_ID] = "SELECT id FROM cases WHERE number = ?1",
    [CASE_ALIKE] = "SELECT number FROM cases WHERE number = ?1 COLLATE NOCASE",
    [CASE_ADD] = "INSERT INTO cases (number, procedure, cause, party, opened_us, opened_by,"
                 " closed_us, closed_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [CASE_LOAD] = CASE_COLUMNS " WHERE c.number = ?1 GROUP BY c.id",
    [CASE_EACH] = CASE_COLUMNS " WHERE ?1 = 0 OR c.closed_us IS NULL GROUP BY c.id ORDER BY c.id",
    [CASE_CLOSE] = "UPDATE cases SET closed_us = ?2, closed_by = ?3"
                   " WHERE number = ?1 AND closed_us IS NULL",

    [COLLECTOR_NAMED] = "SELECT name FROM collectors WHERE number = ?1",
    [COLLECTOR_SET] =
        "INSERT INTO collectors (number, name, kind, valid_from, valid_to, team)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (number) DO UPDATE SET name = excluded.name,"
        " kind = excluded.kind, valid_from = excluded.valid_from, valid_to = excluded.valid_to,"
        " team = excluded.team",
    [COLLECTOR_ENTER] = "INSERT INTO collectors (number) VALUES (?1) ON CONFLICT DO NOTHING",
    [COLLECTOR_EACH] =
        "SELECT number, name, kind, valid_from, valid_to, team FROM collectors ORDER BY number",
    [COLLECTOR_RECORDINGS] = "SELECT recording FROM tags WHERE field = 'collector'"
                             " AND ended_us IS NULL AND value = ?1 ORDER BY 1",
    [DEVICE_SET] = "INSERT INTO devices (number, make, model, note) VALUES (?1, ?2, ?3, ?4)"
                   " ON CONFLICT (number) DO UPDATE SET make = excluded.make,"
                   " model = excluded.model, note = excluded.note",
    [DEVICE_ENTER] = "INSERT INTO devices (number) VALUES (?1) ON CONFLICT DO NOTHING",
    [DEVICE_EACH] = "SELECT number, make, model, note FROM devices ORDER BY number",

    [ARCHIVE_ADD] = "INSERT INTO archives (case_id, volume, path, sha256, sm3, size_bytes,"
                    " sealed_us, sealed_by, tagmanifest_sha256, month, team)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [ARCHIVE_ADD_RECORDING] = "INSERT INTO archive_recordings (archive, recording) VALUES (?1, ?2)",
    [ARCHIVE_LOAD] = ARCHIVE_COLUMNS " WHERE a.number = ?1",
    [ARCHIVE_EACH] = ARCHIVE_COLUMNS " WHERE a.gone_us IS NULL ORDER BY a.number",
    [ARCHIVE_EACH_OF_CASE] =
        ARCHIVE_COLUMNS " WHERE " ARCHIVE_OF_WHAT " = ?1 AND a.gone_us IS NULL ORDER BY a.number",
    [ARCHIVE_NEWEST] =
        ARCHIVE_COLUMNS " WHERE " ARCHIVE_OF_WHAT " = ?1 ORDER BY a.volume DESC LIMIT 1",
    [ARCHIVE_GONE] = "UPDATE archives SET gone_us = ?2, replaced_by = ?3"
                     " WHERE number = ?1 AND gone_us IS NULL",
    [ARCHIVE_OF] = ARCHIVE_COLUMNS " JOIN archive_recordings m ON m.archive = a.number"
                                   " WHERE m.recording = ?1 AND a.gone_us IS NULL"
                                   " ORDER BY a.number",
    [ARCHIVE_BY_PATH] = "SELECT number FROM archives WHERE path = ?1 AND gone_us IS NULL",
    [ARCHIVE_RECORDINGS] =
        "SELECT recording FROM archive_recordings WHERE archive = ?1 ORDER BY recording",
    [UNSEALED] = "SELECT t.recording FROM tags t JOIN cases c ON c.number = t.value"
                 " JOIN recordings r ON r.number = t.recording AND r.state <> 'disposed'"
                 " WHERE " IN_CASE("t") " AND t.value = ?1 AND NOT " SEALED_FOR(
                     "t.recording", "c.id") " ORDER BY t.recording",

    [UNASSIGNED] =
        "SELECT r.number FROM recordings r WHERE r.state = 'loose'"
        " AND coalesce(r.captured_us, r.accepted_us) >= ?1"
        " AND coalesce(r.captured_us, r.accepted_us) < ?2"
        " AND NOT EXISTS (SELECT 1 FROM archive_recordings m WHERE m.recording = r.number)"
        " AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.recording = r.number AND " IN_CASE(
            "t") ")"
                 " AND (?3 IS NULL OR EXISTS (SELECT 1 FROM tags t JOIN collectors k ON k.number = t.value"
                 " WHERE t.recording = r.number AND t.field = 'collector' AND t.ended_us IS NULL"
                 " AND k.team = ?3)) ORDER BY r.number",

    [DISC_ADD] = "INSERT INTO discs (name, image, sha256, size_bytes, made_us, made_by)"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [DISC_ADD_ARCHIVE] = "INSERT INTO disc_archives (disc, archive) VALUES (?1, ?2)",
    [DISC_OF] = DISC_COLUMNS " WHERE d.number IN (SELECT x.disc FROM disc_archives x"
                             " JOIN archive_recordings m ON m.archive = x.archive"
                             " WHERE m.recording = ?1) ORDER BY d.number",
    [DISC_OF_DISPOSAL] = DISC_COLUMNS " WHERE d.number IN (SELECT x.disc FROM disc_archives x"
                                      " JOIN archive_recordings m ON m.archive = x.archive"
                                      " JOIN disposal_recordings y ON y.recording = m.recording"
                                      " WHERE y.disposal = ?1) ORDER BY d.number",
    [DISC_EACH] = DISC_COLUMNS " ORDER BY d.number",
    [ACCOUNT_ADD] =
        "INSERT INTO accounts (name, duties, created_us, disabled) VALUES (?1, ?2, ?3, 0)",
    [ACCOUNT_EACH] = ACCOUNT_COLUMNS " ORDER BY name",
    [ACCOUNT_LOAD] = ACCOUNT_COLUMNS " WHERE name = ?1",
    [ACCOUNT_SET_DUTIES] = "UPDATE accounts SET duties = ?2 WHERE name = ?1",
    [ACCOUNT_SET_DISABLED] = "UPDATE accounts SET disabled = ?2 WHERE name = ?1",
    [ACCOUNT_SET_PASSWORD_SHA256] = "UPDATE accounts SET password_sha256 = ?2 WHERE name = ?1",
    [PASSWORD_SET] = "INSERT INTO passwords (account, password) VALUES (?1, ?2)"
                     " ON CONFLICT (account) DO UPDATE SET password = excluded.password",
    [PASSWORD_LOAD] = "SELECT password FROM passwords WHERE account = ?1",

    [HOLD_SET] = "INSERT INTO holds (recording, case_id, reason, set_us, set_by)"
                 " VALUES (?1, ?2, ?3, ?4, ?5)",
    [HOLD_LIFT] = "UPDATE holds SET lifted_us = ?3, lifted_by = ?4, lift_reason = ?5"
                  " WHERE recording IS ?1 AND case_id IS ?2 AND lifted_us IS NULL",
    [HOLD_EACH] = HOLD_COLUMNS " WHERE ?1 = 0 OR h.lifted_us IS NULL ORDER BY h.number",
    [HOLD_OF] = HOLD_COLUMNS " WHERE h.lifted_us IS NULL AND " HOLDS_OF("?1") " ORDER BY h.number",

    [RETENTION_CONFIRM] =
        "INSERT INTO retention (rules, confirmed_us, confirmed_by) VALUES (?1, ?2, ?3)",
    [RETENTION_LOAD] = "SELECT rules FROM retention ORDER BY number DESC LIMIT 1",
    [KEPT_EACH] = "SELECT r.number, r.accepted_us, r.captured_us, r.size_bytes, EXISTS"
                  " (SELECT 1 FROM holds h WHERE h.lifted_us IS NULL AND " HOLDS_OF(
                      "r.number") ")"
                                  " FROM recordings r WHERE r.number BETWEEN ?1 AND ?2"
                                  " AND r.state <> 'disposed' ORDER BY r.number",
    [KEPT_TAGS] = "SELECT t.field, t.value, c.procedure, c.cause, c.closed_us FROM tags t"
                  " LEFT JOIN cases c ON t.field = 'case' AND c.number = t.value"
                  " WHERE t.recording = ?1 AND t.ended_us IS NULL"
                  " AND t.field IN ('case', 'device', 'purpose', 'stage') ORDER BY t.number",

    [DISPOSAL_ADD] = "INSERT INTO disposals (state, reason, requested_us, requested_by)"
                     " VALUES ('requested', ?1, ?2, ?3)",
    [DISPOSAL_ADD_RECORDING] =
        "INSERT INTO disposal_recordings (disposal, recording) VALUES (?1, ?2)",
    [DISPOSAL_DECIDE] = "UPDATE disposals SET state = ?2, decided_us = ?3, decided_by = ?4,"
                        " decided_reason = ?5 WHERE number = ?1 AND state = 'requested'",
    [DISPOSAL_LOAD] = DISPOSAL_COLUMNS " WHERE x.number = ?1",
    [DISPOSAL_EACH] = DISPOSAL_COLUMNS " WHERE ?1 = 0 OR x.state = 'requested' ORDER BY x.number",
    [DISPOSAL_RECORDINGS] =
        "SELECT recording FROM disposal_recordings WHERE disposal = ?1 ORDER BY recording",
    [DISPOSAL_OF] = "SELECT x.number FROM disposal_recordings m JOIN disposals x"
                    " ON x.number = m.disposal WHERE m.recording = ?1 AND x.state <> 'withdrawn'"
                    " ORDER BY x.number DESC LIMIT 1",
    [DISPOSAL_ARCHIVES] =
        "SELECT a.number FROM archives a WHERE a.gone_us IS NULL AND (EXISTS (SELECT 1"
        " FROM archive_recordings m JOIN disposal_recordings x ON x.recording = m.recording"
        " WHERE m.archive = a.number AND x.disposal = ?1) OR EXISTS (SELECT 1"
        " FROM archive_attachments n JOIN attachments b ON b.number = n.attachment"
        " JOIN disposal_recordings x ON x.recording = b.recording"
        " WHERE n.archive = a.number AND x.disposal = ?1)) ORDER BY a.number",
    [RECORDING_DISPOSE] = "UPDATE recordings SET state = 'disposed', sidecar_due = 1"
                          " WHERE number = ?1 AND state <> 'disposed'",
    [REMOVAL_ADD] = "INSERT INTO removals (path) VALUES (?1) ON CONFLICT DO NOTHING",
    [REMOVAL_EACH] = "SELECT path FROM removals ORDER BY path",
    [REMOVAL_CLEAR] = "DELETE FROM removals",
    [REMOVAL_STRANGE] = REMOVALS_STRANGE("main.removals"),

    [LOG_SIZE] = "SELECT coalesce(max(seq) + 1, 0) FROM log_entries",
    [LOG_SIZE_AT] = "SELECT coalesce((SELECT min(seq) FROM log_entries WHERE at_us >= ?1),"
                    " (SELECT max(seq) + 1 FROM log_entries), 0)",
    [LOG_LAST] = LOG_COLUMNS " WHERE subject = ?2 AND action = ?1 ORDER BY seq DESC LIMIT 1",
    [LOG_LAST_AT] = "SELECT coalesce((SELECT at_us FROM log_entries ORDER BY seq DESC LIMIT 1), 0)",
    [COUNTS] =
        "SELECT (SELECT count(*) FROM recordings),"
        " (SELECT count(*) FROM recordings WHERE state = 'loose'),"
        " (SELECT CAST(total(size_bytes) AS INTEGER) FROM recordings"
        " WHERE state <> 'disposed'), (SELECT count(*) FROM archives WHERE gone_us IS NULL), (SELECT count(*) FROM discs),"
        " (SELECT count(*) FROM recordings WHERE sidecar_due = 1)",
    [READING_SET] = "INSERT INTO readings (kind, number, read_us) VALUES (?1, ?2, ?3)"
                    " ON CONFLICT (kind, number) DO UPDATE SET read_us = excluded.read_us",
    [READING_EACH] =
        "SELECT 0, r.number, r.size_bytes + (SELECT CAST(total(a.size_bytes) AS INTEGER)"
        " FROM attachments a WHERE a.recording = r.number AND a.archive IS NULL),"
        " d.read_us, coalesce(d.read_us, r.accepted_us) AS right_us FROM recordings r"
        " LEFT JOIN readings d ON d.kind = 'recording' AND d.number = r.number"
        " WHERE r.state = 'loose'"
        " UNION ALL SELECT 1, a.number, a.size_bytes, d.read_us, coalesce(d.read_us, a.sealed_us)"
        " FROM archives a LEFT JOIN readings d ON d.kind = 'archive' AND d.number = a.number"
        " WHERE a.gone_us IS NULL ORDER BY right_us, 1, 2",
    [LOG_ADD] = "INSERT INTO log_entries (seq, at_us, actor, action, subject, entry, signature)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [LOG_EACH] = LOG_COLUMNS " WHERE seq >= ?1 ORDER BY seq",
    [LOG_EACH_OF] = LOG_COLUMNS " WHERE seq >= ?1 AND subject = ?2 ORDER BY seq",

    [LINE_FACTS] = "SELECT original_name, captured_us, accepted_us, latitude, longitude"
                   " FROM recordings WHERE number = ?1",
    [LINE_TAGS] = "SELECT t.field, t.value, coalesce(c.id, k.id, d.id), k.name FROM tags t"
                  " LEFT JOIN cases c ON t.field = 'case' AND c.number = t.value"
                  " LEFT JOIN collectors k ON t.field = 'collector' AND k.number = t.value"
                  " LEFT JOIN devices d ON t.field = 'device' AND d.number = t.value"
                  " WHERE t.recording = ?1 AND t.ended_us IS NULL ORDER BY t.number",
    [LINE_NOTES] = "SELECT name FROM attachments WHERE recording = ?1 ORDER BY number",
    [LINE_KEY] = "SELECT sort_key FROM lines WHERE recording = ?1",
    [LINE_KEY_TAKEN] = "SELECT 1 FROM lines WHERE sort_key = ?1",
    [LINE_ADD] = "INSERT INTO lines (sort_key, recording, " LINE_TEXTS ", captured_at)"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [LINE_REMOVE] = "DELETE FROM lines WHERE sort_key = ?1",
    [LINE_INDEX] = "INSERT INTO search (rowid, " LINE_TEXTS ") SELECT sort_key, " LINE_TEXTS
                   " FROM lines WHERE sort_key = ?1",
    [LINE_UNINDEX] = "INSERT INTO search (search, rowid, " LINE_TEXTS
                     ") SELECT 'delete', sort_key, " LINE_TEXTS " FROM lines WHERE sort_key = ?1",
    [PLACE_ADD] = "INSERT INTO places VALUES (?1, ?2, ?2, ?3, ?3, ?4, ?4)",
    [PLACE_REMOVE] = "DELETE FROM places WHERE sort_key = ?1",

    [FILTER_KEYS] = "SELECT (SELECT id FROM cases WHERE number = ?1),"
                    " (SELECT id FROM collectors WHERE number = ?2),"
                    " (SELECT id FROM devices WHERE number = ?3)",
    /* CROSS JOIN keeps the order of the loops: newest first, and no more rows than are asked */
    [SEARCH_LINES] = HIT_COLUMNS " FROM lines l" HIT_RECORDING
                                 " WHERE l.sort_key BETWEEN ?1 AND ?2 ORDER BY l.sort_key DESC",
    [SEARCH_WORDS] =
        HIT_COLUMNS " FROM search CROSS JOIN lines l ON l.sort_key = search.rowid" HIT_RECORDING
                    " WHERE search MATCH ?3 AND search.rowid BETWEEN ?1 AND ?2"
                    " ORDER BY search.rowid DESC",
    [SEARCH_PLACES] = "SELECT sort_key FROM places WHERE x1 >= ?1 AND x0 <= ?2 AND y1 >= ?3"
                      " AND y0 <= ?4 AND z1 >= ?5 AND z0 <= ?6 LIMIT ?7",
    [SEARCH_LINE] = HIT_COLUMNS " FROM lines l" HIT_RECORDING " WHERE l.sort_key = ?1",

    [BESIDE_ATTACH] = "ATTACH ?1 AS beside",
    [BESIDE_DETACH] = "DETACH beside",
    [BESIDE_LOG_SIZE] = "SELECT coalesce(max(seq) + 1, 0) FROM beside.log_entries",
    [BESIDE_REMOVAL_STRANGE] = REMOVALS_STRANGE("beside.removals"),
    [BESIDE_PASSWORDS] = "SELECT p.account, p.password, a.password_sha256 FROM beside.passwords p"
                         " LEFT JOIN main.accounts a ON a.name = p.account ORDER BY p.account",
    [CHECK_INTEGRITY] = "PRAGMA integrity_check",
    [CHECK_FOREIGN_KEYS] = "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check",
    [CHECK_LINES] = "SELECT number FROM recordings"
                    " WHERE number NOT IN (SELECT recording FROM lines)",
    [CHECK_PLACES] =
        "SELECT l.recording, r.latitude, r.longitude, p.x0, p.x1, p.y0, p.y1, p.z0, p.z1"
        " FROM lines l JOIN recordings r ON r.number = l.recording"
        " LEFT JOIN places p ON p.sort_key = l.sort_key WHERE r.latitude IS NOT NULL",
    [CHECK_PLACES_EXTRA] = "SELECT p.sort_key FROM places p LEFT JOIN lines l USING (sort_key)"
                           " LEFT JOIN recordings r ON r.number = l.recording"
                           " WHERE r.latitude IS NULL",
    [CHECK_TERMS_TABLE] = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms"
                          " USING fts5vocab('main', 'search', 'instance')",
    [CHECK_TERMS] = "SELECT term, doc, col, offset FROM temp.terms",
    [CHECK_TEXTS] = "SELECT sort_key, " LINE_TEXTS " FROM lines",
};

int catalog_statement(struct catalog *catalog, enum statement name, sqlite3_stmt **out,
                      struct catalog_err *err)
{
    sqlite3_stmt **kept = &catalog->statements[name];
    if (*kept == NULL && sqlite3_prepare_v3(catalog->db, catalog_statement_text[name], -1,
                                            SQLITE_PREPARE_PERSISTENT, kept, NULL) != SQLITE_OK)
        return catalog_err_sql(err, catalog);
    if (sqlite3_stmt_busy(*kept))
        return catalog_err_set(err, CATALOG_ERR_USAGE, catalog->path,
                               "called again from within its own callback");
    *out = *kept;
    return 0;
}

void catalog_statement_done(sqlite3_stmt *statement)
{
    (void)sqlite3_reset(statement); /* repeats what the last step said */
    (void)sqlite3_clear_bindings(statement);
}

int catalog_step(struct catalog *catalog, sqlite3_stmt *statement, struct catalog_err *err)
{
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        return 0;
    default:
        return catalog_err_sql(err, catalog);
    }
}

int catalog_first(struct catalog *catalog, sqlite3_stmt *statement, int bound,
                  struct catalog_err *err)
{
    if (bound != SQLITE_OK)
        return catalog_err_sql(err, catalog);
    return catalog_step(catalog, statement, err);
}

int catalog_run(struct catalog *catalog, sqlite3_stmt *statement, int bound,
                struct catalog_err *err)
{
    int stepped = catalog_first(catalog, statement, bound, err);
    while (stepped > 0) /* a pragma may answer with rows */
        stepped = catalog_step(catalog, statement, err);
    return stepped;
}

int catalog_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    return sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

int catalog_bind_digest(sqlite3_stmt *statement, int at, const uint8_t digest[static 32])
{
    return sqlite3_bind_blob(statement, at, digest, 32, SQLITE_STATIC);
}

int catalog_bind_double(sqlite3_stmt *statement, int at, double value)
{
    return sqlite3_bind_double(statement, at, value); /* a NAN becomes NULL */
}

int catalog_bind_optional(sqlite3_stmt *statement, int at, int64_t value)
{
    return value == 0 ? sqlite3_bind_null(statement, at) : sqlite3_bind_int64(statement, at, value);
}

const char *catalog_column_view(sqlite3_stmt *statement, int at)
{
    return (const char *)sqlite3_column_text(statement, at);
}

int catalog_column_text(sqlite3_stmt *statement, int at, char **out, struct catalog_err *err)
{
    *out = NULL;
    if (sqlite3_column_type(statement, at) == SQLITE_NULL)
        return 0;
    const char *text = catalog_column_view(statement, at);
    char *copy = text != NULL ? strdup(text) : NULL;
    if (copy == NULL)
        return catalog_err_memory(err);
    *out = copy;
    return 0;
}

int catalog_column_digest(sqlite3_stmt *statement, int at, uint8_t digest[static 32],
                          struct catalog_err *err)
{
    const void *blob = sqlite3_column_blob(statement, at);
    if (blob == NULL || sqlite3_column_bytes(statement, at) != 32)
        return catalog_err_set(err, CATALOG_ERR_DAMAGED, NULL, "a digest is not of 32 octets");
    memcpy(digest, blob, 32);
    return 0;
}

int catalog_numbers(struct catalog *catalog, sqlite3_stmt *statement, int bound, int64_t **numbers,
                    size_t *count, struct catalog_err *err)
{
    AUTO(free) int64_t *list = NULL;
    size_t len = 0, room = 0;
    int stepped = catalog_first(catalog, statement, bound, err);
    for (; stepped > 0; stepped = catalog_step(catalog, statement, err)) {
        if (len == room) {
            room = room > 0 ? room * 2 : 64; /* far from wrapping: each took a row in the file */
            int64_t *more = realloc(list, room * sizeof *list);
            if (more == NULL)
                return catalog_err_memory(err);
            list = more;
        }
        list[len++] = sqlite3_column_int64(statement, 0);
    }
    if (stepped < 0)
        return -1;
    *numbers = list;
    *count = len;
    list = NULL;
    return 0;
}
