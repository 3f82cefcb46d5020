# bash completion for shilu(1)
_shilu() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local commands='init ingest probe tag attach search show case collector device seal list extract
        cat verify receipt log status backup catalog key disc hold retention dispose user'
    local tags='--case --place --purpose --collector --device --captured-at --maker --method --stage'
    local command= verb= i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -C) i=$((i + 1)) ;;
        -*) ;;
        *)
            if [ -z "$command" ]; then command=${COMP_WORDS[i]}; else verb=${verb:-${COMP_WORDS[i]}}; fi
            ;;
        esac
    done
    case $before in
    -C | -o | --output | --clearable | --receipts | --key | --keys | --against | --log | --proof | --ca | --request | --response)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --crypto)
        mapfile -t COMPREPLY < <(compgen -W 'ed25519 sm' -- "$word")
        return
        ;;
    --role)
        mapfile -t COMPREPLY < <(compgen -W \
            'officer supervisor reviewer archivist auditor sysadmin secadmin' -- "$word")
        return
        ;;
    --procedure)
        mapfile -t COMPREPLY < <(compgen -W 'simple general' -- "$word")
        return
        ;;
    --kind)
        local kinds='transcript note companion'
        [ "$command" = collector ] && kinds='officer auxiliary'
        mapfile -t COMPREPLY < <(compgen -W "$kinds" -- "$word")
        return
        ;;
    esac
    if [ -z "$command" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands -C --help --version" -- "$word")
        return
    fi
    local options=
    case $command in
    init) options='--unit --crypto --passphrase --json' ;;
    ingest) options="$tags --any --reread --clearable --receipts --quiet --json" ;;
    probe | show | list) options='--json' ;;
    seal) options='--unassigned --month --team --json' ;;
    tag) options="$tags --also --reason --json" ;;
    attach) options='--kind --json' ;;
    search) options='--case --collector --officer --device --from --to --near --untagged --limit --json' ;;
    extract) options='--output --json' ;;
    verify) options='--listed --sizes --key --keys --witness --seal --quick --percent --seed-day --since --budget --json' ;;
    receipt) options='--output --qr' ;;
    case)
        case $verb in
        '') options='add list show close' ;;
        add) options='--procedure --cause --party --json' ;;
        list) options='--open --json' ;;
        *) options='--json' ;;
        esac
        ;;
    collector)
        case $verb in
        '') options='set list' ;;
        set) options='--name --team --kind --valid-from --valid-to' ;;
        *) options='--json' ;;
        esac
        ;;
    device)
        case $verb in
        '') options='set list' ;;
        set) options='--make --model --note' ;;
        *) options='--json' ;;
        esac
        ;;
    log)
        case $verb in
        '') options='show checkpoint prove verify export anchor cosign add-cosignature' ;;
        show) options='--recording --case --subject --actor --action --from --to --limit --follow --json' ;;
        checkpoint) options='--backed' ;;
        anchor) options='--request --response' ;;
        cosign) options='--key --keys --proof --output --own-key' ;;
        prove) options='inclusion consistency --log --key' ;;
        verify) options='--key --against --witness --ca --json' ;;
        *) options= ;;
        esac
        ;;
    hold)
        case $verb in
        '') options='set lift list' ;;
        list) options='--all --json' ;;
        *) options='--reason' ;;
        esac
        ;;
    retention)
        case $verb in
        '') options='list preview confirm' ;;
        confirm) options= ;;
        *) options='--json' ;;
        esac
        ;;
    dispose)
        case $verb in
        '') options='request approve withdraw list' ;;
        list) options='--open --json' ;;
        approve) options='--as --reason --password-fd --clock-is-right --json' ;;
        *) options='--as --reason --password-fd --json' ;;
        esac
        ;;
    user)
        case $verb in
        '') options='add list role passwd disable enable' ;;
        add) options='--role --as --password-fd --new-password-fd' ;;
        passwd) options='--as --password-fd --new-password-fd' ;;
        list) options='--json' ;;
        *) options='--as --password-fd' ;;
        esac
        ;;
    backup) options='--json' ;;
    status) options='--since --json' ;;
    catalog)
        case $verb in
        '') options='check rebuild' ;;
        *) options='--json' ;;
        esac
        ;;
    key)
        case $verb in
        '') options='show export passphrase rotate replace' ;;
        show) options='--json' ;;
        export) options='--public' ;;
        passphrase) options='--remove' ;;
        rotate) options='--crypto --json' ;;
        replace) options='--reason --passphrase --json' ;;
        esac
        ;;
    disc)
        case $verb in
        '') options='image list' ;;
        image) options='--output --json' ;;
        *) options='--json' ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$word")
    case $word in
    -*) ;;
    *)
        local file
        while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$word")
        ;;
    esac
}
complete -o filenames -F _shilu shilu
