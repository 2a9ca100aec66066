"""What runs on a host: a shell program for bash or BusyBox's sh, sent over standard input (spec/hosts.md)."""

import shlex
from collections.abc import Sequence

MARK = "stagecraft: "
"""Begins every line the program prints."""

PATIENCE = 10
"""Seconds without a beat after which the host lets go."""

LOCK_FOLDERS = ("/run/lock", "/tmp")  # noqa: S108 - on the host; the last one is used whoever may write there
"""The first one that everyone may write to is where the lock lies."""

_PROGRAM = r"""
say() { printf 'stagecraft: %s\n' "$*"; }

facts() {
    say hello 1
    if ! printf 'x\n' | read -r -t 1 _ 2>/dev/null; then
        say unusable "there is no bash, and the time limit of read is missing in its sh"
        exit 1
    fi
    say user "$(id -un)"
    say system "$(uname -s)"
    say architecture "$(uname -m)"
    say clock "$(date +%s)"
    lock_folder
    say machine "$(cat /proc/sys/kernel/random/boot_id) $(stat -c %d:%i "$base/.")"
    if [ ! -S "$engine" ]; then say engine missing
    elif [ -w "$engine" ]; then say engine usable
    else say engine denied
    fi
    df_local=-Pkl # without network file systems, where df knows the difference
    df $df_local / >/dev/null 2>&1 || df_local=-Pk
    df $df_local 2>/dev/null | while read -r _ _ _ free _ mount; do say disk "$free" "$mount"; done
    for net in tcp tcp6 udp udp6; do
        while read -r _ address _ state _; do
            case $net$state in tcp*0A | udp*07) say port "$net" "$address" ;; esac
        done <"/proc/net/$net"
    done 2>/dev/null
    say ready
}

# The same file for every user of the host: the folder is chosen by what everyone may do, not by what I may.
lock_folder() {
    for base in $lock_folders; do
        case $(ls -ld "$base/." 2>/dev/null) in d???????w*) break ;; esac
    done
}

lock_file() {
    lock_folder
    (umask 0; mkdir -m 1777 "$base/stagecraft") 2>/dev/null
    file=$base/stagecraft/$1
    # Created exclusively, then opened without O_CREAT: fs.protected_regular forbids it on others' files.
    (umask 0; set -C; : >"$file") 2>/dev/null
    [ -f "$file" ] && [ ! -L "$file" ] && [ -r "$file" ]
}

take_lock() {
    command -v flock >/dev/null || { say unusable "there is no flock"; return; }
    while lock_file "$1"; do
        exec 9<"$file"
        if ! flock -n 9; then
            exec 9<&-
            say busy "$(cat "$(ls -t "$file".by-* 2>/dev/null | head -n 1)" 2>/dev/null | head -n 1)"
            return
        fi
        if [ "$file" -ef "/proc/$$/fd/9" ]; then
            (umask 022; printf '%s\n' "$2" >"$file.by-$(id -u)") 2>/dev/null
            say locked
            return
        fi
    done
    say unusable "the lock $file cannot be opened"
}

# End the sshd of this very connection, so that no forwarded request gets through any more: the first process
# above this one that is not of its session (sshd begins a new session for the command it runs).
hang_up() {
    pid=$$ session=
    while read -r stat <"/proc/$pid/stat"; do
        set -- ${stat##*) }
        [ "${session:=$4}" = "$4" ] || break
        pid=$2
    done
    read -r name <"/proc/$pid/comm"
    case $name in sshd* | dropbear*) kill -KILL "$pid" ;; esac
}

# One command, read to its end before it runs: what follows on standard input is the conversation.
main() {
    facts
    while IFS=' ' read -r -t "$patience" verb name note; do
        case $verb in
            beat) say beat "$name" ;;
            lock) take_lock "$name" "$note" ;;
            end) exec 9<&-; say bye; exit 0 ;;
        esac
    done
    hang_up 2>/dev/null
    exit 1
}
main
"""


def remote_program(
    engine: str, *, patience: float = PATIENCE, lock_folders: Sequence[str] = LOCK_FOLDERS
) -> str:
    """Return the program for a host whose engine listens at `engine`; `lock_folders` hold no spaces."""
    settings = {"engine": engine, "patience": f"{patience:g}", "lock_folders": " ".join(lock_folders)}
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in settings.items()) + _PROGRAM
