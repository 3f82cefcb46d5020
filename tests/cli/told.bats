#!/usr/bin/env bats
# Acts that change nothing, and stand in the log all the same.
load common

setup() { new_case && cd "$BATS_TEST_TMPDIR"; }

# told ACTION FILTER: what the newest entry of this action says, by jq
told() { shilu log show --action "$1" --limit 1 --json | jq -r "$2"; }

@test "each refused file is in the log, with the reason" {
    printf 'no recording' >card/notes.xyz
    ln -s /dev/null card/link.mp4
    : >card/empty.mp4
    status 1 shilu ingest card
    shilu log show --action refused --json >refused
    [ "$(wc -l <refused)" -eq 3 ]
    [ "$(jq -r .detail.path refused | sort | paste -sd' ')" = "card/empty.mp4 card/link.mp4 card/notes.xyz" ]
    [ "$(jq -r 'select(.detail.path == "card/notes.xyz") | .detail.sha256' refused)" = \
        "$(sha256sum <card/notes.xyz | cut -d' ' -f1)" ]
    [ "$(jq -r .detail.reason refused | grep -c .)" -eq 3 ]
    shilu log verify
    shilu verify
}

@test "what leaves a sealed archive of the vault is in the log before, or does not leave" {
    shilu seal "$CASE"
    shilu extract "$CASE" R1 R3 -o out
    [ "$(told extracted '[.detail.recordings, .detail.files, .detail.to] | join(" ")')" = "1,3 2 out" ]
    [[ $(told extracted .subject) == archives/* ]]
    shilu cat A1 R2 >one
    [ "$(told extracted .detail.recordings)" = 2 ]
    status 0 shilu log show --recording R3 --action extracted --json
    [ "$(wc -l <<<"$output")" -eq 1 ]
    mv "$V/keys/signing.pem" away.pem
    status 3 shilu extract "$CASE" -o none
    [ -z "$(ls none)" ]
    status 0 "$SHILU" extract "$V"/archives/*/*/*.tar -o by-path
    [ "$(ls by-path | wc -l)" -eq 3 ]
}

@test "exports and receipts are in the log" {
    shilu log export >log.ndjson
    [ "$(tail -n 1 log.ndjson | jq -r '.action + " " + .detail.what')" = "exported log" ]
    shilu log checkpoint >checkpoint
    python3 "$SHILU_SOURCE/scripts/check-log" checkpoint log.ndjson checkpoint
    shilu receipt R2 -o receipt.json
    [ "$(told exported '.subject + " " + .detail.what')" = "R2 receipt" ]
}

@test "changed settings are in the log: who found them, both digests, the lines" {
    [ "$(shilu log show --action settings-changed --json | wc -l)" -eq 0 ]
    old=$(sha256sum <"$V/shilu.conf" | cut -d' ' -f1)
    sed -i 's/^zone = .*/zone = Asia\/Urumqi/' "$V/shilu.conf"
    shilu case add another
    new=$(sha256sum <"$V/shilu.conf" | cut -d' ' -f1)
    [ "$(told settings-changed '.detail | [.old_sha256, .sha256] | join(" ")')" = "$old $new" ]
    [ "$(told settings-changed '.detail.added[]')" = "zone = Asia/Urumqi" ]
    [ "$(told settings-changed '.detail.removed[]')" = "zone = Asia/Shanghai" ]
    [ "$(told settings-changed '"\(.actor) \(.detail.found_by)"')" = "unknown os:$(id -un)" ]
    shilu case add third
    [ "$(shilu log show --action settings-changed --json | wc -l)" -eq 1 ]
    { cat "$V/shilu.conf"; for i in {1..900}; do echo "# a comment of this length, number $i"; done; } >long
    cp long "$V/shilu.conf"
    shilu case add fourth
    [ "$(told settings-changed '.detail | keys | join(" ")')" = "found_by old_sha256 sha256" ]
    shilu verify
}
