#!/usr/bin/env bats
# The custody log, as an auditor reads and checks it.
load common

setup() { new_case && cd "$BATS_TEST_TMPDIR"; }

check_log() { python3 "$SHILU_SOURCE/scripts/check-log" "$@"; }

@test "each act is told, by whom, and the log is what was signed" {
    shilu tag R1 --place 后街 --reason 更正
    shilu seal "$CASE"
    status 0 shilu log show
    for action in vault-created case-opened accepted tagged sealed; do has "$action"; done
    has "os:$(id -un)"
    status 0 shilu log show --subject R1 --action tagged --json
    [ "$(jq -r '.detail.changes[0].values[0]' <<<"$output")" = 后街 ]
    status 0 shilu log verify
    has "SOUND"
    status 2 shilu log show --action burnt
}

@test "the exported entries and the checkpoint agree without Shilu" {
    shilu log export >log.ndjson
    shilu log checkpoint >checkpoint
    check_log checkpoint log.ndjson checkpoint
    sed '/^$/,$d' checkpoint >text
    sed '1,/^$/d' checkpoint | head -n 1 | cut -d' ' -f3 | base64 -d | tail -c +5 >signature
    openssl pkeyutl -verify -pubin -inkey "$V/keys/public.pem" -rawin -in text -sigfile signature
}

@test "a copied log is checked with the public key alone, and against an older checkpoint" {
    shilu log checkpoint >older
    shilu tag R1 --place 后街 --reason 更正
    cp -a "$V/log" copy
    status 0 "$SHILU" log verify copy --key "$V/keys/public.pem" --against older --json
    [ "$(jq -r .sound <<<"$output")" = true ]
    sed 's/^[0-9]*$/1/' older >forged
    status 1 shilu log verify --against forged
    has "forged"
    status 2 shilu log verify copy
}

@test "a changed entry and a catalog without its last entry are found" {
    bundle=$(ls -v "$V"/log/tile/entries/000.p/* | tail -n 1)
    sed -i 's/os:/ox:/' "$bundle"
    status 1 shilu log verify
    has "NOT SOUND"
    sed -i 's/ox:/os:/' "$bundle"
    status 0 shilu log verify
    sqlite3 "$V/catalog.db" "DELETE FROM log_entries WHERE seq = (SELECT max(seq) FROM log_entries)"
    status 3 shilu case add another
    has "disagree"
}
