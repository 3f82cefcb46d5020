#!/usr/bin/env bats
# Reading archives by their index, with and without a vault.
load common

setup() {
    new_case
    shilu seal "$CASE" >/dev/null
    archive=$(ls "$V"/archives/*/*/*.tar)
}

@test "list, cat and extract need no vault" {
    status 0 "$SHILU" list "$archive" --json
    [ "$(wc -l <<<"$output")" = 3 ]
    name=$(jq -r 'select(.id == "R1") | .name' <<<"$output")
    "$SHILU" cat "$archive" R1 >"$BATS_TEST_TMPDIR/one"
    "$SHILU" cat "$archive" "$name" | cmp - "$BATS_TEST_TMPDIR/one"
    [ "$(sha256sum <"$BATS_TEST_TMPDIR/one" | cut -d' ' -f1)" = "$(jq -r 'select(.id == "R1") | .sha256' <<<"$output")" ]
    status 0 "$SHILU" extract "$archive" -o "$BATS_TEST_TMPDIR/out"
    [ "$(ls "$BATS_TEST_TMPDIR/out" | wc -l)" = 3 ]
    # and never over a file that is there
    status 3 "$SHILU" extract "$archive" R1 -o "$BATS_TEST_TMPDIR/out"
    status 3 "$SHILU" cat "$archive" R99
    status 3 "$SHILU" list "$BATS_TEST_TMPDIR/nothing.tar"
    status 2 "$SHILU" extract "$archive"
}

@test "attachments have ids and extensions of their own" {
    printf '{"a":1}' >"$BATS_TEST_TMPDIR/行车.json"
    shilu attach R1 "$BATS_TEST_TMPDIR/行车.json" --kind note
    shilu seal "$CASE" >/dev/null
    attached=$(ls "$V"/archives/*/*/*-v002.tar)
    status 0 "$SHILU" list "$attached" --json
    [ "$(jq -r '"\(.id) \(.recording) \(.attachment) \(.name)"' <<<"$output")" = "F1 R1 note data/F1.json" ]
    status 0 "$SHILU" list "$attached"
    has F1
    "$SHILU" cat "$attached" F1 | cmp - "$BATS_TEST_TMPDIR/行车.json"
    status 0 "$SHILU" extract "$attached" F1 -o "$BATS_TEST_TMPDIR/out"
    cmp "$BATS_TEST_TMPDIR/out/F1.json" "$BATS_TEST_TMPDIR/行车.json"
}

@test "sealing again tells the newest volume" {
    status 0 shilu seal "$CASE"
    has "$archive"
    status 0 shilu seal "$CASE" --json
    [ "$(jq -r '"\(.archive) \(.already) \(.recordings)"' <<<"$output")" = "$archive true 3" ]
    [ "$(jq -r .sha256 <<<"$output")" = "$(sha256sum <"$archive" | cut -d' ' -f1)" ]
    [ "$(ls "$V"/archives/*/*/*.tar | wc -l)" = 1 ]
    shilu case add 空案 >/dev/null
    status 3 shilu seal 空案
}

@test "with a vault the archive may be named by its number or its case" {
    status 0 shilu list A1 --json
    [ "$(wc -l <<<"$output")" = 3 ]
    status 0 shilu list "$CASE"
    status 0 shilu show A1
    has "$CASE"
}

@test "an archive cut at any place gives back all before the cut" {
    "$SHILU" list "$archive" --json >"$BATS_TEST_TMPDIR/rows"
    size=$(stat -c %s "$archive")
    for cut in 0 1 511 512 5000 20000 $((size / 2)) $((size - 2000)) $((size - 1)); do
        head -c "$cut" "$archive" >"$BATS_TEST_TMPDIR/cut.tar"
        status 1 "$SHILU" verify "$BATS_TEST_TMPDIR/cut.tar"
        while read -r id end; do
            [ "$end" -le "$cut" ] || continue
            "$SHILU" cat "$BATS_TEST_TMPDIR/cut.tar" "$id" >/dev/null
        done < <(jq -r '"\(.id) \(.offset + .size)"' "$BATS_TEST_TMPDIR/rows")
    done
}

@test "bsdtar shows the tags and digests beside each recording" {
    mkdir "$BATS_TEST_TMPDIR/x"
    python3 - "$archive" <<'EOF'
import sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    members = [m for m in tar if "/data/" in m.name]
    assert len(members) == 3
    for member in members:
        text = "".join(f"{k}={v}" for k, v in member.pax_headers.items())
        assert "xattr" in text and "sha256" in text, text
EOF
}

@test "the bag's folder comes first, and all members have one owner" {
    members=$(tar -tf "$archive")
    [ "$(head -n 1 <<<"$members")" = "$(basename "$archive" .tar)/" ]
    tar -tvf "$archive" | awk '{print $2}' | sort -u | wc -l | grep -qx 1
}

@test "an extraction takes over its own half-written file, and nothing else of that name" {
    cd "$BATS_TEST_TMPDIR"
    archive=$(shilu seal "$CASE" --json | jq -r .archive)
    name=$(shilu list "$archive" --json | jq -r 'select(.id == "R1") | .name | sub("data/"; "")')
    mkdir out
    echo precious >precious
    ln precious "out/$name.shilu-part"
    status 3 "$SHILU" extract "$archive" R1 -o out
    [ "$(cat precious)" = precious ]
    rm "out/$name.shilu-part"
    mkfifo "out/$name.shilu-part"
    status 3 timeout 20 "$SHILU" extract "$archive" R1 -o out
    rm "out/$name.shilu-part"
    echo half >"out/$name.shilu-part"
    status 0 "$SHILU" extract "$archive" R1 -o out
}
