#!/usr/bin/env bats
# The catalog is what the custody log tells: checked against it, and made anew from it.
load common

setup() { new_case && cd "$BATS_TEST_TMPDIR"; }

# Every table, but for what the log does not hold.
dump() {
    sqlite3 "$1" "DELETE FROM passwords; DELETE FROM log_entries WHERE action = 'catalog-rebuilt'; UPDATE log_entries SET signature = NULL; UPDATE recordings SET sidecar_due = 0" .dump
}

# All that an archive of a case can have.
fill() {
    echo x >note.txt
    shilu attach R1 --kind note note.txt
    shilu tag R2 --place 后街 --reason 更正
    shilu device set 0012345 --make X
    shilu seal "$CASE"
    shilu disc image "$CASE" -o disc.iso
    record card/d.mp4 1
    shilu ingest card/d.mp4 --case "$CASE"
}

@test "a catalog that is gone is made anew, equal in every table, and search and seal go on" {
    fill >/dev/null
    cp "$V/catalog.db" old.db
    [ ! -e "$V/catalog.db-wal" ] || cp "$V/catalog.db-wal" old.db-wal
    rm "$V"/catalog.db*
    status 1 shilu verify --sizes
    status 0 shilu catalog rebuild
    has "4 recordings"
    cp "$V/catalog.db" new.db
    diff -q <(dump old.db) <(dump new.db)
    status 0 shilu catalog check
    status 0 shilu verify
    status 0 shilu search 后街
    has R2
    status 0 shilu seal "$CASE"
    has v002
    status 0 shilu verify
}

@test "a damaged catalog is replaced and kept" {
    fill >/dev/null
    dd if=/dev/urandom of="$V/catalog.db" bs=4096 seek=2 count=8 conv=notrunc status=none
    status 1 shilu catalog check
    status 0 shilu catalog rebuild --json
    kept=$(jq -r .kept <<<"$output")
    [ -s "$V/$kept" ]
    status 0 shilu verify
}

@test "a row changed by hand is named, and undone by a rebuild" {
    sqlite3 "$V/catalog.db" "UPDATE tags SET value = '别处' WHERE field = 'place' AND recording = 2"
    status 1 shilu catalog check
    has "R2"
    has "别处"
    has "柳口路"
    status 0 shilu catalog rebuild
    status 0 shilu verify
}

@test "an edited sidecar is told by a rebuild and made anew" {
    sidecar=$(echo "$V"/recordings/*/*.json | cut -d' ' -f1)
    sed -i s/柳口路/假口路/ "$sidecar"
    status 1 shilu catalog rebuild
    has "sidecar"
    shilu device set 1 >/dev/null
    grep -q 柳口路 "$sidecar"
    status 0 shilu verify
}

@test "a report that is nowhere left is told" {
    sidecar=$(echo "$V"/recordings/*/*.json | cut -d' ' -f1)
    rm "$sidecar" "$V"/catalog.db*
    status 1 shilu catalog rebuild
    has "report"
    status 1 shilu verify --sizes
}

@test "nothing is rebuilt from a damaged log, or beside somebody at work" {
    bundle=$(ls -v "$V"/log/tile/entries/000.p/* | tail -n 1)
    cp "$bundle" kept
    sed -i 's/os:/ox:/' "$bundle"
    before=$(sha256sum <"$V/catalog.db")
    status 3 shilu catalog rebuild
    has "log is damaged"
    cp kept "$bundle"
    coproc sqlite3 "$V/catalog.db"
    echo "SELECT count(*) FROM tags;" >&"${COPROC[1]}"
    read -r _ <&"${COPROC[0]}"
    status 3 shilu catalog rebuild
    has "another process"
    kill "$COPROC_PID"
    [ "$before" = "$(sha256sum <"$V/catalog.db")" ]
}

@test "an act that a crash kept from the log survives the rebuild" {
    cp -a "$V/log" kept
    shilu tag R1 --place 后街 --reason 更正
    rm -r "$V/log"
    mv kept "$V/log"
    status 1 shilu verify --sizes
    has "interrupted"
    status 0 shilu catalog rebuild
    shilu device set 1 >/dev/null
    status 0 shilu search 后街
    has R1
    status 0 shilu verify
}

@test "nothing is sealed or disposed of by rows that no act made so" {
    sqlite3 "$V/catalog.db" "UPDATE tags SET value = '假地点' WHERE field = 'place'"
    status 1 shilu seal "$CASE"
    has "nothing is done by it"
    status 1 shilu dispose request R1 --as admin --reason x --password-fd 0 </dev/null
    has "nothing is done by it"
    [ -z "$(ls "$V/archives")" ]
}
