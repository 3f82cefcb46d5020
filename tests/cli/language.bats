#!/usr/bin/env bats
# Chinese and English for people, one form for programs.
load common

setup() { new_case; }

@test "messages follow the locale, JSON does not" {
    for command in "search 占道" "show R1" "case list" "verify" "probe $BATS_TEST_TMPDIR/card/a.mp4"; do
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
