#!/usr/bin/env bats
# The vault's signing key: its kinds, its passphrase, its rights.
load common

setup() { cd "$BATS_TEST_TMPDIR" && V=$BATS_TEST_TMPDIR/vault; }

# sm2_signed PEM FILE SIGNATURE: OpenSSL's word on a signature of SM2 with SM3
sm2_signed() {
    openssl pkeyutl -verify -pubin -inkey "$1" -rawin -digest sm3 \
        -pkeyopt distid:1234567812345678 -in "$2" -sigfile "$3"
}

@test "a vault made with --crypto sm signs all with SM2, and OpenSSL agrees" {
    status 0 "$SHILU" init "$V" --unit 杨柳青镇综合行政执法局 --crypto sm --json
    [ "$(jq -r .key_kind <<<"$output")" = SM2 ]
    openssl pkey -pubin -in "$V/keys/public.pem" -noout -text | grep -q SM2
    shilu case add "$CASE"
    record card/a.mp4 1
    shilu ingest card --case "$CASE"
    archive=$(shilu seal "$CASE" --json | jq -r .archive)
    shilu disc image "$CASE" -o disc.iso

    mkdir bag disc
    tar -xf "$archive" -C bag --strip-components=1
    sm2_signed bag/signer.pem bag/tagmanifest-sha256.txt bag/tagmanifest-sha256.txt.sig
    openssl dgst -sm3 -verify bag/signer.pem -sigopt distid:1234567812345678 \
        -signature bag/tagmanifest-sha256.txt.sig bag/tagmanifest-sha256.txt
    bsdtar -xf disc.iso -C disc
    sm2_signed disc/signer.pem disc/disc.json disc/disc.json.sig
    head -c 32768 disc.iso | sed -n 2p | tr -d '\n' >record.json
    head -c 32768 disc.iso | sed -n 3p | base64 -d >record.sig
    sm2_signed disc/signer.pem record.json record.sig
    shilu log checkpoint >checkpoint
    sed '/^$/,$d' checkpoint >text
    sed '1,/^$/d' checkpoint | head -n 1 | cut -d' ' -f3 | base64 -d | tail -c +5 >signature
    sm2_signed "$V/keys/public.pem" text signature

    status 0 shilu verify "$V" "$archive" disc.iso disc
    has SOUND
    status 0 shilu log verify --against checkpoint
    status 0 "$SHILU" verify --key "$V/keys/public.pem" "$archive"
    openssl genpkey -algorithm SM2 2>/dev/null | openssl pkey -pubout -out stranger.pem
    status 1 "$SHILU" verify --key stranger.pem "$archive"
    printf x | dd of="$archive" bs=1 seek=$(($(stat -c %s "$archive") / 2)) conv=notrunc status=none
    status 1 "$SHILU" verify "$archive"
}

@test "an unknown kind of signature is wrong use, and nothing is made" {
    status 2 "$SHILU" init "$V" --unit U --crypto rsa
    has rsa
    [ ! -e "$V" ]
}

@test "a passphrase comes from a descriptor, a credential or a terminal, and only to sign" {
    SHILU_PASSPHRASE_FD=3 "$SHILU" init "$V" --unit U --passphrase 3<<<'geheim 口令'
    openssl pkey -in "$V/keys/signing.pem" -passin 'pass:geheim 口令' -pubout | cmp - "$V/keys/public.pem"
    status 3 setsid "$SHILU" -C "$V" case add X
    has passphrase
    SHILU_PASSPHRASE_FD=3 status 3 shilu case add X 3<<<'geheim'
    has "not the key's"
    SHILU_PASSPHRASE_FD=x status 2 shilu case add X
    SHILU_PASSPHRASE_FD=3 shilu case add X 3<<<'geheim 口令'
    mkdir credentials && printf 'geheim 口令' >credentials/shilu-passphrase
    CREDENTIALS_DIRECTORY=$PWD/credentials shilu case add Y
    printf 'geheim 口令\n' | script -qec "'$SHILU' -C '$V' case add Z" typescript
    ! grep -q geheim typescript
    for command in "case list" "log show" "log verify" verify "key show" "key export --public"; do
        status 0 setsid "$SHILU" -C "$V" $command </dev/null
    done
    [ "$(shilu case list --json | wc -l)" = 3 ]
}

@test "the passphrase is changed and removed, which is logged, and the private half stays hidden" {
    "$SHILU" init "$V" --unit U
    SHILU_NEW_PASSPHRASE_FD=3 shilu key passphrase 3<<<'eins'
    SHILU_PASSPHRASE_FD=3 SHILU_NEW_PASSPHRASE_FD=3 shilu key passphrase 3<<<$'eins\nzwei'
    status 0 shilu key show --json
    [ "$(jq -r .private <<<"$output")" = encrypted ]
    openssl pkey -in "$V/keys/signing.pem" -passin pass:zwei -noout
    SHILU_PASSPHRASE_FD=3 shilu key passphrase --remove 3<<<'zwei'
    openssl pkey -in "$V/keys/signing.pem" -noout
    [ "$(shilu log show --action key-passphrase-changed --json | wc -l)" = 3 ]
    shilu key export --public | cmp - "$V/keys/public.pem"
    status 2 shilu key export
    id=$(openssl pkey -pubin -in "$V/keys/public.pem" -outform DER | sha256sum | cut -c1-64)
    status 0 shilu key show
    has "$id"
    has "${id:56:4} ${id:60:4}"
}

@test "a key with wrong rights or lost is told, verify says it, and reading goes on" {
    "$SHILU" init "$V" --unit U
    chmod 644 "$V/keys/signing.pem"
    status 3 shilu case add X
    has "others may read it"
    status 1 shilu key show
    status 1 shilu verify
    has "others may read it"
    cp "$V/keys/signing.pem" before
    status 3 shilu key replace --reason x
    has "chmod 600"
    has "key rotate"
    cmp before "$V/keys/signing.pem"
    rm "$V/keys/signing.pem"
    status 3 shilu case add X
    has "is lost"
    status 1 shilu verify
    has "is lost"
    status 0 shilu log verify
    status 0 shilu key export --public
}

@test "a public key that is missing is named, with the way to have it again" {
    for crypto in ed25519 sm; do
        "$SHILU" init "$V" --unit U --crypto $crypto
        mv "$V/keys/public.pem" public.pem
        for command in "case add X" "log verify" "key show" "key export --public"; do
            status 3 shilu $command
            has "$V/keys/public.pem: "
            has "the public key is missing"
        done
        status 1 shilu verify
        has "the public key is missing"
        eval "$(grep -m 1 -o 'openssl pkey .*' <<<"$output")"
        cmp public.pem "$V/keys/public.pem"
        status 0 shilu case add X
        rm -r "$V"
    done
}

@test "what an earlier key signed stays good, is said, and goes on a disc; a stranger's does not" {
    new_case
    archive=$(shilu seal "$CASE" --json | jq -r .archive)
    shilu receipt R1 >receipt.json
    shilu log checkpoint >older
    shilu key export --public >old.pem
    old=$(shilu key show --json | jq -r .key_id)
    status 0 shilu key rotate --json
    new=$(jq -r .key_id <<<"$output")
    [ "$old" != "$new" ]
    status 0 shilu verify "$V" "$archive" receipt.json
    has "$old"
    has "an earlier key"
    status 0 shilu verify A1 --json
    [ "$(jq -r 'select(.signers) | .signers[] | select(.earlier) | .key' <<<"$output")" = "$old" ]
    status 0 shilu log verify --against older
    has "an earlier key"
    status 0 shilu disc image "$CASE" -o disc.iso
    status 0 shilu verify disc.iso
    status 0 "$SHILU" verify --key old.pem "$archive"
    status 1 "$SHILU" verify --key "$V/keys/public.pem" "$archive"
    status 0 shilu verify --key "$V/keys/public.pem" "$archive" receipt.json
    has "an earlier key"
    cp "$V/keys/public.pem" new.pem # an auditor has nothing else of the vault than public files
    cp -r "$V/keys/retired" statements
    for key in new.pem "$new"; do
        status 0 "$SHILU" verify --key "$key" --keys statements "$archive" receipt.json
        has "$old"
        has "an earlier key"
    done
    shilu receipt R2 >later.json
    status 1 "$SHILU" verify --key old.pem --keys statements later.json # it leads forward only
    has "another key"
    openssl genpkey -algorithm ED25519 2>/dev/null | openssl pkey -pubout -out stranger.pem
    status 1 "$SHILU" verify --key stranger.pem --keys statements "$archive"
    status 3 "$SHILU" verify --key new.pem --keys nowhere "$archive"
    has nowhere
    status 2 "$SHILU" verify --keys statements "$archive"
    sed -i '3s/.*/99/' statements/*
    status 3 "$SHILU" verify --key new.pem --keys statements "$archive"
    has statements
    shilu key export --public "$old" | cmp - old.pem
    status 3 shilu key export --public 0123
    status 0 shilu key show
    has "$old"
    [ "$(shilu log show --action key-rotated --json | jq -r .detail.old)" = "$old" ]

    other=$BATS_TEST_TMPDIR/other
    "$SHILU" init "$other" --unit U
    status 1 "$SHILU" -C "$other" verify "$archive"
    has "not this vault's"
}

@test "a copied log is checked with the old key or the new, each with a clear answer" {
    "$SHILU" init "$V" --unit U
    shilu log checkpoint >older
    cp "$V/keys/public.pem" old.pem
    shilu key rotate --crypto sm
    shilu key rotate
    cp -a "$V/log" copy
    status 0 "$SHILU" log verify copy --key old.pem --against older
    has "followed by"
    status 0 "$SHILU" log verify copy --key "$V/keys/public.pem" --against older
    has "an earlier key"
    openssl genpkey -algorithm ED25519 2>/dev/null | openssl pkey -pubout -out stranger.pem
    status 1 "$SHILU" log verify copy --key stranger.pem
    rm "$V/keys/signing.pem"
    status 2 shilu key replace
    status 3 shilu key rotate
    has "key replace"
    status 0 shilu key replace --reason '机房失火'
    [ "$(shilu log show --action key-replaced --json | jq -r .detail.reason)" = 机房失火 ]
    status 0 shilu verify
    has "NOT signed for"
    status 0 shilu key show
    has LOST
    rm -r copy && cp -a "$V/log" copy
    status 1 "$SHILU" log verify copy --key old.pem
    has "ask the bureau"
    status 0 "$SHILU" log verify copy --key "$V/keys/public.pem" --against older
    status 3 shilu key replace --reason again
    has "not lost"
}

@test "log verify takes a key's id as verify does, and says how several checkpoints are given" {
    "$SHILU" init "$V" --unit U
    shilu log checkpoint >one
    cp "$V/keys/public.pem" old.pem
    old=$(shilu key show --json | jq -r .key_id)
    shilu key rotate
    shilu log checkpoint >two
    for key in "$old" old.pem "$V/keys/public.pem" "$(shilu key show --json | jq -r .key_id)"; do
        status 0 shilu log verify --key "$key" --against one --against two
    done
    openssl genpkey -algorithm ED25519 2>/dev/null | openssl pkey -pubout -out stranger.pem
    for key in stranger.pem "${old//[0-9]/a}"; do
        status 1 shilu log verify --key "$key"
        has "another key"
        has "NOT SOUND"
    done
    status 2 "$SHILU" log verify "$V/log" --key "$old"
    has "its id is not enough"
    status 0 shilu log verify --help
    has "repeated"
}

@test "keys that were changed by hand are found" {
    "$SHILU" init "$V" --unit U
    shilu key rotate
    cp -a "$V" kept
    sed -i '3s/.*/99/' "$V"/keys/retired/*.pem
    status 1 shilu verify
    has "retired"
    rm -r "$V" && cp -a kept "$V"
    rm "$V"/keys/retired/*.pem
    status 1 shilu verify
    has "whose statement is not there"
    rm -r "$V" && cp -a kept "$V"
    openssl genpkey -algorithm ED25519 -out "$V/keys/signing.pem" 2>/dev/null
    openssl pkey -in "$V/keys/signing.pem" -pubout -out "$V/keys/public.pem"
    chmod 600 "$V/keys/signing.pem"
    status 1 shilu verify
}
