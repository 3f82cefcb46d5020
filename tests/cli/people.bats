#!/usr/bin/env bats
# Accounts, duties, holds, retention and disposal, as the people of a bureau use them.
load common

setup() {
    cd "$BATS_TEST_TMPDIR"
    V=$BATS_TEST_TMPDIR/vault
    ADMIN_PASSWORD=$("$SHILU" init "$V" --unit 杨柳青镇综合行政执法局 --json | jq -r .password)
    shilu case add "$CASE" --procedure general --cause 占路经营 >/dev/null
}

# by_admin [NEW-PASSWORD] user …: as the security administrator
by_admin() {
    if [ "$1" = user ]; then
        shilu "$@" --as admin --password-fd 3 3<<<"$ADMIN_PASSWORD"
    else
        local new=$1
        shift
        shilu "$@" --as admin --password-fd 3 --new-password-fd 4 3<<<"$ADMIN_PASSWORD" 4<<<"$new"
    fi
}

# as PASSWORD COMMAND…: the password on descriptor 3
as() {
    local password=$1
    shift
    shilu "$@" --password-fd 3 3<<<"$password"
}

@test "accounts are made, change duties and passwords, and are told in the log without a password" {
    status 0 by_admin 'correct-horse 1' user add 王芳 --role archivist
    status 0 by_admin 'correct-horse 2' user add li --role auditor
    status 0 by_admin user role 王芳 archivist,reviewer
    status 0 by_admin 'correct-horse 3' user passwd 王芳
    status 0 by_admin user disable li
    status 0 shilu user list --json
    [ "$(jq -r 'select(.name == "王芳").duties | join(" ")' <<<"$output")" = "reviewer archivist" ]
    [ "$(jq -r 'select(.name == "li").enabled' <<<"$output")" = false ]
    status 0 by_admin user enable li
    status 0 shilu log show --json
    [ "$(grep -c '"user-changed"' <<<"$output")" -eq 5 ]
    has '"role-changed"'
    [[ $output != *horse* && $output != *scrypt* ]]
    status 0 shilu log verify
    status 0 shilu verify
}

@test "duties that must stay apart are refused, with the reason" {
    status 3 by_admin 'correct-horse 1' user add li --role auditor,archivist
    has "one account cannot be both"
    status 2 by_admin 'correct-horse 1' user add li --role spy
    status 2 by_admin short user add li --role officer
    has "at least 10 characters"
    status 2 by_admin 'correct-horse 1' user add li
    status 3 by_admin user disable admin
    has "last security administrator"
    status 3 by_admin user role nobody officer
    status 0 shilu user list
    [[ $output != *li* ]]
}

@test "a password is asked for twice at a terminal, unseen" {
    cat >ask.py <<'END'
import os, pty, sys, termios
words = [word.encode() + b"\n" for word in (sys.argv.pop(), "correct-horse 1", "correct-horse 1")]
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown = b""
for word in words:
    while not shown.rstrip(b" ").endswith(b":"):
        shown += os.read(master, 100)
    while termios.tcgetattr(master)[3] & termios.ECHO:
        pass
    shown += b"|"
    os.write(master, word)
try:
    while more := os.read(master, 100):
        shown += more
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) or (b"horse" in shown))
END
    status 0 python3 ask.py "$SHILU" -C "$V" user add li --role officer --as admin "$ADMIN_PASSWORD"
    status 0 shilu user list
    has li
    run setsid -w "$SHILU" -C "$V" user passwd li </dev/null
    [ "$status" -eq 2 ]
    has "--password-fd"
}

@test "accounts are changed by a security administrator who gives a password, and by nobody else" {
    by_admin 'correct-horse 1' user add wang --role archivist >/dev/null
    by_admin 'correct-horse 2' user add li --role auditor >/dev/null
    status 2 shilu user add zhao --role auditor
    has "--as"
    status 3 as 'wrong-horse 1' user disable li --as admin
    has "name or the password is wrong"
    status 3 as 'correct-horse 1' user role li reviewer --as wang
    has "duty"
    # another's password is not theirs to set; one's own is, with the old one
    status 3 shilu user passwd li --as wang --password-fd 3 --new-password-fd 4 \
        3<<<'correct-horse 1' 4<<<'correct-horse 9'
    has "no security administrator"
    status 3 shilu user passwd li --password-fd 3 --new-password-fd 4 \
        3<<<'wrong-horse 1' 4<<<'correct-horse 9'
    status 0 shilu user passwd li --password-fd 3 --new-password-fd 4 \
        3<<<'correct-horse 2' 4<<<'correct-horse 9'
    status 0 shilu log show --action user-changed --json
    [ "$(jq -rs 'map("\(.actor) \(.role) \(.subject) \(.detail.change)") | join("; ")' <<<"$output")" = \
        "admin secadmin wang added; admin secadmin li added; li auditor li password" ]
    status 0 shilu verify
}

@test "a removal that no disposal explains is tampering: nothing is removed, and verify names it" {
    two_recordings
    stored=$(sqlite3 "$V/catalog.db" "SELECT 'recordings/' || substr(stored_name, 1, 2) || '/' || stored_name FROM recordings WHERE number = 1")
    for path in 'archives/../../victim' "$stored" x; do
        sqlite3 "$V/catalog.db" "INSERT INTO removals VALUES ('$path')"
        status 1 shilu case add "other $path"
        has "removals"
        has "$path"
        status 1 shilu verify
        has "removals, row $path"
        sqlite3 "$V/catalog.db" "DELETE FROM removals"
    done
    [ -e "$V/$stored" ]
    status 0 shilu verify
}

@test "where no security administrator has a password one is let in again, and the log says how" {
    by_admin 'correct-horse 2' user add li --role auditor >/dev/null
    shilu catalog rebuild >/dev/null
    status 3 shilu user passwd li --new-password-fd 4 4<<<'correct-horse 9'
    has "only a security administrator's"
    status 0 shilu user passwd admin --new-password-fd 4 4<<<'correct-horse 8'
    has "set without any"
    ADMIN_PASSWORD='correct-horse 8'
    status 3 shilu user passwd admin --new-password-fd 4 --password-fd 3 \
        3<<<'wrong-horse 1' 4<<<'correct-horse 9'
    status 0 by_admin 'correct-horse 9' user passwd li
    status 0 shilu log show --action user-changed --json
    [ "$(jq -r 'select(.detail.unproved).actor' <<<"$output")" = "os:$(id -un)" ]
    status 0 shilu log show --action user-changed
    has "unproved"
    status 0 shilu verify
}

@test "a password that was put into the catalog by hand opens nothing, and verify names it" {
    by_admin 'correct-horse 1' user add wang --role archivist >/dev/null
    by_admin 'correct-horse 2' user add li --role auditor >/dev/null
    stored=$(sqlite3 "$V/catalog.db" "SELECT password FROM passwords WHERE account = 'li'")
    status 0 shilu log show --action user-changed --subject li --json
    [ "$(jq -r .detail.password_sha256 <<<"$output")" = "$(printf %s "$stored" | sha256sum | cut -d' ' -f1)" ]
    sqlite3 "$V/catalog.db" "UPDATE passwords SET password =
        (SELECT password FROM passwords WHERE account = 'li') WHERE account = 'wang'"
    status 1 as 'correct-horse 2' dispose request R1 --as wang --reason x
    has "passwords, row wang"
    status 1 shilu user passwd wang --password-fd 3 --new-password-fd 4 \
        3<<<'correct-horse 2' 4<<<'correct-horse 9'
    has "not the one that the custody log tells of"
    status 1 shilu verify
    has "passwords, row wang"
    sqlite3 "$V/catalog.db" "DELETE FROM passwords WHERE account = 'wang'"
    status 0 shilu verify
    status 3 as 'correct-horse 2' dispose request R1 --as wang --reason x
}

# one recording of a second, R1, and another, R2
two_recordings() {
    record card/a.mp4 1 -metadata creation_time=2020-03-09T01:30:00Z
    record card/b.mp4 1 -metadata creation_time=2020-03-10T01:30:00Z
    shilu ingest card/a.mp4 >/dev/null
    shilu ingest card/b.mp4 >/dev/null
}

@test "a hold on a case or a recording is set, shown, lifted, and told in the log" {
    two_recordings
    shilu tag R1 --case "$CASE" --reason 属于本案
    status 2 shilu hold set "$CASE"
    status 0 shilu hold set "$CASE" R2 --reason 行政复议
    status 3 shilu hold set R2 --reason 再次
    has "already"
    status 0 shilu search --json
    [ "$(jq -s 'map(.held) | all' <<<"$output")" = true ]
    status 0 shilu search
    has "held"
    status 0 shilu show R1
    has "行政复议"
    status 0 shilu hold lift "$CASE" --reason 复议终结
    status 0 shilu hold list --json
    [ "$(jq -r .id <<<"$output")" = R2 ]
    status 0 shilu hold list --all
    has "复议终结"
    status 0 shilu show R1 --json
    [ "$(jq '.holds | length' <<<"$output")" -eq 0 ]
    status 0 shilu log show --subject R2 --action hold-set --json
    [ "$(jq -r .detail.reason <<<"$output")" = 行政复议 ]
    status 0 shilu verify
}

@test "rules of retention count once they are confirmed, the longest wins, and show says which" {
    two_recordings
    status 0 shilu show R1 --json
    [ "$(jq -r '.retention | "\(.rule) \(.period) \(.from) \(.due)"' <<<"$output")" = \
        "default 6 months acceptance false" ]
    cat >>"$V/shilu.conf" <<'END'
default = 6 months from capture
hearing = 30 years from capture; stage = 听证
END
    status 0 shilu retention list
    has "0 recordings are due"
    has "retention preview"
    shilu tag R2 --stage 听证
    status 0 shilu retention preview
    has "Fall due earlier: 1, of them at once: 1; later: 1"
    status 0 shilu retention preview --json
    [ "$(jq -r 'select(.id == "R2").then.until' <<<"$output")" = 2050-03-10 ]
    status 0 shilu retention list --json
    [[ $output != *'"id"'* ]]
    status 0 shilu retention confirm
    status 0 shilu retention list --json
    [ "$(jq -r '"\(.id) \(.retention.until) \(.retention.rule)"' <<<"$output")" = "R1 2020-09-09 default" ]
    status 0 shilu show R2
    has "2050-03-10"
    has "hearing"
    shilu tag R1 --case "$CASE" --reason 属于本案
    status 0 shilu show R1
    has "open case"
    status 0 shilu retention list --json
    [ -z "$output" ]
    status 0 shilu log show --action settings-changed --json
    [[ $(jq -r .detail.rules <<<"$output") == *"hearing = 30 years from capture; stage = 听证"* ]]
    echo "short = 3 weeks from capture" >>"$V/shilu.conf"
    status 3 shilu retention preview
    has "shilu.conf"
    has "days, months or years"
}

# an archivist, an auditor, and rules by which the recordings of 2020 are due
disposers() {
    by_admin 'correct-horse 1' user add wang --role archivist >/dev/null
    by_admin 'correct-horse 2' user add li --role auditor >/dev/null
    by_admin 'correct-horse 3' user add zhao --role auditor >/dev/null
    echo "default = 6 months from capture" >>"$V/shilu.conf"
    shilu retention confirm >/dev/null
}
request() { as 'correct-horse 1' dispose request "$@" --as wang --reason 保管期满; }
approve() { as 'correct-horse 2' dispose approve "$@" --as li --reason 同意; }

@test "what is due is disposed of by two accounts, and all but the bytes stays" {
    two_recordings
    disposers
    sha256=$(shilu show R1 --json | jq -r .sha256)
    shilu receipt R1 >r1.json
    status 0 request R1 --json
    [ "$(jq -r .disposal <<<"$output")" = X1 ]
    status 3 request R1
    has "already"
    status 0 approve X1
    status 3 approve X1
    [ -z "$(find "$V/recordings" -name "$sha256.mp4")" ]
    status 0 shilu show R1
    has "disposed of"
    has "保管期满"
    status 0 shilu show R1 --json
    [ "$(jq -r '"\(.state) \(.sha256) \(.disposal.decided_by)"' <<<"$output")" = "disposed $sha256 li" ]
    status 0 shilu search --json
    [ "$(jq -r 'select(.id == "R1").state' <<<"$output")" = disposed ]
    status 1 shilu ingest card
    has "was disposed of"
    [ -z "$(find "$V/recordings" -name "$sha256.mp4")" ]
    echo 笔录 >note.txt
    status 3 shilu attach R1 note.txt
    status 0 shilu retention list --json
    [ "$(jq -r .id <<<"$output")" = R2 ]
    status 0 shilu log show --subject R1 --action disposed --json
    [ "$(jq -r '"\(.actor) \(.role) \(.detail.sha256)"' <<<"$output")" = "li auditor $sha256" ]
    # its receipt says so, and a receipt given now proves as much
    status 0 shilu verify r1.json
    has "disposed of at"
    has "by li"
    shilu receipt R1 >r1-now.json
    status 0 shilu verify r1-now.json --json
    [ "$(jq -r '.receipts[0] | "\(.state) \(.disposed.by)"' <<<"$output")" = "disposed li" ]
    status 0 shilu log verify
    status 0 shilu verify
}

@test "a clock that was set forward makes nothing due, unless who approves vouches for it" {
    at() { env ASAN_OPTIONS=verify_asan_link_order=0 faketime -f "$1" "$SHILU" -C "$V" "${@:2}"; }
    record card/a.mp4 1
    shilu ingest card/a.mp4 >/dev/null
    by_admin 'correct-horse 1' user add wang --role archivist >/dev/null
    by_admin 'correct-horse 2' user add li --role auditor >/dev/null
    # work done meanwhile does not make the leap smaller
    at +400d case add K9 >/dev/null
    status 0 at +400d dispose request R1 --as wang --reason x --password-fd 3 3<<<'correct-horse 1'
    status 3 at +400d dispose approve X1 --as li --reason x --password-fd 3 3<<<'correct-horse 2'
    has "--clock-is-right"
    status 0 shilu show R1
    [[ $output != *"disposed of"* ]]
    status 0 at +400d dispose approve X1 --as li --reason x --clock-is-right --password-fd 3 \
        3<<<'correct-horse 2'
    status 0 shilu log show --action disposal-approved --json
    [ "$(jq -r .detail.clock_is_right <<<"$output")" = true ]
    # and where the clock is put back it is told for ever
    seq=$(jq -r .seq <<<"$output")
    status 0 at +400d verify
    shilu case add K10 >/dev/null
    status 1 shilu verify
    has "entry $seq: its time is later"
    status 1 shilu log verify
    has "its time is later"
    status 1 shilu log verify --json
    [ "$(jq -s "map(select(.first == $seq)) | length" <<<"$output")" -eq 1 ]
    status 0 shilu hold set R1 --reason 保全
}

@test "nobody disposes alone, early, against a hold, or of what belongs to an open case" {
    two_recordings
    disposers
    status 3 as 'wrong-horse 11' dispose request R1 --as wang --reason x
    has "name or the password is wrong"
    status 3 as 'correct-horse 2' dispose request R1 --as li --reason x
    has "duty"
    status 0 request R1
    status 3 as 'correct-horse 1' dispose approve X1 --as wang --reason x
    by_admin user role wang auditor
    status 3 as 'correct-horse 1' dispose approve X1 --as wang --reason x
    has "same account"
    by_admin user role wang archivist
    shilu hold set R1 --reason 行政复议
    status 3 approve X1
    has "is held"
    shilu hold lift R1 --reason 终结
    shilu tag R1 --case "$CASE" --reason 属于本案
    status 3 approve X1
    has "case is open"
    status 0 as 'correct-horse 1' dispose withdraw X1 --as wang --reason 属于本案
    status 3 approve X1
    status 0 shilu dispose list --json
    [ "$(jq -r .state <<<"$output")" = withdrawn ]
    record card/new.mp4 1
    shilu tag R2 --captured-at "$(date +%F)T00:00:00" --reason 时钟有误
    status 3 request R2
    has "is kept until"
    status 2 as 'correct-horse 1' dispose request R2 --as wang
    [ -n "$(shilu log show --action login-failed)" ]
    status 0 shilu verify
}

@test "a sealed archive is rewritten without what was disposed of, and discs that hold it are named" {
    two_recordings
    record card/c.mp4 1 -metadata creation_time=2020-03-11T01:30:00Z
    shilu ingest card/c.mp4 >/dev/null
    echo 笔录 >note.txt
    shilu attach R1 note.txt >/dev/null
    disposers
    shilu tag R1 R2 R3 --case "$CASE" --reason 属于本案 >/dev/null
    shilu seal "$CASE" >/dev/null
    shilu disc image "$CASE" -o disc.iso >/dev/null
    shilu case close "$CASE" >/dev/null
    old=$(find "$V/archives" -name '*-v001.tar')
    old_sha256=$(sha256sum <"$old" | cut -d' ' -f1)
    kept=$(shilu show R2 --json | jq -r .sha256)
    shilu receipt R2 >r2.json
    status 0 request R1 R3
    status 0 approve X1 --json
    [ "$(jq -r '"\(.recordings) \(.discs[0]) \(.archives | length)"' <<<"$output")" = "2 D1 1" ]
    [ ! -e "$old" ]
    new=$(find "$V/archives" -name '*.tar')
    [[ $new == *-v002.tar ]]
    status 0 shilu list "$new" --json
    [ "$(jq -r .id <<<"$output")" = R2 ]
    tar -xf "$new"
    (cd ./*-v002 && sha256sum -c --quiet manifest-sha256.txt tagmanifest-sha256.txt)
    [ "$(jq -r .replaces.sha256 ./*-v002/index.json)" = "$old_sha256" ]
    [ "$(jq -r .previous.sha256 ./*-v002/index.json)" = "$old_sha256" ]
    status 0 "$SHILU" verify "$new"
    status 0 shilu verify r2.json # it is in the archive that stands for the old one
    has v002.tar
    status 0 shilu cat "$CASE" R2
    [ "$(shilu cat "$CASE" R2 | sha256sum | cut -d' ' -f1)" = "$kept" ]
    [ -z "$(find "$V/recordings" "$V/incoming" -type f ! -name '*.json')" ]
    status 0 shilu show A1
    has "replaced by"
    status 0 shilu show R1
    has "D1"
    status 0 shilu verify
    # nothing of the case is left
    status 0 request "$CASE"
    status 0 approve X2
    [ -z "$(find "$V/archives" -type f)" ]
    status 3 shilu seal "$CASE"
    has "disposed of"
    status 0 shilu case show "$CASE"
    status 0 shilu verify
    status 0 shilu verify disc.iso
    status 0 shilu catalog rebuild
    status 0 shilu verify
}

@test "what belongs to no case is sealed by month and team, and read, imaged, disposed of like a case's" {
    record card/a.mp4 1 -metadata creation_time=2020-03-31T15:59:59Z
    record card/b.mp4 1 -metadata creation_time=2020-03-31T16:00:00Z
    record card/c.mp4 1 -metadata creation_time=2020-03-10T01:30:00Z
    shilu collector set 0212000001 --name 张三 --team 二中队
    shilu collector set 0212000002 --name 李四 --team 三中队
    shilu ingest card/a.mp4 --collector 0212000001 >/dev/null
    shilu ingest card/b.mp4 --collector 0212000001 >/dev/null
    shilu ingest card/c.mp4 --collector 0212000002 >/dev/null
    status 2 shilu seal --unassigned
    status 2 shilu seal --unassigned --month 2020-13
    status 2 shilu seal --unassigned --month 2020-03 "$CASE"
    status 3 shilu seal --unassigned --month 2020-02
    status 0 shilu seal --unassigned --month 2020-03 --team 二中队 --json
    [ "$(jq -r .recordings <<<"$output")" = 1 ]
    tar=$(jq -r .archive <<<"$output")
    status 0 shilu seal --unassigned --month 2020-03 --json
    [ "$(jq -r .recordings <<<"$output")" = 1 ]
    tar -xOf "$tar" --wildcards '*/index.json' >index.json
    [ "$(jq -r '"\(.unassigned.month) \(.unassigned.team) \(.recordings[0].id)"' index.json)" = "2020-03 二中队 R1" ]
    status 0 shilu show A1 --json
    [ "$(jq -r .case <<<"$output")" = "unassigned 2020-03 二中队" ]
    status 0 shilu search --json
    [ "$(jq -r 'select(.state == "sealed").id' <<<"$output" | sort | tr '\n' ' ')" = "R1 R3 " ]
    status 0 shilu list A1
    status 0 shilu verify A1 "$tar"
    status 0 shilu disc image "unassigned 2020-03 二中队" -o disc.iso
    status 0 shilu verify disc.iso
    status 2 shilu case add "unassigned 2020-03"
    # one turns out to belong to a case
    shilu tag R1 --case "$CASE" --reason 属于本案
    status 0 shilu seal "$CASE" --json
    [ "$(jq -r .recordings <<<"$output")" = 1 ]
    # the other's time is over
    disposers
    status 0 request R3
    status 0 approve X1
    status 0 shilu verify
    status 0 shilu catalog rebuild
    status 0 shilu verify
}
