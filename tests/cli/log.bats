#!/usr/bin/env bats
# The custody log, as an auditor reads and checks it.
load common

setup() { new_case && cd "$BATS_TEST_TMPDIR"; }

check_log() { python3 "$SHILU_SOURCE/scripts/check-log" "$@"; }

@test "each act is told, by whom, and the log is what was signed" {
    shilu tag R1 --place 后街 --reason 更正
    shilu seal "$CASE"
    status 0 shilu log show
    for action in "vault created" "case opened" accepted tagged sealed; do has "$action"; done
    has "os:$(id -un)"
    status 0 env LC_ALL=zh_CN.UTF-8 "$SHILU" -C "$V" log show
    for action in 建库 立案 接收 标注 封存; do has "$action"; done
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

actions() { jq -r .action <<<"$output" | paste -sd' '; }

@test "the log is shown by recording, case, person, action and time, the newest so many" {
    shilu tag R1 --place 后街 --reason 更正
    shilu case add another
    shilu seal "$CASE"
    shilu disc image "$CASE" -o disc.iso
    status 0 shilu log show --recording R1 --json
    [ "$(actions)" = "accepted tagged sealed disc-imaged" ]
    status 0 shilu log show --recording R2 --json
    [ "$(actions)" = "accepted sealed disc-imaged" ]
    status 0 shilu log show --case "$CASE" --json
    [ "$(actions)" = "case-opened accepted accepted accepted tagged sealed disc-imaged" ]
    status 0 shilu log show --case another --json
    [ "$(actions)" = case-opened ]
    status 0 shilu log show --json --limit 2
    [ "$(actions)" = "sealed disc-imaged" ]
    status 0 shilu log show --json --actor os:nobody
    [ -z "$output" ]
    status 0 shilu log show --json --to 2020-01-01
    [ -z "$output" ]
    status 0 shilu log show --json --from 2020-01-01 --to "$(date +%F)" --action sealed
    [ "$(actions)" = sealed ]
    status 0 env LC_ALL=zh_CN.UTF-8 "$SHILU" -C "$V" log show --action 标注 --json
    [ "$(actions)" = tagged ]
    status 2 shilu log show --recording A1
    status 2 shilu log show --from yesterday
    status 2 shilu log show --limit 99999999
}

@test "what comes is followed until it is interrupted or nobody reads on" {
    "$SHILU" -C "$V" log show --follow --json --limit 1 >followed &
    follower=$!
    for _ in {1..100}; do [ -s followed ] && break || sleep 0.1; done
    shilu case add later
    for _ in {1..100}; do [ "$(wc -l <followed)" -ge 2 ] && break || sleep 0.1; done
    kill -INT "$follower"
    wait "$follower"
    [ "$(jq -r .action followed | paste -sd' ')" = "accepted case-opened" ]
    timeout 20 bash -c '"$0" -C "$1" log show --follow --json | head -n 1' "$SHILU" "$V"
}

@test "columns are aligned where names are wide" {
    shilu case add 另案 --cause 其他
    status 0 shilu log show --action case-opened
    python3 - "$output" <<'PY'
import sys, unicodedata
def column(line): # where the last column begins, in cells
    before = line[:line.index("detail" if "detail" in line else "cause")]
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in before)
columns = [column(line) for line in sys.argv[1].splitlines()]
assert len(columns) == 3 and len(set(columns)) == 1, columns
PY
}

@test "proofs are checked without Shilu, also from a copied log with its key alone" {
    shilu log checkpoint >older
    shilu tag R1 --place 后街 --reason 更正
    shilu log prove inclusion R1 0 R3 >proofs
    shilu log prove consistency older >>proofs
    shilu log prove consistency 1 >>proofs
    [ "$(wc -l <proofs)" -eq 5 ]
    check_log proof proofs
    [ "$(head -n 1 proofs | jq -r '.entry | fromjson | .subject')" = R1 ]
    cp -a "$V/log" copy
    "$SHILU" log prove inclusion R1 0 R3 --log copy --key "$V/keys/public.pem" >copied
    cmp copied <(head -n 3 proofs)
    status 1 check_log proof <(sed '2s/vault-created/vault-cheated/' proofs)
    status 3 shilu log prove inclusion R9
    status 2 shilu log prove inclusion 99
    status 2 shilu log prove consistency 99
    status 2 shilu log prove consistency
    status 2 shilu log prove everything 1
    sed 's/^[0-9]*$/1/' older >forged
    status 1 shilu log prove consistency forged
}

@test "a receipt's entry is proved to be in today's log" {
    shilu receipt R2 >receipt.json
    shilu case add another
    shilu log prove inclusion receipt.json >proof
    check_log proof proof
    [ "$(jq -r .index proof)" = "$(jq -r .index receipt.json)" ]
    status 0 shilu log verify --against receipt.json
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
    status 1 shilu case add another
    has "tampering"
}

@test "an entry that root takes out, with all tiles made anew and signed, is found against what is older" {
    shilu case add 内情
    shilu log checkpoint >older
    shilu receipt R1 >receipt.json
    shilu tag R1 --place 后街 --reason 更正
    shilu log verify --against older --against receipt.json
    gone=$(shilu log show --subject 内情 --json | jq -r .seq)
    python3 "$BATS_TEST_DIRNAME/forge_log.py" "$V" "$gone"
    sqlite3 "$V/catalog.db" "DELETE FROM cases WHERE number = '内情'"
    status 0 shilu log show
    [[ $output != *内情* ]]
    status 0 shilu log verify
    has "SOUND"
    shilu case add 又一案 # it goes on as if nothing had been
    status 0 shilu log verify
    for older in older receipt.json; do
        status 1 shilu log verify --against "$older"
        has "$older"
        has "NOT SOUND"
    done
}

@test "a clock that was set back is told, and the order stays that of the entries" {
    status 0 env ASAN_OPTIONS=verify_asan_link_order=0 faketime '2020-01-01 00:00:00' "$SHILU" -C "$V" tag R1 --place 后街 --reason 更正
    has "clock is behind"
    status 0 shilu log verify
    [ "$(shilu log show --json | tail -n 1 | jq -r .action)" = tagged ]
    status 0 shilu verify
}

@test "a row that another hand added to the catalog never comes into the log" {
    entry=$(shilu log show --json --action vault-created)
    size=$(shilu log show --json | wc -l)
    forged=$(jq -cS --argjson seq "$size" '.seq = $seq | .action = "viewed" | .actor = "王芳" | .subject = "R1" | .detail = {}' <<<"$entry")
    cp "$V/catalog.db" kept.db
    for leaf in "$forged" garbage; do
        sqlite3 "$V/catalog.db" "INSERT INTO log_entries SELECT $size, at_us, '王芳', 'viewed', 'R1', CAST('$leaf' AS BLOB), signature FROM log_entries WHERE seq = 0"
        status 1 shilu case add another
        has "somebody has put it there"
        status 1 shilu verify
        has "log_entries"
        status 0 shilu log verify
        sqlite3 "$V/catalog.db" "DELETE FROM log_entries WHERE seq = $size"
    done
    sqlite3 "$V/catalog.db" "INSERT INTO log_entries SELECT $size, at_us, '王芳', 'viewed', 'R1', CAST('$forged' AS BLOB), signature FROM log_entries WHERE seq = 0"
    status 0 shilu catalog rebuild
    status 0 shilu verify
    [ -z "$(shilu log show --json --actor 王芳)" ]
}

@test "an older catalog that was put back is told by whatever reads or writes" {
    cp "$V/catalog.db" older.db
    shilu tag R1 --place 后街 --reason 更正
    cp "$V/catalog.db" newer.db
    rm -f "$V"/catalog.db-*
    cp older.db "$V/catalog.db"
    status 0 shilu show R1
    has tampering
    status 1 shilu tag R1 --place 前街 --reason 更正
    has tampering
    status 1 shilu verify
    status 0 shilu catalog rebuild
    status 0 shilu verify
}
