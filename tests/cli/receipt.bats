#!/usr/bin/env bats
# Receipts and seal values, as an officer gets them and a stranger checks them.
load common

setup() { new_case && cd "$BATS_TEST_TMPDIR"; }

check_receipt() { python3 "$SHILU_SOURCE/tests/archiver/custody/check_receipt.py" "$@"; }

# The same JSON with one member set otherwise, in canonical form.
forge() {
    python3 - "$@" <<'PYTHON'
import json, sys
receipt = json.load(open(sys.argv[1]))
exec(sys.argv[3])
open(sys.argv[2], "w").write(json.dumps(receipt, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
PYTHON
}

@test "each recording that is held gets a receipt, which a stranger can check" {
    record card2/c.mp4 1
    status 0 shilu ingest card card2 --receipts receipts --json
    [ "$(jq -s 'map(select(.companion | not)) | length' <<<"$output")" = 4 ]
    while read -r file receipt seal; do
        check_receipt "$receipt" "$file"
        [ "receipt:$(sha256sum <"$receipt" | cut -c1-64)" = "$seal" ]
    done < <(jq -r '[.file, .receipt, .seal.value] | @tsv' <<<"$output")
    [ "$(ls receipts | wc -l)" = 4 ]
    sha256sum receipts/* >before
    status 0 shilu ingest card --receipts receipts
    has "3 receipts are in receipts"
    sha256sum --quiet -c before
}

@test "what lies where a receipt should go is not touched, and the file stays on the device" {
    mkdir receipts
    sha=$(sha256sum card/a.mp4 | cut -c1-16)
    id=$(shilu search a --json | jq -r 'select(.name == "a.mp4").id')
    echo another >"receipts/$id-$sha.receipt.json"
    status 3 shilu ingest card/a.mp4 --receipts receipts --clearable clearable
    has "receipt could not be written"
    [ "$(cat receipts/*)" = another ]
    [ ! -s clearable ]
}

@test "a receipt is verified offline, against a key or a key's id" {
    shilu receipt R1 >printed.json
    status 0 shilu receipt R1 -o r.json
    has "receipt:$(sha256sum r.json | cut -c1-64)"
    cmp <(jq -S "del(.checkpoint, .proof)" printed.json) <(jq -S "del(.checkpoint, .proof)" r.json)
    status 3 shilu receipt R1 -o r.json
    status 3 shilu receipt R77
    id=$(openssl pkey -pubin -in "$V/keys/public.pem" -outform DER | sha256sum | cut -c1-64)
    [ "$(check_receipt r.json "card/$(jq -r .name r.json)")" = "$id" ]
    cp "$V/keys/public.pem" public.pem
    mv "$V" gone
    status 0 "$SHILU" verify r.json
    has SOUND
    has "signed by key $id"
    has "bears no line of a witness"
    status 0 "$SHILU" verify r.json --key public.pem
    status 0 "$SHILU" verify r.json --key "$id"
    status 1 "$SHILU" verify r.json --key "${id//[0-9]/a}"
    has "another key than the one asked for"
    openssl genpkey -algorithm ed25519 | openssl pkey -pubout -out other.pem
    status 1 "$SHILU" verify r.json --key other.pem
}

@test "each lie in a receipt is told as what it is" {
    shilu receipt R2 >r.json
    lie() {
        forge r.json lie.json "$1"
        status 1 "$SHILU" verify lie.json
        has "$2"
    }
    lie 'receipt["name"] = "x.mp4"' '"name" is not'
    lie 'receipt["sha256"] = "0" * 64' '"sha256" is not'
    lie 'receipt["index"] += 1' '"index" is not'
    lie 'receipt["witnesses"] = 3' "members that no receipt has"
    lie 'receipt["extra"] = 1' "members that no receipt has"
    lie 'receipt["entry"] = receipt["entry"].replace("os:", "ox:"); receipt["accepted"]["by"] = "ox:" + receipt["accepted"]["by"][3:]' \
        "does not lead from the log's entry"
    lie 'receipt["proof"][0] = receipt["proof"][-1]; receipt["proof"] = receipt["proof"][:1]' "does not lead from"
    lie 'lines = receipt["checkpoint"].split("\n"); lines[1] = str(int(lines[1]) + 1); receipt["checkpoint"] = "\n".join(lines)' "signature"
    head -c 100 r.json >cut.json
    status 1 "$SHILU" verify cut.json
    printf '{}' >none.json
    status 1 "$SHILU" verify none.json
    has "not a receipt"
}

@test "only cosignatures that hold for a known witness's key are counted" {
    W=$BATS_TEST_TMPDIR/district
    "$SHILU" init "$W" --unit 区综合行政执法局 >/dev/null
    own=$("$SHILU" -C "$W" log cosign --own-key)
    shilu receipt R1 -o plain.json
    # anybody can write such lines
    forge plain.json three.json 'import base64, os
receipt["checkpoint"] += "".join("— district-%d %s\n" % (i, base64.b64encode(os.urandom(76)).decode()) for i in range(3))'
    status 0 "$SHILU" verify three.json --key "$V/keys/public.pem"
    has "3 lines that claim to be of witnesses; not checked"
    [[ $output != *"cosigned by"* ]]
    status 0 "$SHILU" verify three.json --json
    [ "$(jq -c '.receipts[0] | [.witnesses, .lines_of_others]' <<<"$output")" = '[null,3]' ]
    status 0 "$SHILU" verify three.json --witness "$own"
    has "cosigned by 0 known witnesses"
    jq -j .checkpoint plain.json >checkpoint
    "$SHILU" -C "$W" log cosign checkpoint --key "$V/keys/public.pem" >cosigned
    forge three.json one.json 'receipt["checkpoint"] += open("cosigned").read().splitlines()[-1] + "\n"'
    status 0 "$SHILU" verify one.json --witness "$own" --witness "$own"
    has "cosigned by 1 known witness"
    printf '\n[custody]\nwitness = %s\n' "$own" >>"$V/shilu.conf"
    status 0 shilu verify one.json --json
    [ "$(jq '.receipts[0].witnesses' <<<"$output")" = 1 ]
    forge plain.json false.json 'lines = open("cosigned").read().splitlines()[-1]; receipt["checkpoint"] += lines[:-8] + "AAAAAA==\n"'
    status 1 shilu verify false.json
    has SIGNATURE
    status 2 "$SHILU" verify one.json --witness nobody
}

@test "with its vault a receipt tells what has become of the recording" {
    shilu receipt R1 >r.json
    status 0 shilu verify r.json
    has "not sealed yet"
    shilu seal "$CASE"
    status 0 shilu verify r.json --json
    [ "$(jq -r '.receipts[0].state' <<<"$output")" = sealed ]
    [ -f "$V/$(jq -r '.receipts[0].archives' <<<"$output")" ]
    rm -f "$V"/archives/*/*/*.tar
    status 1 shilu verify r.json
    has MISSING
}

@test "a receipt outlives a log that was rewritten, and one that was cut" {
    shilu receipt R3 >r.json
    bundle=$(ls -v "$V"/log/tile/entries/000.p/* | tail -n 1)
    sed -i 's/现场/另场/' "$bundle"
    status 1 shilu verify r.json
    sed -i 's/另场/现场/' "$bundle"
    status 0 shilu verify r.json
    find "$V/recordings" -name "$(jq -r .sha256 r.json).*" ! -name '*.json' -delete
    status 1 shilu verify r.json
    has "its file is not there any more"
    "$SHILU" init other --unit 别的局
    status 1 "$SHILU" -C other verify r.json
    has "not this vault's"
}

@test "a log made anew and signed with the vault's own key does not hold against a receipt" {
    shilu receipt R3 >r.json
    shilu receipt R1 >first.json
    last=$(($(shilu log checkpoint | sed -n 2p) - 1))
    cp -a "$V" copy
    python3 "$BATS_TEST_DIRNAME/forge_log.py" "$V" 1 # the case's
    status 1 shilu verify r.json
    has "is another now: it was rewritten after this receipt was given"
    V=copy
    while [ "$last" -gt "$(jq .index first.json)" ]; do
        python3 "$BATS_TEST_DIRNAME/forge_log.py" "$V" "$last"
        last=$((last - 1))
    done
    python3 "$BATS_TEST_DIRNAME/forge_log.py" "$V" "$last"
    status 1 shilu verify first.json
    has "any more: entries were taken away after this receipt was given"
}

@test "the QR code on the terminal is the seal value in full" {
    status 0 shilu receipt R1 --qr
    value=$(grep -o 'receipt:[0-9a-f]*' <<<"$output")
    [ "$(wc -l <<<"$output")" -le 30 ]
    python3 - "$output" >qr.pbm <<'PYTHON'
import sys
rows = [line for line in sys.argv[1].split("\n") if line and not set(line) - set("█▀▄ ")]
dark = {"█": "00", "▀": "01", "▄": "10", " ": "11"}
lines = [[dark[c][half] for c in row for _ in range(4)] for row in rows for half in (0, 1) for _ in range(4)]
print("P1", len(lines[0]), len(lines), *map(" ".join, lines), sep="\n")
PYTHON
    [ "$(zbarimg -q --raw qr.pbm)" = "$value" ]
}

@test "one seal value, told the same everywhere and compared" {
    status 0 shilu seal "$CASE" --json
    archive=$(jq -r .archive <<<"$output")
    value=$(jq -r .seal.value <<<"$output")
    short=$(jq -r .seal.short <<<"$output")
    tar -xOf "$archive" --wildcards '*/tagmanifest-sha256.txt' | sha256sum | grep -q "^${value#archive:} "
    for what in "seal $CASE" "list $archive" "verify $archive" "show A1"; do
        # shellcheck disable=SC2086
        status 0 shilu $what
        has "$value"
        has "$short"
    done
    status 0 "$SHILU" verify --seal "$value" "$archive"
    status 0 "$SHILU" verify --seal "$short" "$archive"
    status 0 "$SHILU" verify --seal "${short// /-}" "$archive" --json
    [ "$(jq -r .seal.value <<<"$output")" = "$value" ]
    status 1 "$SHILU" verify --seal "archive:$(printf 0%.0s {1..64})" "$archive"
    has "SEAL"
    last=${short: -1}
    status 2 "$SHILU" verify --seal "${short%?}$(((last + 1) % 10))" "$archive"
    has "a digit of the short seal value is wrong"
    mkdir unpacked && tar -xf "$archive" -C unpacked
    status 0 "$SHILU" verify --seal "$value" unpacked/*
    status 0 shilu disc image "$CASE" -o disc.iso
    disc=disc:$(head -c 32768 disc.iso | sha256sum | cut -c1-64)
    has "$disc"
    status 0 "$SHILU" verify --seal "$disc" disc.iso
    has "$disc"
    status 1 "$SHILU" verify --seal "$value" disc.iso
    shilu receipt R1 -o r.json
    status 0 "$SHILU" verify --seal "receipt:$(sha256sum <r.json | cut -c1-64)" r.json
    status 2 shilu verify --seal "$value" "$V"
    has "no seal value of its own"
}

@test "a receipt whose words are not its entry's, and an empty excerpt, do not agree without Shilu either" {
    shilu receipt R1 -o "$BATS_TEST_TMPDIR/r.json" >/dev/null
    check="$SHILU_SOURCE/scripts/check-log"
    status 0 python3 "$check" proof "$BATS_TEST_TMPDIR/r.json"
    jq -c '.name = "other.mp4"' "$BATS_TEST_TMPDIR/r.json" >"$BATS_TEST_TMPDIR/lie.json"
    status 1 python3 "$check" proof "$BATS_TEST_TMPDIR/lie.json"
    shilu log checkpoint >"$BATS_TEST_TMPDIR/checkpoint"
    : >"$BATS_TEST_TMPDIR/empty"
    status 1 python3 "$check" excerpt "$BATS_TEST_TMPDIR/empty" "$BATS_TEST_TMPDIR/checkpoint"
}

@test "no receipt is given for other bytes than were handed in" {
    sqlite3 "$V/catalog.db" "PRAGMA foreign_keys = OFF; DELETE FROM recordings; DELETE FROM sqlite_sequence; DELETE FROM lines; DELETE FROM tags; DELETE FROM reports; DELETE FROM attachments"
    mkdir "$BATS_TEST_TMPDIR/more"
    record "$BATS_TEST_TMPDIR/more/z.mp4" 1
    run shilu ingest "$BATS_TEST_TMPDIR/more" --receipts "$BATS_TEST_TMPDIR/receipts"
    [ "$status" -ne 0 ]
    [ -z "$(ls "$BATS_TEST_TMPDIR/receipts")" ]
}
