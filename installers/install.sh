#!/bin/sh
# Installs the Fairlead agent: join string on standard input, nothing else to say. Run again to repair; `--uninstall` removes
# the agent and nothing of yours.
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
join=$(cat)
case "$join" in flj1.*.*.*.*) ;; *) fail "no join string on standard input; paste the whole line from the console." ;; esac
hub=$(printf %s "$join" | cut -d. -f5 | tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | base64 -d) || fail "the join string is damaged; paste the whole line again."

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
printf '#!/bin/sh\nexport FAIRLEAD_STATE_DIR="${FAIRLEAD_STATE_DIR:-%s}"\nexec %s/node %s/agent.cjs "$@"\n' "$state" "$prefix" "$prefix" > "$prefix/fairlead-agent"
chmod 755 "$prefix/fairlead-agent"
"$prefix/fairlead-agent" --version >/dev/null || fail "the agent does not start here; its output is above."
printf %s "$join" | "$prefix/fairlead-agent" enrol

if [ -d /run/systemd/system ]; then
  cat > "$unit" <<UNIT
[Unit]
Description=Fairlead agent
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=$prefix/node --max-semi-space-size=1 $prefix/agent.cjs run
Environment=FAIRLEAD_STATE_DIR=$state
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
