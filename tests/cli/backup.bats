#!/usr/bin/env bats
# A backup is of one moment, grows by what is new, and is the vault again when it is laid back.
load common

setup() { new_case && cd "$BATS_TEST_TMPDIR"; }

# A vault again, from a backup, what else was saved of the old one, and the key from its safe.
restore() {
    cp -a "$1" "$2"
    cp -a "$V/recordings" "$V/archives" "$2/"
    cp -p "$V/keys/signing.pem" "$2/keys/"
}

@test "a backup laid back is the vault, and work goes on" {
    shilu seal "$CASE" >/dev/null
    status 0 shilu backup saved --json
    [ "$(jq -r .entries <<<"$output")" -eq "$(shilu log show --json | wc -l)" ]
    [ ! -e saved/keys/signing.pem ]
    [ "$(stat -c %a saved/catalog.db)" = 600 ]
    restore saved again
    status 0 "$SHILU" verify again
    record card/d.mp4 1
    status 0 "$SHILU" -C again ingest card/d.mp4 --case "$CASE"
    status 0 "$SHILU" -C again seal "$CASE"
    status 0 "$SHILU" verify again
}

@test "the next backup copies what is new, and what was taken in later is named" {
    shilu backup saved >/dev/null
    cp saved/log/checkpoint older
    for i in $(seq 300); do echo "shilu device set $i"; done >more
    # shellcheck disable=SC1091
    source ./more >/dev/null
    status 0 shilu backup saved --json
    [ "$(jq -r .entries <<<"$output")" -gt 300 ]
    status 0 shilu backup saved --json
    [ "$(jq -r .files <<<"$output")" = 1 ] # the catalog
    status 0 "$SHILU" log verify saved/log --key saved/keys/public.pem --against older
    restore saved again
    shilu ingest "$(record card/e.mp4 1 && echo card/e.mp4)" >/dev/null
    cp -a "$V/recordings" again/
    status 1 "$SHILU" verify again
    has EXTRA
}

@test "while others work, each backup is whole" {
    (while [ ! -e stop ]; do shilu device set "$RANDOM"; done) >/dev/null 3>&- &
    worker=$!
    for i in 1 2 3 4 5; do
        status 0 shilu backup "saved$i"
        restore "saved$i" "again$i"
        status 0 "$SHILU" log verify "saved$i/log" --key "saved$i/keys/public.pem"
        status 0 "$SHILU" -C "again$i" device set last
        status 0 "$SHILU" -C "again$i" catalog check
    done
    touch stop
    wait "$worker"
}

@test "a folder that is another's is refused" {
    status 2 shilu backup "$V"
    status 2 shilu backup "$V/within"
    [ ! -e "$V/within" ]
    "$SHILU" init other --unit x >/dev/null
    status 3 shilu backup other
    has "no backup of this vault"
    status 0 "$SHILU" verify other
    shilu backup saved >/dev/null
    cp -a "$V" copy
    shilu device set 1 >/dev/null
    shilu backup saved >/dev/null
    status 3 "$SHILU" -C copy backup saved
    status 3 shilu backup /proc/none
}

@test "what has rotted in a backup is copied again" {
    shilu backup saved >/dev/null
    bundle=$(ls -v saved/log/tile/entries/000.p/* | tail -n 1)
    touch -r "$bundle" time
    sed -i 's/os:/ox:/' "$bundle"
    touch -r time "$bundle"
    status 1 "$SHILU" log verify saved/log --key saved/keys/public.pem
    status 0 shilu backup saved
    status 0 "$SHILU" log verify saved/log --key saved/keys/public.pem
}
