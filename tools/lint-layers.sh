#!/bin/bash
# lint-layers.sh: includes point downwards only (docs/architecture.md: the folders are the layers).
#
# Each row of the table says which folders of ours, and which libraries, the files of a folder may
# include. A folder is matched by its longest row; a row may also name one file, or the files that
# make one part of a folder (sessions/*redis*, sessions/vault*, menus/load*).
set -eu
cd "$(dirname "$0")/.."

find base menus merchants sessions gateway tests/smsc -name '*.[ch]' 2>/dev/null | sort | awk '
    function row(place, ours, libraries) { may[place] = " " ours " "; library[place] = " " libraries " " }
    function place_of(file,   part) {
        for (part = file; part != ""; )
            if (part in may) return part
            else if (!sub(/\/[^\/]*$/, "", part)) return ""
    }
    # The row word of a header of ours: its folder, or the file itself where the row allows only it.
    function allowed(words, header,   folder) {
        folder = header
        sub(/\/[^\/]*$/, "", folder)
        return index(words, " " folder " ") || index(words, " " header " ")
    }
    BEGIN {
        # layer 0
        row("base", "base", "")
        # layer 1: values
        row("menus", "base menus gateway/smpp/text.h", "")
        row("menus/load", "base menus gateway/smpp/text.h", "libconfig.h")
        row("merchants", "base merchants menus", "")
        row("gateway/smpp", "base gateway/smpp", "")
        row("gateway/smpp/lib.c", "base gateway/smpp", "libsmpp34")
        row("sessions", "base sessions merchants", "")
        row("sessions/vault", "base sessions", "openssl") # seals records; vault_keys.c reads and writes the keys file
        # layer 2: edges, which know nothing of each other
        row("sessions/redis", "base sessions", "hiredis event2")
        row("gateway/link", "base gateway/smpp gateway/link", "event2 openssl crypt.h")
        # layer 3: the conversation, to which everything outside is handed in
        row("gateway/turn", "base menus merchants sessions gateway/smpp gateway/turn", "")
        # beside it: its records, written in a thread
        row("gateway/cdr", "base sessions/vault.h gateway/turn/turn.h gateway/cdr", "openssl")
        # layer 4: the process
        row("gateway", "base menus merchants sessions gateway/smpp gateway/link gateway/turn gateway/cdr gateway/admin gateway", "event2 libconfig.h openssl jansson.h")
        row("gateway/admin", "base menus merchants sessions gateway/smpp gateway/link gateway/turn gateway/cdr gateway/admin gateway", "event2 jansson.h openssl crypt.h")
        row("gateway/ctl", "base menus merchants sessions gateway/turn gateway/cdr gateway/ctl gateway", "event2 curl jansson.h libconfig.h openssl")
        # the simulated centre: a codec of its own, so that two codecs that agree are evidence
        row("tests/smsc", "base tests/smsc", "event2")
        third_party = "^(event2|hiredis|libconfig\\.h|libsmpp34|curl|openssl|jansson\\.h|crypt\\.h)"
    }
    {
        file = $0
        place = place_of(file)
        if (file ~ /^sessions\/.*redis/) place = "sessions/redis"
        if (file ~ /^sessions\/vault/) place = "sessions/vault"
        if (file ~ /^menus\/load/) place = "menus/load"
        number = 0
        while ((getline line < file) > 0) {
            number++
            if (line !~ /^#[ \t]*include/) continue
            if (match(line, /"[^"]*"/)) {
                header = substr(line, RSTART + 1, RLENGTH - 2)
                if (!allowed(may[place], header)) fault(header)
            } else if (match(line, /<[^>]*>/)) {
                header = substr(line, RSTART + 1, RLENGTH - 2)
                word = header
                sub(/\/.*/, "", word)
                if (header ~ third_party && !index(library[place], " " word " ") &&
                    !index(library[place], " " header " ")) fault(header)
            }
        }
        close(file)
    }
    function fault(header) {
        printf "%s:%d: %s may not include %s\n", file, number, place == "" ? "a file outside the layers" : place, header
        faults++
    }
    END { exit faults > 0 }'
