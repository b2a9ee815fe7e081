#!/bin/sh
# Installs the Fairlead agent. On standard input: the join string, then, a line each, what HTTPS_PROXY, HTTP_PROXY and
# NO_PROXY are in the shell of whoever installs; sudo drops those, and in arguments anybody could read them. Run again to
# repair or upgrade. `--least-privilege`: as root, the agent gets an account of its own. `--uninstall` removes the agent and
# nothing of yours. Without root all of it lies in the home of whoever runs it. `--container`: as a container of this host's engine,
# on an image of `--base`, with each `--folder` under its own name.
set -eu
umask 022

# What the hub serves, "sha256  name" each. This script came with a hash of its own in the line: the chain begins there.
files='
@FILES@
'

fail() { echo "fairlead: $1" >&2; exit 1; }
note() { echo "fairlead: $1"; }
# What is in the way, and what mends it.
blocked() { printf 'fairlead: blocked (%s): %s\nfairlead: fix: %s\n' "$1" "$2" "$3" >&2; exit 1; }
warn() { printf 'fairlead: %s: %s\nfairlead: fix: %s\n' "$1" "$2" "$3" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
hash_of() { printf '%s\n' "$files" | sed -n "s/^\([0-9a-f]\{64\}\)  $1\$/\1/p"; }

@CONTAINER@

least=
uninstall=
container=
base=debian:trixie-slim
folders=
[ ! -d /opt/stacks ] || folders=/opt/stacks
while [ $# -gt 0 ]; do
  case "$1" in
    --least-privilege) least=1 ;;
    --uninstall) uninstall=1 ;;
    --container) container=1 ;;
    --base)
      base=${2:-}
      [ -n "$base" ] || fail "behind --base belongs the name of an image."
      shift
      ;;
    --folder)
      [ -d "${2:-}" ] || fail "behind --folder belongs a folder that is there, with compose files."
      folders="$folders $2"
      shift
      ;;
    *) fail "\"$1\" is no option; there are --least-privilege, --container (with --base IMAGE, --folder FOLDER) and --uninstall." ;;
  esac
  shift
done

@PLACES@

# What removes all of it, also when this script is gone.
remover() {
  printf '#!/bin/sh\nset -eu\nFAIRLEAD_PREFIX="%s" FAIRLEAD_STATE_DIR="%s" least= container= folders=\n' "$prefix" "$state"
  cat <<'REMOVER'
fail() { echo "fairlead: $1" >&2; exit 1; }
note() { echo "fairlead: $1"; }
has() { command -v "$1" >/dev/null 2>&1; }
@PLACES@
@UNINSTALL@
REMOVER
}
[ -z "$uninstall" ] || exec sh -c "$(remover)"

# From the file and not from the agent: it may be what is broken.
enrolled_with() { sed -n 's/.*"address":"\(http[^"]*\)".*/\1/p' "$state/hub.json" 2>/dev/null || true; }

join= https= http= except=
if [ ! -t 0 ]; then { IFS= read -r join && IFS= read -r https && IFS= read -r http && IFS= read -r except; } || true; fi
case "$join" in
  flj1.*.*.*.*)
    hub=$(printf %s "$join" | cut -d. -f5 | tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | base64 -d) || fail "the join string is damaged; paste the whole line again."
    ;;
  *)
    hub=
    [ -n "$join" ] || hub=$(enrolled_with)
    [ -n "$hub" ] || fail "no join string on standard input; paste the whole line from the console."
    # What the service has already stays: nobody said otherwise.
    if [ -r "$prefix/proxy.env" ]; then
      https=$(sed -n 's/^HTTPS_PROXY=//p' "$prefix/proxy.env")
      http=$(sed -n 's/^HTTP_PROXY=//p' "$prefix/proxy.env")
      except=$(sed -n 's/^NO_PROXY=//p' "$prefix/proxy.env")
    fi
    ;;
esac
host=$(printf %s "$hub" | sed 's,^[a-z]*://,,; s,/.*,,')
name=$(printf %s "$host" | sed 's,:[0-9]*$,,; s,^\[\(.*\)\]$,\1,')

# They go into files that systemd and a shell read, and are never repeated: they may hold a password.
carry() {
  if ! one_line "$2" || printf %s "$2" | LC_ALL=C grep -q '[^]A-Za-z0-9._~:/?#@!$&()*+,;=%[-]'; then
    fail "$1 holds a character that belongs in no such setting (percent-encode those of a password); nothing was installed."
  fi
  [ -z "$2" ] || proxies="$proxies$1=$2
"
}
proxies=
except=$(printf %s "$except" | tr -d ' ')
carry HTTPS_PROXY "$https"
carry HTTP_PROXY "$http"
carry NO_PROXY "$except"
# For curl, wget and the agent here; curl takes the plain one in small letters alone.
[ -z "$https" ] || export HTTPS_PROXY="$https" https_proxy="$https"
[ -z "$http" ] || export HTTP_PROXY="$http" http_proxy="$http"
[ -z "$except" ] || export NO_PROXY="$except" no_proxy="$except"

# What this machine is.
machine=$(uname -m)
case "$machine" in
  x86_64 | amd64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) arch=other ;;
esac
c_library=unknown
if said=$(getconf GNU_LIBC_VERSION 2>/dev/null); then c_library=$said
elif ls /lib/ld-musl-* >/dev/null 2>&1; then c_library=musl
elif has ldd; then c_library="glibc $(ldd --version 2>/dev/null | sed -n '1s/.* //p')"
fi
# From 2.28 on.
new_enough() {
  case "$c_library" in
    glibc\ *) printf '%s\n' "${c_library#glibc }" | awk -F. '{ exit !($1 > 2 || $1 == 2 && $2 >= 28) }' ;;
    *) return 1 ;;
  esac
}
has_library() {
  for folder in /lib /usr/lib /lib64 /usr/lib64 /lib/*-linux-gnu /usr/lib/*-linux-gnu; do [ ! -e "$folder/$1" ] || return 0; done
  return 1
}
own_node() { has node && node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 13) ? 0 : 1)' 2>/dev/null; }

program=fairlead-agent-linux-$arch
kind=
if [ -n "$container" ]; then
  kind=program
  [ -n "$(hash_of "$program")" ] || blocked architecture "this hub serves no agent for $machine" "run \"npm run build:agent\" on the hub."
elif new_enough && has_library libstdc++.so.6; then
  if [ -n "$(hash_of "$program")" ]; then kind=program
  elif own_node; then kind=own-node
  elif [ -n "$(hash_of "node-$arch")" ]; then kind=hub-node
  else blocked architecture "this hub serves no agent for $machine" "run \"npm run build:agent\" on the hub, or install Node 22.13 or newer here and run this again."
  fi
elif own_node; then kind=own-node
elif [ "$c_library" = musl ]; then blocked "C library" "musl, and no Node 22.13 or newer" "apk add nodejs, and run this again; or run the agent as a container."
elif ! new_enough; then blocked "C library" "$c_library; the agent wants glibc 2.28 or newer" "install Node 22.13 or newer (an unofficial build for this system will do), and run this again; or run the agent as a container."
else blocked libraries "libstdc++.so.6 is missing" "apt-get install libstdc++6 (dnf install libstdc++), and run this again."
fi

# What is fetched: 30 MB packed, 110 on disk, and as much again while the old one is still there.
room=$prefix
while [ ! -d "$room" ]; do room=$(dirname "$room"); done
free=$(df -Pk "$room" 2>/dev/null | awk 'NR == 2 { print $4 }')
[ "${free:-999999}" -ge 260000 ] || blocked disk "$((free / 1024)) MB are free in $room; 254 are wanted" "make room there, or set FAIRLEAD_PREFIX to another folder."
if [ -n "$container" ]; then :
elif ! mkdir -p "$prefix" "$state" 2>/dev/null || [ ! -w "$prefix" ] || [ ! -w "$state" ]; then
  blocked disk "$prefix or $state cannot be written" "is the file system mounted read-only, or is this not root? FAIRLEAD_PREFIX and FAIRLEAD_STATE_DIR name other folders."
fi
next=$prefix/next
[ -n "$container" ] || trap 'rm -rf "$next"' EXIT
rm -rf "$next"
mkdir "$next"

@FETCH@
if [ -n "$container" ]; then
  # Its engine reads them from here, and no argument has a password.
  (umask 077; printf %s "$proxies" > "$next/env")
  run_container
  exit 0
fi
case "$kind" in
  program) get_program ;;
  *)
    get agent.cjs
    if [ "$kind" = hub-node ] && ! same "$prefix/node" "$(hash_of "node-$arch")"; then
      get "node-$arch"
      mv "$next/node-$arch" "$next/node"
      chmod 755 "$next/node"
    fi
    ;;
esac
if [ -f "$next/head" ]; then
  there=$(date -d "$(sed -n 's/^[Dd]ate: *//p' "$next/head" | tr -d '\r' | tail -n 1)" +%s 2>/dev/null || true)
  here=$(date +%s)
  if [ -n "$there" ] && { [ "$((here - there))" -gt 300 ] || [ "$((there - here))" -gt 300 ]; }; then
    warn clock "this machine's clock is $((here - there)) s from the hub's; figures and logs will be misplaced" "timedatectl set-ntp true, or set the time by hand."
  fi
fi

# How it is started from a folder; what is not new there lies in the old one.
from() { if [ -f "$1/$2" ]; then printf %s "$1/$2"; else printf %s "$prefix/$2"; fi; }
# The same for every way to start it: where its state is, what its shell's proxies were, and which program it is by now.
wrapper() {
  case "$kind" in
    program) runtime= main=$(from "$1" agent) ;;
    own-node) runtime=$(command -v node) main=$(from "$1" agent.cjs) ;;
    hub-node) runtime=$(from "$1" node) main=$(from "$1" agent.cjs) ;;
  esac
  printf '#!/bin/sh\nprefix="%s" state="%s" node="%s" installed="%s"\n' "$prefix" "$state" "$runtime" "$main"
  cat <<'STARTER'
@STARTER@
STARTER
}
# Tried where it lies, before anything of an agent that works is replaced.
wrapper "$next" > "$next/fairlead-agent"
# With no state: what is there may be an update, and that is not what is tried.
version=$(FAIRLEAD_STATE_DIR="$next" sh "$next/fairlead-agent" --version) || blocked start "the agent does not start here; its own words are above" "is $prefix on a file system that lets programs run (mount option noexec)?"

chosen=root
[ -n "$root" ] || chosen=$(id -un)
made=
if [ -n "$least" ]; then
  chosen=$account
  if ! id "$account" >/dev/null 2>&1; then
    if has useradd; then useradd --system --no-create-home --home-dir "$state" --shell /usr/sbin/nologin "$account"
    elif has adduser; then adduser -S -D -H -h "$state" -s /sbin/nologin "$account"
    else blocked tools "neither useradd nor adduser is here" "make an account called $account, and run this again."
    fi
    made=account
  elif [ -f "$prefix/$mark" ]; then made=$(cat "$prefix/$mark")
  fi
  for group in docker podman; do
    if grep -q "^$group:" /etc/group; then
      if has usermod; then usermod -aG "$group" "$account"; else addgroup "$account" "$group"; fi
    fi
  done
fi

# Two that are online with one key are a machine and its copy to the hub: an agent that runs makes room for its own enrolment.
ran=
if service_runs; then
  ran=1
  stop_service
fi
wrapper "$prefix" > "$next/fairlead-agent"
remover > "$next/uninstall"
chmod 755 "$next/fairlead-agent" "$next/uninstall"
for file in agent node agent.cjs fairlead-agent uninstall; do [ ! -f "$next/$file" ] || mv -f "$next/$file" "$prefix/$file"; done
case "$kind" in
  program) rm -f "$prefix/node" "$prefix/agent.cjs" ;;
  own-node) rm -f "$prefix/node" "$prefix/agent" ;;
  hub-node) rm -f "$prefix/agent" ;;
esac
# Root's own while root writes there: an account that had it may have laid links, or begin to.
theirs=
if [ -n "$root" ] && [ ! -O "$state/." ]; then
  theirs=1
  chown 0:0 "$state/."
fi
chmod 700 "$state"
# What is installed by hand wins over what came as an update.
rm -rf "$state/programs" "${state:?}/$mark"
printf '%s\n' "$made" > "$prefix/$mark"
: > "$state/$mark"
rm -f "$prefix/proxy.env"
[ -z "$proxies" ] || (umask 077; printf %s "$proxies" > "$prefix/proxy.env")
if [ "$chosen" = "$account" ] && [ -n "$root" ]; then
  [ ! -f "$prefix/proxy.env" ] || chown "$account" "$prefix/proxy.env"
  # All of it, where nobody but root could have laid a link in it. The folder last: from then on it is theirs.
  if [ -z "$theirs" ]; then chown -hR "$account" "$state/."; else chown -h "$account" "$state"/* "$state"/.[!.]* 2>/dev/null || true; fi
  chown "$account" "$state/."
  agent() { su -s /bin/sh "$account" -c 'exec "$0" "$@"' "$prefix/fairlead-agent" "$@"; }
else
  [ -z "$root" ] || chown -hR 0:0 "$state"
  agent() { "$prefix/fairlead-agent" "$@"; }
fi
if [ -n "$join" ] && ! printf %s "$join" | agent enrol; then
  if [ "$(enrolled_with)" = "$hub" ]; then note "this line lets nobody in any more (why is above); the host stays enrolled as it was."
  else
    [ -z "$ran" ] || start_service
    fail "not enrolled; the reason is above.${ran:+ The agent that was here runs on.}"
  fi
fi

# What it finds here.
engines=
for socket in /var/run/docker.sock /run/podman/podman.sock "/run/user/$(id -u)/docker.sock" "/run/user/$(id -u)/podman/podman.sock"; do
  [ -S "$socket" ] || continue
  engines=$socket
  if [ -z "$root" ] && [ ! -w "$socket" ]; then
    warn "blocked (socket)" "$socket is closed to $(id -un)" "sudo usermod -aG $(stat -c %G "$socket") $(id -un), then log in again; whoever may use that socket is as good as root."
  fi
done
[ -n "$engines" ] || note "no Docker or Podman answers here: the console shows the host alone. Once there is one, restart the agent."
[ ! -d /etc/pve ] || note "this is a Proxmox VE host$(pveversion 2>/dev/null | sed -n 's,^pve-manager/\([^/]*\)/.*, \1,p')."

settings() {
  sed -e "s,@PREFIX@,$prefix,g" -e "s,@STATE@,$state,g" -e "s,@TARGET@,$target,g" -e "s,@ACCOUNT@,$chosen,g"
}
case "$init" in
  systemd)
    mkdir -p "$units"
    # An account of a person is no account for a unit of that person: systemd runs those as it already.
    settings <<'UNIT' | if [ -n "$root" ]; then cat; else sed -E '/^(User|CapabilityBoundingSet|AmbientCapabilities|Protect[A-Za-z]*|Private[A-Za-z]*|Restrict[A-Z][A-Za-z]*|ReadWritePaths|SystemCall[A-Za-z]*|LockPersonality|RemoveIPC)=/d'; fi > "$unit"
@UNIT@
UNIT
    # Root needs them for sockets and folders of other accounts; an account of its own is to have none.
    if [ -n "$least" ]; then sed -i 's/^CapabilityBoundingSet=.*/CapabilityBoundingSet=/' "$unit"; fi
    service daemon-reload
    service enable fairlead-agent >/dev/null 2>&1
    service restart fairlead-agent
    whose=; [ -n "$root" ] || whose=' --user'
    note "the agent $version runs; see it in the console. Log: journalctl$whose -u fairlead-agent"
    if [ -z "$root" ] && [ ! -e "/var/lib/systemd/linger/$(id -un)" ]; then
      warn "note" "it ends when you log out" "sudo loginctl enable-linger $(id -un)"
    fi
    ;;
  openrc)
    settings <<'OPENRC' > "$openrc"
@OPENRC@
OPENRC
    chmod 755 "$openrc"
    rc-update add fairlead-agent default >/dev/null
    rc-service fairlead-agent restart >/dev/null 2>&1 || rc-service fairlead-agent start
    note "the agent $version runs; see it in the console. Log: /var/log/fairlead-agent.log"
    ;;
  *)
    why="No systemd or OpenRC runs here"
    if [ -z "$root" ] && [ -d /run/systemd/system ]; then why="No user manager of systemd answers $(id -un) here (libpam-systemd, and a login of its own, bring one)"; fi
    note "enrolled. $why; run the agent in the foreground with: $prefix/fairlead-agent run"
    ;;
esac
if [ -n "$root" ] && [ "$prefix" = /opt/fairlead ] && [ -d /usr/local/bin ] && { [ ! -e "$command" ] || [ -L "$command" ]; }; then ln -sf "$prefix/fairlead-agent" "$command"; fi
