#!/usr/bin/env bats
# Another vault as witness: what it has seen, no key can take back.
load common

setup() {
    new_vault
    cd "$BATS_TEST_TMPDIR"
    W=$BATS_TEST_TMPDIR/district
    "$SHILU" init "$W" --unit 区综合行政执法局 >/dev/null
    KEY=$V/keys/public.pem
}

district() { "$SHILU" -C "$W" "$@"; }

# The district's key in the town's settings.
know_the_witness() { printf '\n[custody]\nwitness = %s\n' "$(district log cosign --own-key)" >>"$V/shilu.conf"; }

# The line of the district, checked as C2SP tlog-cosignature has it, by Python and OpenSSL alone.
check_line() {
    python3 - "$1" "$(district log cosign --own-key)" "$W/keys/public.pem" <<'PY'
import base64, hashlib, subprocess, sys
text, _, lines = open(sys.argv[1]).read().rpartition("\n\n")
text += "\n"
name, key_id, key = sys.argv[2].split("+", 2)
raw = base64.b64decode(key)
assert raw[0] == 4 and hashlib.sha256(f"{name}\n".encode() + raw).digest()[:4].hex() == key_id
[line] = [line for line in lines.splitlines() if line.startswith(f"— {name} ")]
payload = base64.b64decode(line.split(" ")[2])
assert payload[:4].hex() == key_id and len(payload) == 4 + 8 + 64
time = int.from_bytes(payload[4:12], "big")
open("message", "w").write(f"cosignature/v1\ntime {time}\n{text}")
open("signature", "wb").write(payload[12:])
subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", sys.argv[3], "-rawin", "-in", "message",
                "-sigfile", "signature"], check=True, stdout=subprocess.DEVNULL)
PY
}

@test "a witness cosigns what continues what it saw, by files or from a copied log" {
    know_the_witness
    shilu case add 另案
    shilu log checkpoint >first
    status 2 district log cosign first # whose log is this?
    has "--key"
    district log cosign first --key "$KEY" -o first.cosigned
    check_line first.cosigned
    status 0 shilu log verify
    has "Nobody"
    status 0 shilu log add-cosignature first.cosigned
    has "cosigned by 1 witness"
    status 0 shilu log add-cosignature first.cosigned
    has "known already"
    shilu case add third
    shilu log checkpoint >second
    status 2 district log cosign second
    has "log prove consistency $(sed -n 2p first)"
    shilu log prove consistency "$(sed -n 2p first)" >proof
    district log cosign second --proof proof >second.cosigned
    check_line second.cosigned
    shilu log add-cosignature second.cosigned
    shilu case add fourth
    cp -a "$V/log" copy
    district log cosign copy >third.cosigned
    shilu log add-cosignature third.cosigned
    status 0 shilu log verify --json
    [ "$(jq -r '.backed.witnesses' <<<"$output")" -eq 1 ]
    [ "$(jq -r '.backed.size' <<<"$output")" -eq "$(sed -n 2p third.cosigned)" ]
    cmp <(shilu log checkpoint --backed) third.cosigned
    status 0 shilu log verify --against first.cosigned --against third.cosigned
    cp -a "$V/log" later
    own=$(district log cosign --own-key)
    status 0 "$SHILU" log verify later --key "$KEY" --witness "$own" --witness "$own"
    has "cosigned by 1 witness"
    status 0 "$SHILU" log verify later --key "$KEY"
    has "Nobody"
    status 0 shilu log show --action backed --json
    status 0 district log show --action witnessed --json
    [ "$(wc -l <<<"$output")" -eq 3 ]
    shilu verify
    shilu catalog rebuild
    cmp <(shilu log checkpoint --backed) third.cosigned
}

@test "what does not continue what was seen is refused, each with its own words" {
    shilu case add 内情
    shilu log checkpoint >first
    shilu case add third
    shilu log checkpoint >second
    shilu log prove consistency first >proof
    district log cosign second --key "$KEY" >/dev/null
    status 1 district log cosign first
    has STALE
    python3 "$BATS_TEST_DIRNAME/forge_log.py" "$V" "$(shilu log show --subject 内情 --json | jq -r .seq)"
    cp -a "$V/log" forked
    status 1 district log cosign forked
    has STALE
    for i in 1 2 3; do shilu log export >/dev/null; done # longer than what was seen, but another log
    cp -a "$V/log" longer
    status 1 district log cosign longer
    has FORKED
    shilu log checkpoint >third
    shilu log prove consistency "$(sed -n 2p second)" >other
    status 1 district log cosign third --proof other
    has FORKED
    status 1 district log cosign third --proof proof
    has "another checkpoint"
    jq -cS '.proof[0] = .old_root' other >lies
    status 1 district log cosign third --proof lies
    has "does not hold"
    head -c 40 second >cut
    status 1 district log cosign cut
    [ "$(district log show --action witnessed --json | wc -l)" -eq 1 ]
}

@test "a log that was seen keeps its key, or one that this has signed for" {
    shilu log checkpoint >first
    seen=$(sed -n 2p first)
    district log cosign first --key "$KEY" >/dev/null
    shilu case add 另案
    # the same log, under the key of somebody else
    openssl genpkey -algorithm ED25519 -out stranger.key 2>/dev/null
    openssl pkey -in stranger.key -pubout -out stranger.pem
    V=$V python3 - stranger.key <<'PY'
import base64, hashlib, subprocess, sys
from pathlib import Path
import os
text = Path(os.environ["V"] + "/log/checkpoint").read_text().split("\n\n")[0] + "\n"
raw = subprocess.run(["openssl", "pkey", "-in", sys.argv[1], "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout[-32:]
name = text.split("\n")[0]
Path("text").write_text(text)
subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", sys.argv[1], "-rawin", "-in", "text", "-out", "sig"], check=True)
key_id = hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4]
line = base64.b64encode(key_id + Path("sig").read_bytes()).decode()
Path("theirs").write_text(f"{text}\n— {name} {line}\n")
PY
    shilu log prove consistency "$seen" >proof
    status 1 district log cosign theirs --key stranger.pem --proof proof
    has "stranger's key"
    cp -a "$V/log" copy && cp theirs copy/checkpoint
    status 1 district log cosign copy --key stranger.pem
    has "stranger's key"
    status 1 district log cosign copy
    # a key that the old one has signed for
    shilu key rotate
    shilu log checkpoint >second
    shilu log prove consistency "$seen" >proof
    status 1 district log cosign second --proof proof
    status 1 district log cosign second --key "$KEY" --proof proof
    has "stranger's key"
    status 0 district log cosign second --key "$KEY" --keys "$V/keys/retired" --proof proof
    shilu key rotate --crypto sm
    cp -a "$V/log" later
    status 0 district log cosign later
    shilu key rotate
    cp -a "$V/log" last
    status 0 district log cosign last --key "$KEY"
    # one that was lost has not
    rm "$V/keys/signing.pem"
    shilu key replace --reason '机房失火'
    cp -a "$V/log" replaced
    status 1 district log cosign replaced --key "$KEY"
    status 1 district log cosign replaced --key "$KEY" --keys "$V/keys/retired"
    has "stranger's key"
    [ "$(district log show --action witnessed --json | wc -l)" -eq 4 ]
}

@test "cosignatures of strangers and for other logs are not kept" {
    shilu log checkpoint >first
    district log cosign first --key "$KEY" >cosigned
    status 3 shilu log add-cosignature cosigned
    has "settings"
    know_the_witness
    sed '$s/$/x/' cosigned >damaged
    status 1 shilu log add-cosignature damaged
    python3 - <<'PY'
lines = open("cosigned").read().splitlines()
name, line = lines[-1].rsplit(" ", 1)
lines[-1] = name + " " + line[:-8] + "AAAAAA=="  # another signature
open("forged", "w").write("\n".join(lines) + "\n")
PY
    status 1 shilu log add-cosignature forged
    district log checkpoint >theirs
    status 1 shilu log add-cosignature theirs
    status 0 shilu log add-cosignature cosigned
    echo 'witness = stranger+00000000+BAAA' >>"$V/shilu.conf"
    status 3 shilu log verify
    has "line "
}

@test "an entry that root takes out is found against a witness's cosignature, an archive and a disc" {
    know_the_witness
    shilu case add 内情
    record card/a.mp4 1
    shilu ingest card --case "$CASE" --place 柳口路 --purpose 证明占道经营事实 --collector 0212000001
    shilu seal "$CASE"
    shilu disc image "$CASE" -o disc.iso
    cp "$V"/archives/*/*/*.tar sealed.tar
    shilu log checkpoint >checkpoint
    district log cosign checkpoint --key "$KEY" >cosigned
    shilu log verify --against cosigned --against sealed.tar --against disc.iso
    python3 "$BATS_TEST_DIRNAME/forge_log.py" "$V" "$(shilu log show --subject 内情 --json | jq -r .seq)"
    shilu case add 又一案
    status 0 shilu log verify
    has "SOUND"
    for older in cosigned sealed.tar disc.iso; do
        status 1 shilu log verify --against "$older"
        has "$older"
        has "NOT SOUND"
    done
    status 1 shilu log verify --against cosigned --against sealed.tar --against disc.iso --json
    [ "$(grep -c '"target"' <<<"$output")" -eq 3 ]
}

@test "a receipt is proved to what a witness has cosigned, once it covers it" {
    know_the_witness
    record card/a.mp4 1
    shilu ingest card --case "$CASE" --place 柳口路 --purpose 证明占道经营事实 --collector 0212000001
    shilu receipt R1 -o early.json
    [ "$(shilu verify early.json --json | jq '.receipts[0].witnesses')" = 0 ]
    shilu log checkpoint >checkpoint
    district log cosign checkpoint --key "$KEY" >cosigned
    shilu log add-cosignature cosigned
    record card/b.mp4 1
    shilu ingest card/b.mp4 --case "$CASE" --place 柳口路 --purpose 证明占道经营事实 --collector 0212000001
    shilu receipt R1 -o receipt.json
    [ "$(shilu verify receipt.json --json | jq '.receipts[0].witnesses')" = 1 ]
    cmp <(jq -j .checkpoint receipt.json) cosigned
    python3 "$SHILU_SOURCE/scripts/check-log" proof receipt.json
    status 0 shilu verify receipt.json
    has "cosigned by 1 known witness"
    status 0 shilu log verify --against receipt.json
    shilu receipt R2 -o later.json
    [ "$(shilu verify later.json --json | jq '.receipts[0].witnesses')" = 0 ]
}

@test "SM2 keys witness and are witnessed" {
    "$SHILU" init sm --unit 街道办 --crypto sm >/dev/null
    "$SHILU" -C sm log checkpoint >checkpoint
    printf '\n[custody]\nwitness = %s\nwitness = %s\n' "$(district log cosign --own-key)" \
        "$(shilu log cosign --own-key)" >>sm/shilu.conf
    district log cosign checkpoint --key sm/keys/public.pem >one
    shilu log cosign checkpoint --key sm/keys/public.pem >two
    "$SHILU" -C sm log add-cosignature one two
    status 0 "$SHILU" -C sm log verify
    has "cosigned by 2 witnesses"
    printf '\n[custody]\nwitness = %s\n' "$("$SHILU" -C sm log cosign --own-key)" >>"$V/shilu.conf"
    shilu log checkpoint >ours
    "$SHILU" -C sm log cosign ours --key "$KEY" >three
    status 0 shilu log add-cosignature three
}
