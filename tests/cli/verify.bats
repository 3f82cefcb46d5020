#!/usr/bin/env bats
# What verify finds, and what it calls it.
load common

setup() { new_case; }

findings() { "$SHILU" -C "$V" verify "$@" --json | jq -r 'select(.finding) | .finding' | sort | uniq -c | xargs; }

@test "a missing, a damaged and an extra file are each found and counted" {
    mapfile -t stored < <(find "$V/recordings" -name '*.mp4' -o -name '*.mkv' -o -name '*.ts' | sort)
    chmod u+w "${stored[@]}"
    rm "${stored[0]}"
    printf 'x' | dd of="${stored[1]}" bs=1 seek=100 conv=notrunc status=none
    echo extra >"$V/recordings/stray"
    status 1 shilu verify
    has "NOT SOUND: 3"
    [ "$(findings)" = "1 damaged 1 extra 1 missing" ]
}

@test "a fault names the recording, its case and the entry" {
    shilu seal "$CASE"
    archive=$(ls "$V"/archives/*/*/*.tar)
    chmod u+w "$archive"
    offset=$("$SHILU" list "$archive" --json | jq -r 'select(.id == "R2") | .offset')
    printf 'x' | dd of="$archive" bs=1 seek=$((offset + 10)) conv=notrunc status=none
    status 1 shilu verify "$archive" --json
    line=$(head -n 1 <<<"$output")
    [ "$(jq -r .finding <<<"$line")" = damaged ]
    [ "$(jq -r .recording <<<"$line")" = R2 ]
    [ "$(jq -r .case <<<"$line")" = "$CASE" ]
    [ "$(jq -r .first_byte <<<"$line")" = "$offset" ]
    [ "$(tail -n 1 <<<"$output" | jq -r '"\(.findings) \(.sound)"')" = "1 false" ]
    status 1 shilu verify R2
    status 0 shilu verify R1
    status 1 shilu verify "$CASE"
    status 1 "$SHILU" cat "$archive" R2
    status 1 "$SHILU" extract "$archive" R2 -o "$BATS_TEST_TMPDIR/out"
    [ -z "$(ls "$BATS_TEST_TMPDIR/out")" ]
}

@test "the answer says which level was done" {
    status 0 shilu verify --listed
    has "not read"
    status 0 shilu verify --sizes --json
    [ "$(jq -r '"\(.level) \(.bytes)"' <<<"$output")" = "sizes 0" ]
    status 0 shilu verify --json
    [ "$(jq -r .level <<<"$output")" = all ]
    [ "$(jq -r .bytes <<<"$output")" -gt 1000 ]
}

@test "an edited sidecar and an edited row are found" {
    sidecar=$(find "$V/recordings" -name '*.json' | head -n 1)
    chmod u+w "$sidecar"
    sed -i 's/柳口路/青远路/' "$sidecar"
    status 1 shilu verify
    has CATALOG
    sed -i 's/青远路/柳口路/' "$sidecar"
    status 0 shilu verify
    sqlite3 "$V/catalog.db" "UPDATE tag SET value = '青远路' WHERE value = '柳口路'" ||
        sqlite3 "$V/catalog.db" "UPDATE tags SET value = '青远路' WHERE value = '柳口路'"
    status 1 shilu verify
}

@test "a signature by another key is found" {
    shilu seal "$CASE"
    archive=$(ls "$V"/archives/*/*/*.tar)
    openssl genpkey -algorithm ed25519 -out "$BATS_TEST_TMPDIR/other.key"
    openssl pkey -in "$BATS_TEST_TMPDIR/other.key" -pubout -out "$BATS_TEST_TMPDIR/other.pem"
    status 0 "$SHILU" verify "$archive" --key "$V/keys/public.pem"
    status 1 "$SHILU" verify "$archive" --key "$BATS_TEST_TMPDIR/other.pem"
    has SIGNATURE
    # a bag that somebody signed anew with their own key encloses a checkpoint that it did not sign
    mkdir "$BATS_TEST_TMPDIR/bag"
    tar -xf "$archive" -C "$BATS_TEST_TMPDIR/bag"
    cd "$BATS_TEST_TMPDIR"/bag/*
    chmod -R u+w .
    cp "$BATS_TEST_TMPDIR/other.pem" signer.pem
    sed -i "s/^[0-9a-f]*  signer.pem/$(sha256sum signer.pem)/" tagmanifest-sha256.txt
    openssl pkeyutl -sign -inkey "$BATS_TEST_TMPDIR/other.key" -rawin -in tagmanifest-sha256.txt \
        -out tagmanifest-sha256.txt.sig
    status 1 "$SHILU" verify .
    has checkpoint.txt
    status 1 "$SHILU" verify . --key "$V/keys/public.pem"
    has "another key than the one asked for"
}

@test "what is neither is wrong use" {
    mkdir "$BATS_TEST_TMPDIR/empty"
    status 2 "$SHILU" verify "$BATS_TEST_TMPDIR/empty"
    head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/noise"
    status 2 "$SHILU" verify "$BATS_TEST_TMPDIR/noise"
    status 3 "$SHILU" verify "$BATS_TEST_TMPDIR/nowhere"
}

# another_archive: one that another bureau sealed, in $other
another_archive() {
    local own=$V
    shilu seal "$CASE" >/dev/null
    archive=$(ls "$V"/archives/*/*/*.tar)
    V=$BATS_TEST_TMPDIR/other
    "$SHILU" init "$V" --unit 别处 >/dev/null
    shilu case add "$CASE" >/dev/null
    shilu ingest "$BATS_TEST_TMPDIR/card" --case "$CASE" >/dev/null
    shilu seal "$CASE" >/dev/null
    other=$(ls "$V"/archives/*/*/*.tar)
    V=$own
}

@test "each archive's signer is told, whatever comes after it" {
    another_archive
    status 0 "$SHILU" verify "$archive" "$other"
    has "$archive: signed by key "
    has "$other: signed by key "
    status 0 "$SHILU" verify "$archive" "$other" --json
    [ "$(jq -r '.signers | map(.target) | @tsv' <<<"$output")" = "$archive"$'\t'"$other" ]
    [ "$(jq -r '.signers | map(.key) | unique | length' <<<"$output")" = 2 ]
    [ "$(jq -r .signer <<<"$output")" = null ]
    status 0 "$SHILU" verify "$archive" --json
    [ "$(jq -r '.signer == .signers[0].key' <<<"$output")" = true ]
}

@test "with a vault at hand, an archive signed by another key is found" {
    another_archive
    status 0 shilu verify "$archive"
    status 1 shilu verify "$other"
    has "not this vault's"
    status 0 shilu verify "$other" --key "$BATS_TEST_TMPDIR/other/keys/public.pem"
    V=$BATS_TEST_TMPDIR/none status 3 shilu verify "$other"
    has none/keys/public.pem
}

@test "a name that is neither a file nor a case is told as such" {
    status 3 shilu verify nosuch.tar
    has "nosuch.tar: no such file"
    has "no case of that number"
}

@test "two levels at once are wrong use" {
    status 2 shilu verify --listed --sizes
    has "--listed, --sizes"
}

@test "missing folders are found, reading goes on, and writing makes them" {
    shilu seal "$CASE" >/dev/null
    rmdir "$V/incoming" "$V/discs"
    status 0 shilu search 柳口路
    status 1 shilu verify
    has "NOT SOUND: 2"
    [ "$(findings)" = "2 missing" ]
    status 0 shilu tag R1 --place 青远路 --reason 更正
    status 0 shilu verify
}

@test "without a catalog, a vault is checked by what the files say" {
    record "$BATS_TEST_TMPDIR/more.mp4" 1
    shilu seal "$CASE" >/dev/null
    shilu ingest "$BATS_TEST_TMPDIR/more.mp4" --case "$CASE" >/dev/null
    echo text >"$BATS_TEST_TMPDIR/text.txt"
    shilu attach R4 "$BATS_TEST_TMPDIR/text.txt" >/dev/null
    cp "$V/catalog.db" "$BATS_TEST_TMPDIR/kept.db"
    rm "$V"/catalog.db
    status 1 shilu verify
    has "NOT SOUND: 1 finding"
    has "CATALOG"
    # damaged, not missing; and files that are damaged or gone are found nevertheless
    head -c 20000 /dev/urandom >"$V/catalog.db"
    stored=$(find "$V/recordings" -name '*.mp4')
    chmod u+w "$stored" "$V"/archives/*/*/*.tar
    printf 'x' | dd of="$stored" bs=1 seek=100 conv=notrunc status=none
    archive=$(ls "$V"/archives/*/*/*.tar)
    offset=$("$SHILU" list "$archive" --json | jq -r 'select(.id == "R2") | .offset')
    printf 'x' | dd of="$archive" bs=1 seek=$((offset + 10)) conv=notrunc status=none
    rm "$V"/recordings/*/*.txt
    status 1 shilu verify
    [ "$(findings)" = "1 catalog 2 damaged 1 missing" ]
    rm "${stored%.mp4}.json"
    [ "$(findings)" = "1 catalog 2 damaged 1 missing" ]
    rm "$stored" "$archive"
    [ "$(findings)" = "1 catalog 3 missing" ]
    # pages of it are damaged
    cp "$BATS_TEST_TMPDIR/kept.db" "$V/catalog.db"
    dd if=/dev/zero of="$V/catalog.db" bs=4096 seek=1 count=8 conv=notrunc status=none
    status 1 shilu verify
    has CATALOG
}
