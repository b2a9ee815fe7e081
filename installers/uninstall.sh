# A part of install.sh, which it also leaves beside the program. Only what an installation made goes: a folder without its mark may be
# anybody's.
removed=
gone() { removed="$removed
  $1"; }
if service_runs; then stop_service; fi
if [ -f "$unit" ]; then
  # Also one that waits to be started again.
  service disable --now fairlead-agent 2>/dev/null || true
  rm -f "$unit"
  service daemon-reload 2>/dev/null || true
  gone "$unit"
fi
if [ -n "$root" ] && [ -f "$openrc" ]; then
  rc-update del fairlead-agent default >/dev/null 2>&1 || true
  rm -f "$openrc"
  gone "$openrc"
fi
if [ "$(readlink "$command" 2>/dev/null || true)" = "$prefix/fairlead-agent" ]; then rm -f "$command"; gone "$command"; fi
made=
if [ -f "$prefix/$mark" ]; then made=$(cat "$prefix/$mark"); fi
for folder in "$prefix" "$state"; do
  if [ -e "$folder/$mark" ]; then rm -rf "$folder"; gone "$folder"
  elif [ -e "$folder" ]; then note "left $folder, which this did not install."
  fi
done
if [ -n "$root" ] && [ "$made" = account ]; then
  if has userdel; then userdel "$account"; elif has deluser; then deluser "$account"; fi
  gone "the account $account"
fi
[ -n "$removed" ] || fail "nothing of an agent is in $prefix or $state."
note "removed:$removed"
[ -z "$root" ] || [ ! -e /etc/fairlead ] || note "left /etc/fairlead, which is yours."
note "Containers, volumes, compose files and all else of yours were not touched. The console still lists the host until you remove it there."
