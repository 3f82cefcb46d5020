# What the command-line tests share. Each test gets a folder of its own and an empty vault in $V.
CASE='津西青综执〔2026〕12号'

shilu() { "$SHILU" -C "$V" "$@"; }

# record NAME SECONDS [ffmpeg options…]: a recording with picture and sound
record() {
    local name=$1 seconds=$2
    shift 2
    mkdir -p "$(dirname "$name")"
    ffmpeg -v error -nostdin -y -f lavfi -i "testsrc2=size=320x240:rate=10:duration=$seconds" \
        -f lavfi -i "sine=frequency=$((200 + RANDOM % 800)):duration=$seconds" \
        -map 0:v -map 1:a -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac \
        -metadata title="$RANDOM$RANDOM" "$@" "$name"
}

new_vault() {
    V=$BATS_TEST_TMPDIR/vault
    "$SHILU" init "$V" --unit 杨柳青镇综合行政执法局 >/dev/null
    shilu case add "$CASE" --procedure general --cause 占路经营 >/dev/null
}

# A vault with a case of three recordings.
new_case() {
    new_vault
    record "$BATS_TEST_TMPDIR/card/a.mp4" 2 -metadata creation_time=2026-03-09T01:30:00Z
    record "$BATS_TEST_TMPDIR/card/b.mkv" 1
    record "$BATS_TEST_TMPDIR/card/现场.ts" 1
    shilu ingest "$BATS_TEST_TMPDIR/card" --case "$CASE" --place 柳口路 \
        --purpose 证明占道经营事实 --collector 0212000001 >/dev/null
}

# status N COMMAND…: runs it and checks its exit status; output in $output
status() {
    local wanted=$1
    shift
    run "$@"
    [ "$status" -eq "$wanted" ] || {
        echo "exit $status, not $wanted: $*"
        echo "$output"
        return 1
    }
}

has() {
    [[ $output == *"$1"* ]] || {
        echo "\"$1\" is not in:"
        echo "$output"
        return 1
    }
}
