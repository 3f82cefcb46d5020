#!/usr/bin/env bats
# What cmake --install gives works from where it was put.
load common

@test "the installed program finds its helper and its Chinese, and brings its manual" {
    to=$BATS_TEST_TMPDIR/usr
    cmake --install "$SHILU_BUILD" --prefix "$to" >/dev/null
    record "$BATS_TEST_TMPDIR/a.mp4" 1
    status 0 "$to/bin/shilu" probe "$BATS_TEST_TMPDIR/a.mp4" --json
    [ "$(jq -r '.streams | length' <<<"$output")" = 2 ]
    LC_ALL=zh_CN.UTF-8 status 0 "$to/bin/shilu" --help
    has 用法
    [ -x "$to/libexec/shilu/shilu-probe" ]
    [ -s "$to/share/man/man1/shilu.1" ]
    bash -n "$to/share/bash-completion/completions/shilu"
    # shellcheck disable=SC1091
    source "$to/share/bash-completion/completions/shilu"
    COMP_WORDS=(shilu ver)
    COMP_CWORD=1
    _shilu
    [ "${COMPREPLY[0]}" = verify ]
}
