#!/usr/bin/env bats
# What was read back, and when: each verification is in the log, and status tells of it.
load common

setup() { new_case && cd "$BATS_TEST_TMPDIR"; }

unread() { shilu status --since "$1" --json | jq -r '.unread.names | join(" ")'; }

later() { python3 -c 'import datetime; print((datetime.datetime.now().astimezone() + datetime.timedelta(days=1)).isoformat())'; }

@test "a verification is logged, and status says what was last read when" {
    status 0 shilu status --json
    [ "$(jq -r '.verified' <<<"$output")" = null ]
    shilu verify >/dev/null
    status 0 shilu status --json
    [ "$(jq -r '"\(.recordings) \(.verified.level) \(.verified.findings) \(.unread.count)"' <<<"$output")" = "3 all 0 0" ]
    status 0 shilu log show --action verified --json
    [ "$(jq -r .detail.recordings <<<"$output")" = 1-3 ]
    status 1 shilu status --since "$(later)"
    has "R1"
    LC_ALL=zh_CN.UTF-8 status 0 shilu status
    has 记录
}

@test "what is damaged does not count as read" {
    stored=$(sqlite3 "$V/catalog.db" "SELECT stored_name FROM recordings WHERE number = 2")
    chmod u+w "$V/recordings/${stored:0:2}/$stored"
    printf x | dd of="$V/recordings/${stored:0:2}/$stored" bs=1 seek=100 conv=notrunc status=none
    status 1 shilu verify
    status 0 shilu log show --action verified --json
    [ "$(jq -r '"\(.detail.findings) \(.detail.recordings)"' <<<"$output")" = "1 1,3" ]
}

@test "with a budget the longest unread come first, and the next run goes on" {
    shilu seal "$CASE" >/dev/null
    record card/d.mp4 1
    shilu ingest card/d.mp4 >/dev/null
    shilu verify --since "$(later)" --budget 1h >/dev/null
    shilu log show --action verified --json >read
    [ "$(jq -r '"\(.detail.level) \(.detail.recordings) \(.detail.archives)"' <read)" = "unread 4 1" ]
    status 0 shilu verify --since 30d --json
    [ "$(jq -r .bytes <<<"$output")" = 0 ]
    status 0 shilu catalog check
    status 2 shilu verify --budget soon
    status 2 shilu verify --budget 1h --quick
    status 2 shilu verify --since 30d R1
}

@test "a sample is drawn from the log's root, and anybody can draw it again" {
    shilu verify --quick --percent 40 --seed-day "$(later)" >/dev/null
    entry=$(shilu log show --action verified --json)
    size=$(jq -r .detail.seed_size <<<"$entry")
    shilu log export >log.ndjson
    python3 - "$size" <<'END' >drawn
import hashlib, sys
def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()
lines = open("log.ndjson", "rb").read().splitlines()[:int(sys.argv[1])]
seed = root([hashlib.sha256(b"\0" + line).digest() for line in lines])
lot = lambda item: int.from_bytes(hashlib.sha256(seed + item.encode()).digest()[:8], "big")
print("".join(f"{i}\n" for i in (1, 2, 3) if lot(f"R{i}") < 0.40 * 2**64), end="")
END
    python3 - "$(jq -r .detail.recordings <<<"$entry")" <<'END' >read
import sys
for run in filter(None, sys.argv[1].split(",")):
    ends = [int(end) for end in run.split("-")]
    print(*range(ends[0], ends[-1] + 1), sep="\n")
END
    diff drawn read
}

@test "who cannot sign can verify, and is told that it is not logged" {
    mv "$V/keys/signing.pem" away
    status 1 shilu verify
    has "not in the custody log"
    mv away "$V/keys/signing.pem"
    status 0 shilu verify
}

@test "the timer's units are what systemd takes" {
    cmake --install "$SHILU_BUILD" --prefix "$BATS_TEST_TMPDIR/usr" >/dev/null
    units=$BATS_TEST_TMPDIR/usr/lib/systemd/system
    grep -q '^ExecStart=/.*/shilu verify --since 30d --budget 2h$' "$units/shilu-verify.service"
    grep -q '^OnCalendar=' "$units/shilu-verify.timer"
    ! command -v systemd-analyze || systemd-analyze calendar "$(sed -n s/OnCalendar=//p "$units/shilu-verify.timer")"
}

@test "progress that cannot be kept is no success" {
    shilu key passphrase --help >/dev/null
    SHILU_NEW_PASSPHRASE_FD=3 shilu key passphrase 3<<<'eins' >/dev/null
    status 3 shilu verify --since 30d --budget 1h </dev/null
    has "not in the custody log"
    SHILU_PASSPHRASE_FD=3 status 0 shilu verify --since 30d --budget 1h 3<<<'eins'
}
