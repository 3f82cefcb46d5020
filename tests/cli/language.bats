#!/usr/bin/env bats
# Chinese and English for people, one form for programs.
load common

setup() { new_case; }

@test "messages follow the locale, JSON does not" {
    for command in "search 占道" "show R1" "case list" "verify R1" "probe $BATS_TEST_TMPDIR/card/a.mp4"; do
        english=$(LC_ALL=C shilu $command)
        chinese=$(LC_ALL=zh_CN.UTF-8 shilu $command)
        [ "$english" != "$chinese" ]
        [ "$(LC_ALL=C shilu $command --json)" = "$(LC_ALL=zh_CN.UTF-8 shilu $command --json)" ]
    done
    LC_ALL=zh_CN.UTF-8 status 2 shilu search --frobnicate
    [[ $output == *[一-龥]* ]]
    LC_ALL=zh_CN.UTF-8 status 0 shilu ingest --help
    has 案件编号
    LANG=zh_CN.UTF-8 LC_ALL= status 0 "$SHILU" --help
    has 用法
}

# Lines that are wider in terminal cells than $1, from standard input.
wider_than() {
    python3 -c 'import sys, unicodedata
for line in sys.stdin.buffer.read().decode().replace("\r", "\n").split("\n"):
    line = line.removesuffix("\x1b[K")
    if sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line) > int(sys.argv[1]):
        print(line)' "$1"
}

# The cell at which the value behind each label begins, from standard input.
value_columns() {
    python3 -c 'import re, sys, unicodedata
for line in sys.stdin.read().splitlines():
    label = re.match(r" *\S+ +", line)[0]
    print(sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in label))' | sort -u
}

@test "labels and options stand under one another in Chinese" {
    export LC_ALL=zh_CN.UTF-8
    [ "$(shilu show R1 | grep -v '^R1' | value_columns)" = 12 ]
    [ "$(shilu show "$CASE" | value_columns)" = 12 ]
    [ "$(shilu search --help | tail -n +2 | grep -v -- '-h,' | value_columns | wc -l)" = 1 ]
}

@test "tables and the progress bar fit the terminal, and are whole elsewhere" {
    place='天津市西青区杨柳青镇柳口路与新华道交口东北角便道上某某水果店门前'
    shilu tag R1 R2 R3 --place "$place" --reason 写全 >/dev/null
    cat "$BATS_TEST_TMPDIR/card/a.mp4" >"$BATS_TEST_TMPDIR/$(printf '%0120d' 0).mp4"
    for command in search 'list A1' "ingest $BATS_TEST_TMPDIR"; do
        [ "$command" = search ] || [ -e "$V/archives/2026" ] || shilu seal "$CASE" >/dev/null
        LC_ALL=zh_CN.UTF-8 script -qec "stty cols 80; $SHILU -C $V $command" /dev/null \
            >"$BATS_TEST_TMPDIR/shown" || true
        [ -s "$BATS_TEST_TMPDIR/shown" ]
        run wider_than 80 < <(grep -av '/' "$BATS_TEST_TMPDIR/shown")
        [ -z "$output" ] || { echo "$output"; false; }
    done
    LC_ALL=zh_CN.UTF-8 status 0 shilu search 水果店
    has "$place"
}
