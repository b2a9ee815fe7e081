#!/bin/sh
# Installs the Fairlead agent. On standard input: the join string, then, a line each, what HTTPS_PROXY, HTTP_PROXY and
# NO_PROXY are in the shell of whoever installs; sudo drops those, and in arguments anybody could read them. Run again to
# repair; `--uninstall` removes the agent and nothing of yours.
set -eu

prefix=${FAIRLEAD_PREFIX:-/opt/fairlead}
state=${FAIRLEAD_STATE_DIR:-/var/lib/fairlead}
unset FAIRLEAD_PREFIX
unit=/etc/systemd/system/fairlead-agent.service

fail() { echo "fairlead: $1" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "run this as root (sudo sh)."

if [ "${1:-}" = --uninstall ]; then
  if [ -f "$unit" ]; then systemctl disable --now fairlead-agent 2>/dev/null || true; rm -f "$unit"; fi
  rm -rf "$prefix" "$state"
  echo "fairlead: removed $prefix, $state and the service. Containers and your files were not touched."
  exit 0
fi

[ "$(uname -m)" = "@NODE_ARCH@" ] || fail "this hub serves an agent for @NODE_ARCH@; this machine is $(uname -m)."
join= https= http= except=
{ IFS= read -r join && IFS= read -r https && IFS= read -r http && IFS= read -r except; } || true
case "$join" in flj1.*.*.*.*) ;; *) fail "no join string on standard input; paste the whole line from the console." ;; esac
hub=$(printf %s "$join" | cut -d. -f5 | tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | base64 -d) || fail "the join string is damaged; paste the whole line again."

# They go into files that systemd and a shell read, and are never repeated: they may hold a password.
carry() {
  if printf %s "$2" | LC_ALL=C grep -q '[^]A-Za-z0-9._~:/?#@!$&()*+,;=%[-]'; then
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

if command -v curl >/dev/null 2>&1; then fetch() { curl -fsSLk "$1" -o "$2"; }
elif command -v wget >/dev/null 2>&1; then fetch() { wget -q --no-check-certificate "$1" -O "$2"; }
else fail "neither curl nor wget is here; install one of them."; fi

# What TLS cannot promise here, the hashes do: they came with this script, whose own hash was in the line.
get() {
  fetch "$hub/dl/$1" "$2.new" || fail "could not fetch $hub/dl/$1; can this machine reach the hub?"
  echo "$3  $2.new" | sha256sum -c - >/dev/null 2>&1 || { rm -f "$2.new"; fail "$1 is not what the hub's line promised; nothing was installed."; }
  mv -f "$2.new" "$2"
}
mkdir -p "$prefix"
get node "$prefix/node" @NODE_SHA256@
get agent.cjs "$prefix/agent.cjs" @AGENT_SHA256@
chmod 755 "$prefix/node"
rm -f "$prefix/proxy.env"
[ -z "$proxies" ] || (umask 077; printf %s "$proxies" > "$prefix/proxy.env")
cat > "$prefix/fairlead-agent" <<WRAPPER
#!/bin/sh
export FAIRLEAD_STATE_DIR="\${FAIRLEAD_STATE_DIR:-$state}"
# What the service has, for whoever may read it and says nothing else.
if [ -z "\${HTTPS_PROXY:-}\${https_proxy:-}\${HTTP_PROXY:-}\${http_proxy:-}" ] && [ -r "$prefix/proxy.env" ]; then
  while IFS= read -r said; do export "\$said"; done < "$prefix/proxy.env"
fi
exec "$prefix/node" "$prefix/agent.cjs" "\$@"
WRAPPER
chmod 755 "$prefix/fairlead-agent"
"$prefix/fairlead-agent" --version >/dev/null || fail "the agent does not start here; its output is above."
# Two that are online with one key are a machine and its copy to the hub: an agent that runs makes room for its own enrolment.
ran=
if command -v systemctl >/dev/null 2>&1 && systemctl is-active --quiet fairlead-agent; then
  ran=1
  systemctl stop fairlead-agent
fi
if ! printf %s "$join" | "$prefix/fairlead-agent" enrol; then
  [ -z "$ran" ] || systemctl start fairlead-agent
  fail "not enrolled; the reason is above.${ran:+ The agent that was here runs on.}"
fi

if [ -d /run/systemd/system ]; then
  cat > "$unit" <<UNIT
[Unit]
Description=Fairlead agent
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=$prefix/node --max-semi-space-size=1 $prefix/agent.cjs run
Environment=FAIRLEAD_STATE_DIR=$state
EnvironmentFile=-$prefix/proxy.env
Environment=MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=65536
Restart=always
RestartSec=2
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=$state
PrivateTmp=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
MemoryHigh=96M
MemoryMax=256M

[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable --now fairlead-agent
  systemctl restart fairlead-agent
  echo "fairlead: the agent runs; see it in the console. Log: journalctl -u fairlead-agent"
else
  echo "fairlead: enrolled. No systemd here; run the agent in the foreground with: $prefix/fairlead-agent run"
fi
