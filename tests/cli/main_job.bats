#!/usr/bin/env bats
# From a folder of recordings to a signed archive and a disc image, checked by other programs.
load common

setup() { new_case; }

@test "a folder goes the whole way, and tar, sha256sum and openssl agree" {
    status 0 shilu seal "$CASE" --json
    archive=$(jq -r .archive <<<"$output")
    [ "$(jq -r .recordings <<<"$output")" = 3 ]
    [ "$(jq -r .sha256 <<<"$output")" = "$(sha256sum "$archive" | cut -d' ' -f1)" ]
    [ "$(jq -r .sm3 <<<"$output")" = "$(openssl dgst -sm3 -r "$archive" | cut -d' ' -f1)" ]

    mkdir "$BATS_TEST_TMPDIR/bag"
    tar -xf "$archive" -C "$BATS_TEST_TMPDIR/bag"
    cd "$BATS_TEST_TMPDIR"/bag/*-v001
    sha256sum -c manifest-sha256.txt
    sha256sum -c tagmanifest-sha256.txt
    while read -r digest name; do
        [ "$(openssl dgst -sm3 -r "$name" | cut -d' ' -f1)" = "$digest" ]
    done <manifest-sm3.txt
    openssl pkeyutl -verify -pubin -inkey signer.pem -rawin -in tagmanifest-sha256.txt \
        -sigfile tagmanifest-sha256.txt.sig
    cmp signer.pem "$V/keys/public.pem"
}

@test "each offset in the index is where the content begins" {
    shilu seal "$CASE"
    archive=$(ls "$V"/archives/*/*/*.tar)
    tar -xOf "$archive" --wildcards '*/index.json' >"$BATS_TEST_TMPDIR/index.json"
    jq -r '.recordings[] | "\(.offset) \(.size) \(.sha256)"' "$BATS_TEST_TMPDIR/index.json" >"$BATS_TEST_TMPDIR/rows"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/rows")" = 3 ]
    while read -r offset size digest; do
        [ "$(tail -c +$((offset + 1)) "$archive" | head -c "$size" | sha256sum | cut -d' ' -f1)" = "$digest" ]
    done <"$BATS_TEST_TMPDIR/rows"
}

@test "the disc image is read by bsdtar and xorriso, and its list holds" {
    shilu seal "$CASE"
    status 0 shilu disc image "$CASE" -o "$BATS_TEST_TMPDIR/disc.iso" --json
    [ "$(jq -r '.cases[0]' <<<"$output")" = "$CASE" ]
    [ "$(jq -r .bytes <<<"$output")" = "$(stat -c %s "$BATS_TEST_TMPDIR/disc.iso")" ]
    mkdir "$BATS_TEST_TMPDIR/disc"
    bsdtar -xf "$BATS_TEST_TMPDIR/disc.iso" -C "$BATS_TEST_TMPDIR/disc"
    cd "$BATS_TEST_TMPDIR/disc"
    sha256sum -c SHA256SUMS
    for name in index.html README.txt disc.json disc.json.sig SHA256SUMS; do [ -s "$name" ]; done
    openssl pkeyutl -verify -pubin -inkey signer.pem -rawin -in disc.json -sigfile disc.json.sig
    listed=$(xorriso -indev "$BATS_TEST_TMPDIR/disc.iso" -find / -type f 2>/dev/null | wc -l)
    [ "$listed" = "$(find . -type f | wc -l)" ]
    isoinfo -J -f -i "$BATS_TEST_TMPDIR/disc.iso" | grep -q '^/cases/.*/data/'
    status 0 shilu verify "$BATS_TEST_TMPDIR/disc.iso" "$BATS_TEST_TMPDIR/disc"
    has SOUND
}

@test "loose copies are given up only by sealing, and nothing is lost" {
    [ "$(find "$V/recordings" -type f ! -name '*.json' | wc -l)" = 3 ]
    shilu seal "$CASE"
    [ "$(find "$V/recordings" -type f ! -name '*.json' | wc -l)" = 0 ]
    [ -z "$(ls -A "$V/incoming")" ]
    for id in R1 R2 R3; do
        status 0 shilu verify "$id"
    done
    status 0 shilu verify
    shilu extract "$CASE" -o "$BATS_TEST_TMPDIR/out"
    for file in "$BATS_TEST_TMPDIR"/card/*; do
        digest=$(sha256sum <"$file")
        found=0
        for taken in "$BATS_TEST_TMPDIR"/out/*; do
            [ "$(sha256sum <"$taken")" = "$digest" ] && found=1
        done
        [ "$found" = 1 ]
    done
}

@test "a case that grows gets a second volume that names the first" {
    shilu seal "$CASE"
    record "$BATS_TEST_TMPDIR/later/d.mp4" 1
    shilu ingest "$BATS_TEST_TMPDIR/later" --case "$CASE"
    status 0 shilu seal "$CASE" --json
    archive=$(jq -r .archive <<<"$output")
    [[ $archive == *-v002.tar ]]
    first=${archive%-v002.tar}-v001.tar
    previous=$(tar -xOf "$archive" --wildcards '*/index.json' | jq -r '.previous | "\(.name) \(.sha256)"')
    [ "$previous" = "$(basename "$first") $(sha256sum "$first" | cut -d' ' -f1)" ]
    status 0 shilu verify
}

@test "the real recordings: all media accepted, one duplicate, texts refused" {
    [ -n "${SHILU_SAMPLES:-}" ] || skip "SHILU_SAMPLES is not set"
    rm -rf "$V"
    new_vault
    status 1 shilu ingest "$SHILU_SAMPLES" --case "$CASE" --place 柳口路 \
        --purpose 证明占道经营事实 --collector 0212000001 --json
    lines=$output
    files=$(tail -n +2 "$SHILU_SAMPLES/MANIFEST.tsv" | wc -l)
    [ "$(grep -c '"outcome":"accepted"' <<<"$lines")" = $((files - 1)) ]
    [ "$(grep -c '"outcome":"duplicate"' <<<"$lines")" = 1 ]
    refused=$(jq -r 'select(.outcome == "refused") | .file' <<<"$lines" | xargs -n1 basename | sort | tr '\n' ' ')
    [ "$refused" = "MANIFEST.tsv README.md " ]
    for name in brands_only.mov chunk_out_of_range.mp4 pentax.avi; do
        [ "$(jq -r --arg name "$name" 'select(.file | endswith($name)) | .warnings | length' <<<"$lines")" -gt 0 ]
    done
    status 0 shilu search 占道 --limit 1000 --json
    [ "${#lines[@]}" -gt 0 ]
    [ "$(wc -l <<<"$output")" = $((files - 1)) ]
    status 0 shilu search --near 33.1254,-117.3311,1 --json
    [[ "$(jq -r .name <<<"$output")" == *gopro_karma.mp4* ]]
    status 0 shilu seal "$CASE"
    status 0 shilu disc image "$CASE" -o "$BATS_TEST_TMPDIR/disc.iso"
    status 0 shilu verify "$V" "$BATS_TEST_TMPDIR/disc.iso"
}
