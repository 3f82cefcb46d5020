#!/usr/bin/env bats
# Tags, search, and the registers.
load common

setup() { new_case; }

@test "a correction keeps the old value, and needs a reason" {
    status 2 shilu tag R1 --place 青远路
    has "--reason"
    status 0 shilu tag R1 --place 青远路 --reason 地点写错
    status 0 shilu search 青远路 --json
    [ "$(jq -r .id <<<"$output")" = R1 ]
    status 0 shilu search 柳口路 --json
    [ "$(wc -l <<<"$output")" = 2 ]
    status 0 shilu show R1
    has 柳口路
    has 地点写错
    status 0 shilu verify
}

@test "a recording serves a second case" {
    shilu case add 二号
    status 0 shilu tag R1 --case 二号 --also
    status 0 shilu search --case 二号 --json
    [ "$(jq -c .cases <<<"$output")" = "[\"$CASE\",\"二号\"]" ] || [ "$(jq -c .cases <<<"$output")" = "[\"二号\",\"$CASE\"]" ]
    status 0 shilu seal "$CASE"
    status 0 shilu seal 二号
    status 0 shilu verify
    status 3 shilu tag R1 --case 没有 --reason x
}

@test "two Chinese characters suffice, and words are joined by AND" {
    for words in 占道 经营事实 道 '占道 柳口' '柳口路 现场'; do
        status 0 shilu search $words --json
        [ -n "$output" ]
    done
    status 0 shilu search '占道 没有' --json
    [ -z "$output" ]
    status 0 shilu search "现场" --json
    [ "$(wc -l <<<"$output")" = 1 ]
    for words in '"' "'" 'a OR b' '*' '(' 'NEAR/2' '-x' '占道"'; do
        status 0 shilu search -- "$words" --json
    done
}

@test "search by time, case, collector, untagged, and nothing found" {
    status 0 shilu search --from 2026-03-09 --to 2026-03-09 --json
    [ "$(jq -r .name <<<"$output")" = a.mp4 ]
    status 0 shilu search --to 2026-03-08 --json
    [ -z "$output" ]
    status 0 shilu search --officer 0212000001 --json
    [ "$(wc -l <<<"$output")" = 3 ]
    status 0 shilu search --untagged
    has "Nothing is found"
    record "$BATS_TEST_TMPDIR/more/e.mp4" 1
    shilu ingest "$BATS_TEST_TMPDIR/more"
    status 0 shilu search --untagged --json
    [ "$(jq -r .id <<<"$output")" = R4 ]
    status 2 shilu search --near here
    status 2 shilu search --from yesterday
}

@test "cases, collectors and devices" {
    status 0 shilu case list --json
    [ "$(jq -r .recordings <<<"$output")" = 3 ]
    status 0 shilu case close "$CASE"
    status 3 shilu case close "$CASE"
    status 0 shilu case list --open --json
    [ -z "$output" ]
    status 0 shilu collector set 0212000001 --name 张三 --kind officer --valid-to 2030-12-31
    status 0 shilu search 张三 --json
    [ "$(wc -l <<<"$output")" = 3 ]
    status 2 shilu collector set 1 --kind king
    status 0 shilu device set DSJ-1 --make 海康 --model X
    status 0 shilu device list --json
    [ "$(jq -r .make <<<"$output")" = 海康 ]
}

@test "a written record is attached, sealed and taken out again" {
    echo "声音资料文字记录" >"$BATS_TEST_TMPDIR/record.txt"
    status 0 shilu attach R1 "$BATS_TEST_TMPDIR/record.txt" --kind transcript
    status 3 shilu attach R1 "$BATS_TEST_TMPDIR/record.txt" --kind transcript
    status 3 shilu attach R99 "$BATS_TEST_TMPDIR/record.txt"
    status 2 shilu attach R1 "$BATS_TEST_TMPDIR/record.txt" --kind song
    status 0 shilu verify
    status 0 shilu seal "$CASE"
    status 0 shilu verify
    status 0 shilu list "$CASE" --json
    name=$(jq -r 'select(.attachment == "transcript") | .name' <<<"$output")
    status 0 shilu cat "$CASE" "$name"
    [ "$output" = "声音资料文字记录" ]
}

@test "show tells what is wrong with a recording, its streams and where its time is from" {
    record "$BATS_TEST_TMPDIR/cut.mp4" 2 -movflags +faststart -metadata creation_time=2026-03-09T01:30:00Z
    truncate -s -4000 "$BATS_TEST_TMPDIR/cut.mp4"
    shilu ingest "$BATS_TEST_TMPDIR/cut.mp4" --case "$CASE" >/dev/null || true
    status 0 shilu show R4
    has "! cut off"
    has "video h264 320×240"
    has "(mvhd"
    has "2026-03-09 09:30:00   ["
}
