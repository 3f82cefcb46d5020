#!/usr/bin/env bats
# Wrong use: exit 2 with the one line that helps. What cannot be done: exit 3, and it says why.
load common

setup() { V=$BATS_TEST_TMPDIR/vault; }

one_line() {
    [ "$(wc -l <<<"$output")" = 1 ] || {
        echo "more than one line:"
        echo "$output"
        return 1
    }
}

@test "unknown commands and options are wrong use" {
    status 2 "$SHILU"
    one_line
    status 2 "$SHILU" frobnicate
    one_line
    has frobnicate
    status 2 "$SHILU" --frobnicate
    one_line
    status 2 "$SHILU" -C
    for command in init ingest probe tag attach search show seal list extract cat verify; do
        status 2 "$SHILU" "$command" --frobnicate
        one_line
        has frobnicate
        has "--help"
    done
    status 2 "$SHILU" case frobnicate
    status 2 "$SHILU" case
    status 2 "$SHILU" disc frobnicate
}

@test "missing arguments are wrong use" {
    for command in ingest probe tag attach seal show list extract cat init; do
        status 2 "$SHILU" "$command"
        one_line
    done
    status 2 "$SHILU" init "$V"
    has "--unit"
    status 2 "$SHILU" verify
    status 2 "$SHILU" seal CASE
    has SHILU_VAULT
}

@test "help is there for every command, on stdout" {
    status 0 "$SHILU" --help
    for command in $(sed -n 's/^  \([a-z]*\) .*/\1/p' <<<"$output"); do
        status 0 "$SHILU" "$command" --help
        has "Usage"
    done
    status 0 "$SHILU" --version
    has "shilu "
}

@test "a folder that is no vault, and one that holds something, are refused" {
    mkdir "$BATS_TEST_TMPDIR/other"
    touch "$BATS_TEST_TMPDIR/other/file"
    status 3 "$SHILU" -C "$BATS_TEST_TMPDIR/other" search
    has other
    status 3 "$SHILU" -C "$BATS_TEST_TMPDIR/nowhere" search
    status 3 "$SHILU" init "$BATS_TEST_TMPDIR/other" --unit 局
    [ "$(ls "$BATS_TEST_TMPDIR/other")" = file ]
}

@test "a vault of a newer format, or a catalog that is newer or damaged, is left untouched" {
    new_vault
    cp -r "$V" "$BATS_TEST_TMPDIR/copy"
    sed -i 's/^format = 1/format = 2/' "$V/shilu.conf"
    status 3 shilu search
    sed -i 's/^format = 2/format = 1/' "$V/shilu.conf"
    sqlite3 "$V/catalog.db" 'PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE);' >/dev/null
    before=$(sha256sum <"$V/catalog.db")
    status 3 shilu search
    has catalog.db
    status 3 shilu case add X
    [ "$(sha256sum <"$V/catalog.db")" = "$before" ]
    head -c 3000 /dev/urandom >"$V/catalog.db"
    before=$(sha256sum <"$V/catalog.db")
    status 3 shilu search
    has catalog.db
    [ "$(sha256sum <"$V/catalog.db")" = "$before" ]
}

@test "settings with a mistake name the line" {
    new_vault
    sed -i 's/^\[unit\]/&\nzoen = Asia\/Shanghai/' "$V/shilu.conf"
    status 3 shilu search
    has shilu.conf
    has "$(grep -n zoen "$V/shilu.conf" | cut -d: -f1)"
}

@test "case numbers: slashes and quotes are fine, 4,000 characters are not" {
    new_vault
    for number in 'a/b' "o'clock" '"x"' '../../etc/passwd' 'a b' '〔2026〕第9号' "'; DROP TABLE cases; --"; do
        status 0 shilu case add "$number"
        status 0 shilu case show "$number" --json
        [ "$(jq -r .case <<<"$output")" = "$number" ]
        record "$BATS_TEST_TMPDIR/$RANDOM.mp4" 1
        shilu ingest "$BATS_TEST_TMPDIR"/*.mp4 --case "$number" >/dev/null
        rm "$BATS_TEST_TMPDIR"/*.mp4
        status 0 shilu seal "$number"
    done
    status 0 shilu verify
    [ -z "$(find "$BATS_TEST_TMPDIR" -name '*.tar' ! -path "$V/archives/*")" ]
    status 2 shilu case add "$(printf 'x%.0s' {1..4000})"
    status 2 shilu case add ''
    status 2 shilu case add $'a\nb'
    status 3 shilu case add 'a/b'
    status 3 shilu seal 'no such case'
    status 3 shilu ingest "$BATS_TEST_TMPDIR" --case 'no such case'
}

@test "output that cannot be written is told, and is no success" {
    new_vault
    status 3 bash -c '"$SHILU" -C "$1" case list --json >/dev/full' _ "$V"
}

@test "-C behind the command names the cure" {
    status 2 "$SHILU" search -C "$BATS_TEST_TMPDIR" 占道
    one_line
    has "shilu -C VAULT search"
}

@test "a reader that leaves is no error to tell" {
    new_vault
    for i in $(seq 300); do shilu case add "$(printf '%0180d' "$i")" >/dev/null; done
    (shilu case list 2>"$BATS_TEST_TMPDIR/told" || true) | head -n 1 >/dev/null
    [ ! -s "$BATS_TEST_TMPDIR/told" ]
    ! shilu case list >/dev/full 2>"$BATS_TEST_TMPDIR/told" || false
    [ -s "$BATS_TEST_TMPDIR/told" ]
}

damage_is_told() {
    record "$BATS_TEST_TMPDIR/a.mp4" 1
    before=$(sha256sum <"$V/catalog.db")
    status 3 shilu ingest "$BATS_TEST_TMPDIR/a.mp4"
    has catalog.db
    [ "$(sha256sum <"$V/catalog.db")" = "$before" ]
}

@test "a catalog with damaged pages is told before anything is written to it" {
    new_vault
    sqlite3 "$V/catalog.db" 'DELETE FROM cases; PRAGMA wal_checkpoint(TRUNCATE);' >/dev/null
    head -c 20000 /dev/urandom | dd of="$V/catalog.db" bs=1 seek=4096 conv=notrunc status=none
    damage_is_told
}

@test "a large catalog with the root of a table damaged is told before anything is written to it" {
    new_vault
    sqlite3 "$V/catalog.db" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
        WHERE i < 18000) INSERT INTO cases (number, party, opened_us, opened_by)
        SELECT 'G-' || i, printf('%.*c', 900, 'p'), 1, 'os:x' FROM n;
        PRAGMA wal_checkpoint(TRUNCATE);" >/dev/null
    [ "$(stat -c %s "$V/catalog.db")" -gt 16777216 ]
    page=$(sqlite3 "$V/catalog.db" "SELECT rootpage FROM sqlite_schema WHERE name = 'discs'")
    head -c 4096 /dev/urandom |
        dd of="$V/catalog.db" bs=4096 seek=$((page - 1)) conv=notrunc status=none
    damage_is_told
}

@test "strays in incoming do not stop the work, and verify names them" {
    new_vault
    record "$BATS_TEST_TMPDIR/a.mp4" 1
    touch "$V/incoming/backup.tar.part"
    mkdir "$V/incoming/2026@x@x-v001.tar.part"
    status 0 shilu ingest "$BATS_TEST_TMPDIR/a.mp4"
    status 1 shilu verify
    has backup.tar.part
    [ -e "$V/incoming/backup.tar.part" ]
}

@test "an image is not begun that could not be entered, and nobody's .part is overwritten" {
    new_case
    shilu seal "$CASE"
    echo precious >"$BATS_TEST_TMPDIR/d.iso.part"
    status 0 shilu disc image "$CASE" -o "$BATS_TEST_TMPDIR/d.iso"
    [ "$(cat "$BATS_TEST_TMPDIR/d.iso.part")" = precious ]
    # another archive signed with the same key is still not the one that was sealed
    sqlite3 "$V/catalog.db" "UPDATE archives SET tagmanifest_sha256 = zeroblob(32)"
    status 1 shilu disc image "$CASE" -o "$BATS_TEST_TMPDIR/e.iso"
    [ ! -e "$BATS_TEST_TMPDIR/e.iso" ]
}

@test "blank texts are none: numbers, tags, reasons" {
    "$SHILU" init "$V" --unit 局 >/dev/null
    for number in "" "   " "　" " 12" "12 " "1  2" "12　"; do
        status 2 "$SHILU" -C "$V" case add "$number"
    done
    "$SHILU" -C "$V" case add "1 2" >/dev/null
    ffmpeg -v error -f lavfi -i sine=duration=1 "$BATS_TEST_TMPDIR/a.wav"
    status 2 "$SHILU" -C "$V" ingest "$BATS_TEST_TMPDIR/a.wav" --place " "
    "$SHILU" -C "$V" ingest "$BATS_TEST_TMPDIR/a.wav" --place 柳口路 >/dev/null
    for reason in "" " " "　"; do
        status 2 "$SHILU" -C "$V" tag R1 --place 估衣街 --reason "$reason"
    done
    status 2 "$SHILU" -C "$V" tag R1 --place " " --reason 更正
    status 2 "$SHILU" -C "$V" tag R1 --place "　" --reason 更正
    run "$SHILU" -C "$V" show R1
    has 柳口路
}

@test "init takes away what a killed one has left, and nothing else" {
    local other=$BATS_TEST_TMPDIR/other
    "$SHILU" init "$V" --unit 局 >/dev/null
    # a vault in use whose settings were lost, with a settings file of an interrupted init beside
    "$SHILU" -C "$V" case add C1 >/dev/null
    mv "$V/shilu.conf" "$V/.shilu-init"
    status 3 "$SHILU" init "$V" --unit 局
    mv "$V/.shilu-init" "$V/shilu.conf"
    "$SHILU" -C "$V" verify >/dev/null
    # a stranger's folder
    mkdir -p "$other/keys"
    echo mine | tee "$other/catalog.db" "$other/keys/signing.pem" >"$other/.shilu-init"
    status 3 "$SHILU" init "$other" --unit 局
    [ "$(cat "$other/catalog.db" "$other/keys/signing.pem" "$other/.shilu-init" | uniq)" = mine ]
    # a link to another vault's keys
    rm -r "${other:?}"
    mkdir "$other"
    ln -s "$V/keys" "$other/keys"
    cp "$V/shilu.conf" "$other/.shilu-init"
    status 3 "$SHILU" init "$other" --unit 局
    [ -s "$V/keys/signing.pem" ]
    # what a killed one leaves
    rm -r "${other:?}"
    "$SHILU" init "$other" --unit 局 >/dev/null
    mv "$other/shilu.conf" "$other/.shilu-init"
    "$SHILU" init "$other" --unit 局 >/dev/null
    [ ! -e "$other/.shilu-init" ]
    "$SHILU" -C "$other" verify >/dev/null
}

@test "a case number of spaces alone is none, and what is wrong is named once" {
    "$SHILU" init "$V" --unit 局 >/dev/null
    status 2 "$SHILU" -C "$V" case add "   "
    has "case number: blank"
    status 2 "$SHILU" -C "$V" case add "$(printf '%0.sa' {1..500})"
    has "shilu: case number: 500 characters"
}

@test "a vault that has lost its settings is told from a folder that holds something else" {
    "$SHILU" init "$V" --unit 局 >/dev/null
    mv "$V/shilu.conf" "$BATS_TEST_TMPDIR"
    status 3 "$SHILU" init "$V" --unit 局
    has "lost its settings"
    [ -s "$V/keys/signing.pem" ]
}

@test "a case cannot be called what a recording is called" {
    "$SHILU" init "$V" --unit 局 >/dev/null
    for number in R1 a12 D3; do status 2 "$SHILU" -C "$V" case add "$number"; done
    status 0 "$SHILU" -C "$V" case add R1-2026
}
