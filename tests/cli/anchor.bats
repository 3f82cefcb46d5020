#!/usr/bin/env bats
# Timestamps over the log, by an authority of openssl's.
load common

setup() {
    new_vault
    cd "$BATS_TEST_TMPDIR"
}

teardown() { [ -z "${SERVER:-}" ] || kill "$SERVER"; }

# serve FOLDER: an authority; its address in $URL
serve() {
    rm -f port
    python3 "$BATS_TEST_DIRNAME/authority.py" "$1" >port 3>&- &
    SERVER=$!
    for _ in {1..300}; do [ -s port ] && break || sleep 0.1; done
    URL=http://127.0.0.1:$(cat port)/
}

settings() { printf '\n[custody]\ntimestamp = %s\ntimestamp_ca = %s\n' "$URL" "$PWD/$1/ca.pem" >>"$V/shilu.conf"; }

# The kept timestamp and what it is over, taken out of the log.
kept() {
    shilu log show --action backed --limit 1 --json >kept.json
    jq -j .detail.checkpoint kept.json >checkpoint.txt
    jq -r .detail.timestamp kept.json | base64 -d >checkpoint.tsr
}

@test "a timestamp over the checkpoint is fetched, kept, checked, and openssl accepts it" {
    serve authority
    status 2 shilu log anchor
    has "timestamp_ca"
    settings authority
    status 0 shilu log verify
    has "no timestamp"
    status 0 shilu log anchor
    has "have a timestamp of"
    kept
    openssl ts -verify -data checkpoint.txt -in checkpoint.tsr -CAfile authority/ca.pem
    status 0 shilu log verify --json
    [ "$(jq -r '[.backed.timestamps, .backed.size] | join(" ")' <<<"$output")" = "1 $(sed -n 2p checkpoint.txt)" ]
    status 0 shilu log anchor
    has "Nothing is new"
    shilu case add another
    status 0 shilu log anchor
    cp -a "$V/log" copy
    status 0 "$SHILU" log verify copy --key "$V/keys/public.pem" --ca authority/ca.pem
    has "timestamp of"
    status 0 shilu log verify --against checkpoint.txt
    shilu verify
}

@test "an authority out of reach, or a stranger's timestamp: each is told" {
    serve authority
    settings stranger
    python3 "$BATS_TEST_DIRNAME/authority.py" stranger make
    status 1 shilu log anchor
    has "stranger's"
    [ -z "$(shilu log show --action backed --json)" ]
    kill "$SERVER"
    SERVER=
    sed -i "s|/stranger/|/authority/|" "$V/shilu.conf"
    status 3 shilu log anchor
    has "cannot be reached"
    has "later"
    serve authority
    sed -i "s|^timestamp = .*|timestamp = $URL|" "$V/shilu.conf"
    status 0 shilu log anchor
    sed -i "s|/authority/|/stranger/|" "$V/shilu.conf"
    status 1 shilu log verify
    has "stranger's"
    sed -i "s|/stranger/ca.pem|/nowhere.pem|" "$V/shilu.conf"
    status 0 shilu log verify
    has "nowhere.pem"
}

@test "an office without a network sends the request and gets the answer by courier" {
    python3 "$BATS_TEST_DIRNAME/authority.py" authority make
    python3 "$BATS_TEST_DIRNAME/authority.py" stranger make
    URL=http://127.0.0.1:9/
    settings authority
    shilu log anchor --request request.tsq
    openssl ts -query -in request.tsq -text | grep -q sha256
    shilu case add meanwhile
    (cd authority && openssl ts -reply -queryfile ../request.tsq -config tsa.cnf -out ../response.tsr)
    (cd stranger && openssl ts -reply -queryfile ../request.tsq -config tsa.cnf -out ../theirs.tsr)
    status 1 shilu log anchor --response theirs.tsr
    has "stranger's"
    head -c 300 response.tsr >cut.tsr
    status 1 shilu log anchor --response cut.tsr
    echo something >other
    openssl ts -query -data other -sha256 -cert -out other.tsq
    (cd authority && openssl ts -reply -queryfile ../other.tsq -config tsa.cnf -out ../other.tsr)
    status 1 shilu log anchor --response other.tsr
    has "asked for"
    openssl ts -query -data other -sha512 -cert -out refused.tsq
    (cd authority && openssl ts -reply -queryfile ../refused.tsq -config tsa.cnf -out ../refused.tsr) || true
    status 1 shilu log anchor --response refused.tsr
    has "gave no timestamp"
    status 0 shilu log anchor --response response.tsr
    kept
    openssl ts -verify -data checkpoint.txt -in checkpoint.tsr -CAfile authority/ca.pem
    status 0 shilu log verify
    has "timestamp of"
    status 2 shilu log anchor --request a --response b
}

@test "an archive holds the best backed checkpoint of its recordings, with the timestamp, or is not sealed" {
    serve authority
    settings authority
    "$SHILU" init district --unit 区 >/dev/null
    printf 'witness = %s\nbacking = 2\n' "$("$SHILU" -C district log cosign --own-key)" >>"$V/shilu.conf"
    record card/a.mp4 1
    shilu ingest card --case "$CASE" --place 柳口路 --purpose 证明占道经营事实 --collector 0212000001
    status 3 shilu seal "$CASE"
    has "demand 2"
    has "has 0"
    shilu log checkpoint >today
    "$SHILU" -C district log cosign today --key "$V/keys/public.pem" >cosigned
    shilu log add-cosignature cosigned
    status 3 shilu seal "$CASE"
    has "has 1"
    shilu log anchor # over the cosigned one, with its cosignature
    status 0 shilu log verify --json
    [ "$(jq -r '[.backed.witnesses, .backed.timestamps] | join(" ")' <<<"$output")" = "1 1" ]
    shilu case add meanwhile
    status 0 shilu seal "$CASE"
    has "cosigned by 1 witness, with a timestamp"
    archive=$(echo "$V"/archives/*/*/*.tar)
    tar -xf "$archive"
    cd ./*-v001
    sha256sum --quiet -c tagmanifest-sha256.txt
    cmp checkpoint.txt ../cosigned
    openssl ts -verify -data checkpoint.txt -in checkpoint.tsr -CAfile ../authority/ca.pem
    python3 "$SHILU_SOURCE/scripts/check-log" excerpt custody.ndjson checkpoint.txt
    status 0 shilu verify "$archive"
    status 0 shilu verify
    shilu disc image "$CASE" -o ../disc.iso
    status 0 shilu verify ../disc.iso
    status 0 shilu log verify --against ../disc.iso
    printf x | dd of=checkpoint.tsr conv=notrunc bs=1 seek=100 status=none
    status 1 shilu verify .
    has "checkpoint.tsr"
}

@test "an archive says that nobody backs its checkpoint where nobody does" {
    record card/a.mp4 1
    shilu ingest card --case "$CASE" --place 柳口路 --purpose 证明占道经营事实 --collector 0212000001
    status 0 shilu seal "$CASE" --json
    [ "$(jq -r '[.witnesses, .timestamps] | join(" ")' <<<"$output")" = "0 0" ]
    printf '\n[custody]\nbacking = many\n' >>"$V/shilu.conf"
    status 3 shilu log verify
    has "line "
}
