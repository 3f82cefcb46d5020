#!/usr/bin/env bats
# Intake on the command line: what is taken, what is refused, what may be cleared.
load common

setup() {
    new_vault
    card=$BATS_TEST_TMPDIR/card
    mkdir -p "$card"
}

@test "the same bytes again are a duplicate with the first id, also under another name" {
    record "$card/a.mp4" 1
    status 0 shilu ingest "$card" --json
    id=$(jq -r .id <<<"$output")
    cp "$card/a.mp4" "$card/b.mov"
    status 0 shilu ingest "$card" --json
    [ "$(jq -r .outcome <<<"$output" | sort -u)" = duplicate ]
    [ "$(jq -r .id <<<"$output" | sort -u)" = "$id" ]
}

@test "text, empty files, links, FIFOs and devices are refused and named; nothing of them is kept" {
    echo hello >"$card/notes.txt"
    : >"$card/empty.mp4"
    ln -s /etc/passwd "$card/link.mp4"
    mkfifo "$card/fifo.mp4"
    for name in notes.txt empty.mp4 link.mp4 fifo.mp4; do
        status 1 shilu ingest "$card/$name" --json
        [ "$(jq -r .outcome <<<"$output")" = refused ]
        [ "$(jq -r .reason <<<"$output")" != null ]
    done
    status 1 timeout 20 "$SHILU" -C "$V" ingest "$card"
    status 1 shilu ingest /dev/null
    [ -z "$(find "$V/recordings" "$V/incoming" -type f)" ]
    status 0 shilu verify
}

@test "--any takes what is no recording" {
    echo hello >"$card/notes.txt"
    : >"$card/empty"
    status 0 shilu ingest "$card" --any --json
    [ "$(grep -c accepted <<<"$output")" = 2 ]
    status 0 shilu verify
}

@test "a damaged recording is evidence too" {
    record "$card/whole.mp4" 3
    head -c 20000 "$card/whole.mp4" >"$card/cut.mp4"
    head -c 5000 /dev/urandom >"$card/noise.avi"
    status 0 shilu ingest "$card" --json
    [ "$(grep -c '"outcome":"accepted"' <<<"$output")" = 3 ]
    [ "$(jq -r 'select(.file | endswith("cut.mp4")) | .warnings[0]' <<<"$output")" != null ]
    status 0 shilu verify
}

@test "names of any bytes are kept and shown safely" {
    record "$card/x.mp4" 1
    cp "$card/x.mp4" "$card/y.mp4" && printf 1 >>"$card/y.mp4"
    mv "$card/x.mp4" "$card"/$'new\nline \e[31m.mp4'
    mv "$card/y.mp4" "$card"/$'bad\xff\xfe.mp4'
    status 0 shilu ingest "$card"
    [[ $output != *$'\e'* ]]
    status 0 shilu search --json
    names=$(jq -r .name <<<"$output")
    [[ $names == *'\x0A'* && $names == *'\xFF'* && $names == *'\x1B'* ]]
    status 0 shilu search
    has '\x1B[31m'
    [[ $output != *'\x5C'* ]]
    status 3 shilu seal "$CASE" # none of them has the case
    status 0 shilu verify
}

@test "what may be cleared is listed, and only that" {
    record "$card/a.mp4" 1
    echo no >"$card/readme.txt"
    status 1 shilu ingest "$card" --clearable "$BATS_TEST_TMPDIR/list"
    [ "$(cat "$BATS_TEST_TMPDIR/list")" = "$card/a.mp4" ]
    has "NOT held"
    status 1 shilu ingest "$card/readme.txt"
    has "Nothing may be cleared"
    [ -e "$card/a.mp4" ]
}

@test "a companion goes with its recording" {
    record "$card/a.mp4" 1
    printf '$GPRMC,013000.00,A,3907.542,N,11658.944,E,0.0,0.0,090326,,,A*5E\n' >"$card/a.nmea"
    echo alone >"$card/other.log"
    status 1 shilu ingest "$card" --json
    [ "$(jq -r 'select(.file | endswith("other.log")) | .outcome' <<<"$output")" = refused ]
    status 0 shilu show R1 --json
    [ "$(jq -r '.attachments | length' <<<"$output")" = 1 ]
    status 0 shilu search --near 39.1257,116.9824,1 --json
    [ "$(jq -r .id <<<"$output")" = R1 ]
    status 0 shilu verify
}

@test "the time of capture without a zone takes the vault's, and what is given wins" {
    record "$card/DSJ_X_20260309093000.mp4" 1
    status 0 shilu ingest "$card" --captured-at '2026-03-09 09:31' --json
    [ "$(jq -r .captured_at <<<"$output")" = 2026-03-09T09:31:00+08:00 ]
}

@test "two ingests at once of the same files: all there once" {
    for i in 1 2 3 4 5 6; do record "$card/$i.mp4" 1; done
    shilu ingest "$card" --json >"$BATS_TEST_TMPDIR/one" &
    shilu ingest "$card" --json >"$BATS_TEST_TMPDIR/two" &
    wait %1
    wait %2
    [ "$(cat "$BATS_TEST_TMPDIR"/one "$BATS_TEST_TMPDIR"/two | grep -c '"outcome":"accepted"')" = 6 ]
    [ "$(cat "$BATS_TEST_TMPDIR"/one "$BATS_TEST_TMPDIR"/two | grep -c '"outcome":"duplicate"')" = 6 ]
    status 0 shilu verify
}

@test "--reread finds nothing wrong with sound files" {
    record "$card/a.mp4" 1
    status 0 shilu ingest "$card" --reread
}

@test "a folder and a file in it are taken once" {
    record "$card/DCIM/100/a.mp4" 1
    status 0 shilu ingest "$card" "$card/DCIM/100/a.mp4" --json
    [ "$(grep -c accepted <<<"$output")" = 1 ]
    [ "$(wc -l <<<"$output")" = 1 ]
}

@test "what the vault holds is neither taken in again, nor attached, nor listed as clearable" {
    record "$card/a.mp4" 1
    status 0 shilu ingest "$card"
    status 1 shilu ingest "$V/recordings" --clearable "$BATS_TEST_TMPDIR/list"
    [ ! -s "$BATS_TEST_TMPDIR/list" ]
    status 1 shilu ingest "$V"/recordings/*/*.mp4 --json
    [ "$(jq -r .reason <<<"$output")" = "the vault itself" ]
    status 1 shilu ingest "$V/keys" --any
    status 2 shilu attach R1 "$V/keys/signing.pem"
    status 0 shilu attach R1 "$BATS_TEST_FILENAME"
    status 0 shilu verify
}

@test "a duplicate whose held bytes are damaged is said, mended and only then clearable" {
    record "$card/a.mp4" 1
    status 0 shilu ingest "$card" --case "$CASE"
    held=$(ls "$V"/recordings/*/*.mp4)
    chmod u+w "$held"
    printf '\xff\x00\xff' | dd of="$held" bs=1 seek=3000 conv=notrunc status=none
    status 1 shilu seal "$CASE"
    status 0 shilu ingest "$card" --quiet
    has "restored from this file"
    cmp "$card/a.mp4" "$held"
    status 0 shilu seal "$CASE"
    rm "$V"/archives/*/*/*.tar
    status 1 shilu ingest "$card" --json
    [ "$(jq -r .outcome <<<"$output")" = duplicate ]
    [[ $(jq -r .reason <<<"$output") == *"missing or damaged"* ]]
    cmp "$card/a.mp4" "$held"
    status 0 shilu ingest "$card"
    status 1 shilu verify # of the archive
}

@test "the clearable list is checked before anything is read, and names files as tools take them" {
    record "$card/a b.mp4" 1
    cp "$card/a b.mp4" "$card"/$'esc\x1b\xff.mp4'
    cp "$card/a b.mp4" "$card"/$'line\nfeed.mp4'
    status 3 shilu ingest "$card" --clearable "$BATS_TEST_TMPDIR/nowhere/list"
    status 0 shilu search --json
    [ -z "$output" ]
    status 2 shilu ingest "$card" --clearable "$card"
    cd "$card/.."
    status 0 shilu ingest card --clearable list
    has "line breaks"
    [ "$(wc -l <list)" = 2 ]
    while IFS= read -r name; do
        [ "${name:0:1}" = / ]
        rm "$name"
    done <list
    [ "$(ls -A card | wc -l)" = 2 ] # the one with the line break
}

@test "what is refused is not counted as kept, and its reason is said once" {
    head -c 4000 /dev/urandom >"$card/noise.txt"
    head -c 4000 /dev/urandom >"$card/noise.mp4"
    status 1 shilu ingest "$card"
    has "To be looked at: 1 "
    [ "$(grep -c "known as sound or picture (nothing" <<<"$output")" = 0 ]
}

@test "many at once on one vault are all right" {
    for i in $(seq 8); do
        mkdir -p "$BATS_TEST_TMPDIR/at-once/$i"
        for j in 1 2 3; do
            ffmpeg -v error -nostdin -f lavfi -i "anoisesrc=duration=0.2:seed=$i$j" \
                "$BATS_TEST_TMPDIR/at-once/$i/$j.wav"
        done
    done
    for i in $(seq 8); do
        (shilu ingest -q "$BATS_TEST_TMPDIR/at-once/$i" >"$BATS_TEST_TMPDIR/at-once/$i.out" 2>&1
            echo $? >"$BATS_TEST_TMPDIR/at-once/$i.rc") 3>&- &
    done
    wait
    [ "$(sort -u "$BATS_TEST_TMPDIR"/at-once/*.rc)" = 0 ] || { cat "$BATS_TEST_TMPDIR"/at-once/*.out; false; }
    [ "$(shilu search --limit 100 --json | wc -l)" -ge 24 ]
    status 0 shilu verify
}

@test "a run that ends early never says that the device may be cleared" {
    mkdir -p "$BATS_TEST_TMPDIR/early"
    for i in 1 2 3; do
        ffmpeg -v error -nostdin -f lavfi -i "anoisesrc=duration=0.2:seed=7$i" "$BATS_TEST_TMPDIR/early/$i.wav"
    done
    ffmpeg -v error -nostdin -f lavfi -i "anoisesrc=duration=20:seed=79" "$BATS_TEST_TMPDIR/early/4.wav"
    status 3 bash -c "trap '' XFSZ; ulimit -f 512; '$SHILU' -C '$V' ingest '$BATS_TEST_TMPDIR/early'"
    has "NOT COMPLETE"
    [[ $output != *"may be cleared"* ]]
    status 0 shilu ingest "$BATS_TEST_TMPDIR/early"
    has "All 4 files"
}
