# A part of install.sh, and of what it leaves behind to remove it: where all of it lies, and what starts services.
account=fairlead
if [ "$(id -u)" = 0 ]; then
  root=1
  prefix=${FAIRLEAD_PREFIX:-/opt/fairlead}
  state=${FAIRLEAD_STATE_DIR:-/var/lib/fairlead}
  units=/etc/systemd/system
  target=multi-user.target
  service() { systemctl "$@"; }
else
  root=
  [ -n "${HOME:-}" ] || fail "HOME is not set; where should the agent be put?"
  [ -z "$least" ] || fail "--least-privilege is for root: without root the agent has no more than this account."
  prefix=${FAIRLEAD_PREFIX:-$HOME/.local/share/fairlead}
  state=${FAIRLEAD_STATE_DIR:-$HOME/.local/state/fairlead}
  units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
  target=default.target
  service() { systemctl --user "$@"; }
fi
unset FAIRLEAD_PREFIX
# Only what an installation made goes: a folder without its mark may be anybody's.
mark=.fairlead-installed
label=fairlead-agent
[ -z "$container" ] || begin_container
# What grep looks at line by line.
one_line() {
  case "$1" in *'
'*) return 1 ;; esac
}
for folder in "$prefix" "$state" $folders; do
  # They stand in units and in a script.
  case "$folder" in
    /?*) ;;
    *) fail "\"$folder\" is no whole path." ;;
  esac
  if ! one_line "$folder" || printf %s "$folder" | LC_ALL=C grep -q '[^A-Za-z0-9._/-]'; then fail "\"$folder\" has a character that belongs in no unit; take another folder."; fi
done
unit=$units/fairlead-agent.service
openrc=/etc/init.d/fairlead-agent
command=/usr/local/bin/fairlead-agent

init=none
if [ -d /run/systemd/system ] && has systemctl && service show-environment >/dev/null 2>&1; then init=systemd
elif [ -n "$root" ] && [ -e /run/openrc/softlevel ] && has rc-service; then init=openrc
fi
stop_service() {
  case "$init" in
    systemd) service stop fairlead-agent ;;
    openrc) rc-service fairlead-agent stop >/dev/null ;;
  esac
}
start_service() {
  case "$init" in
    systemd) service start fairlead-agent ;;
    openrc) rc-service fairlead-agent start >/dev/null ;;
  esac
}
service_runs() {
  case "$init" in
    systemd) service is-active --quiet fairlead-agent ;;
    openrc) rc-service fairlead-agent status >/dev/null 2>&1 ;;
    *) return 1 ;;
  esac
}
