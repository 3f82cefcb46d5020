#!/usr/bin/env bats
# What a sealed archive encloses of the custody log: a stranger checks it, and lies in it are found.
load common

setup() {
    new_case && cd "$BATS_TEST_TMPDIR"
    echo 记录 >note.txt
    shilu attach R2 note.txt --kind transcript
    shilu tag R1 --place 后街 --reason 更正
    shilu ingest card/b.mkv
    archive=$(shilu seal "$CASE" --json | jq -r .archive)
    mkdir bag && tar -xf "$archive" -C bag --strip-components 1
}

check_log() { python3 "$SHILU_SOURCE/scripts/check-log" "$@"; }

# Signs the bag anew, as one could who has the vault's key: only what is enclosed of the log speaks
# against it then.
sign_again() {
    (
        cd "$1"
        sha256sum bagit.txt bag-info.txt index.json manifest-sha256.txt manifest-sm3.txt custody.ndjson \
            checkpoint.txt signer.pem >tagmanifest-sha256.txt
        openssl pkeyutl -sign -inkey "$V/keys/signing.pem" -rawin -in tagmanifest-sha256.txt \
            -out tagmanifest-sha256.txt.sig
    )
}

# lie WHAT-IS-SAID PYTHON…: changes `rows` (of custody.ndjson) or `index` and signs again
lie() {
    rm -rf lie && cp -r bag lie
    python3 - "$2" <<'PYTHON'
import json, pathlib, sys
custody, index_path = pathlib.Path("lie/custody.ndjson"), pathlib.Path("lie/index.json")
rows, index = [json.loads(line) for line in custody.read_text().splitlines()], json.loads(index_path.read_text())
def dump(value): return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
exec(sys.argv[1])
custody.write_text("".join(dump(row) + "\n" for row in rows))
index_path.write_text(dump(index))
PYTHON
    sign_again lie
    status 1 "$SHILU" verify lie
    has "$1"
}

@test "each entry about its recordings is enclosed, with its proof" {
    check_log excerpt bag/custody.ndjson bag/checkpoint.txt
    for id in R1 R2 R3; do shilu log show --subject $id --json; done | sort >wanted
    jq -r .entry bag/custody.ndjson | sort | diff wanted -
    [ "$(wc -l <wanted)" = 6 ]
    jq -r .index bag/custody.ndjson | sort -c -n -u
    sed '/^$/,$d' bag/checkpoint.txt >text
    sed '1,/^$/d' bag/checkpoint.txt | head -n 1 | cut -d' ' -f3 | base64 -d | tail -c +5 >signature
    openssl pkeyutl -verify -pubin -inkey bag/signer.pem -rawin -in text -sigfile signature
    for id in R1 R2 R3; do
        seq=$(jq -r --arg id $id '.recordings[] | select(.id == $id).accepted.log_index' bag/index.json)
        jq -r --argjson seq "$seq" 'select(.index == $seq).entry' bag/custody.ndjson |
            jq -e --arg id $id '.action == "accepted" and .subject == $id'
    done
    status 0 "$SHILU" verify "$archive" bag
    shilu disc image "$CASE" -o disc.iso
    status 0 "$SHILU" verify disc.iso
}

@test "the disc's README tells how to check the entries, in both languages" {
    shilu disc image "$CASE" -o disc.iso
    bsdtar -xOf disc.iso README.txt | tr -d '\r' >README
    [ "$(grep -c "^       python3 - <<'END'" README)" = 2 ]
    for recipe in 1 2; do
        awk -v wanted=$recipe '/python3 - <<.END/ { n++; on = n == wanted } on { sub(/^       /, ""); print }
            /-sigfile text.sig/ { on = 0 }' README >recipe
        (cd bag && bash -e ../recipe)
    done
    sed -i '1s/后街/前街/; 1s/accepted/acceptes/' bag/custody.ndjson
    ! (cd bag && bash -e ../recipe 2>/dev/null)
}

@test "a volume of attachments alone tells of their recording" {
    echo 补充 >more.txt
    shilu attach R1 more.txt
    second=$(shilu seal "$CASE" --json | jq -r .archive)
    tar -xOf "$second" --wildcards '*/custody.ndjson' | jq -r .entry | jq -r .subject | sort -u | diff <(echo R1) -
    status 0 "$SHILU" verify "$second"
}

@test "an honest bag that was signed again is sound" {
    cp -r bag lie
    sign_again lie
    status 0 "$SHILU" verify lie
}

@test "lies that the vault's own key has signed are found by the log's entries" {
    lie "no entry of the log tells of its acceptance" \
        'rows = [row for row in rows if json.loads(row["entry"])["action"] != "accepted"]'
    lie "no entry of the log tells of a file that is attached" \
        'rows = [row for row in rows if json.loads(row["entry"])["action"] != "attached"]'
    lie "not in the order of the log" 'rows.reverse()'
    lie "the entry before it once more" 'rows[1:1] = rows[:1]'
    lie "does not lead from the log's entry" 'rows[0]["proof"].reverse()'
    lie "does not lead from the log's entry" 'rows[0]["entry"] = rows[0]["entry"].replace("柳口路", "柳树路")'
    lie '"index" is not' 'rows[0]["index"] += 1'
    lie "not an entry of the log with" 'rows[0]["more"] = 1'
    lie 'disagree about "by"' 'index["recordings"][0]["accepted"]["by"] = "os:else"'
    lie 'disagree about "at"' 'index["recordings"][0]["accepted"]["at"] = "2026-01-01T00:00:00+08:00"'
    lie 'disagree about "log_index"' 'index["recordings"][0]["accepted"]["log_index"] += 1'
    lie 'log_index' 'del index["recordings"][0]["accepted"]["log_index"]'
}

@test "other bytes than were accepted, signed by the vault's key, are found" {
    python3 - <<'PYTHON'
import hashlib, json, pathlib, subprocess
bag = pathlib.Path("bag")
index = json.loads((bag / "index.json").read_text())
one = index["recordings"][0]
path = bag / one["name"]
path.chmod(0o644)
path.write_bytes(path.read_bytes()[:-1] + b"!")
sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
sm3 = subprocess.run(["openssl", "dgst", "-sm3", "-r", path], capture_output=True, text=True).stdout.split()[0]
for name, old, new in [("manifest-sha256.txt", one["sha256"], sha256), ("manifest-sm3.txt", one["sm3"], sm3)]:
    (bag / name).write_text((bag / name).read_text().replace(old, new))
one["sha256"], one["sm3"] = sha256, sm3
(bag / "index.json").write_text(json.dumps(index))
PYTHON
    sign_again bag
    status 1 "$SHILU" verify bag
    has 'disagree about "sha256"'
}

@test "a log made anew and signed with the vault's own key does not hold against an archive" {
    cp "$archive" kept.tar
    status 0 shilu log verify --against kept.tar
    python3 "$BATS_TEST_DIRNAME/forge_log.py" "$V" 1
    status 0 shilu log verify
    status 1 shilu log verify --against kept.tar
    has kept.tar
    status 0 "$SHILU" verify kept.tar
}

@test "a checkpoint of another log is found" {
    "$SHILU" init other --unit 别的局
    "$SHILU" -C other log checkpoint >bag/checkpoint.txt
    sign_again bag
    status 1 "$SHILU" verify bag
    has "checkpoint.txt"
}
