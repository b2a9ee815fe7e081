# A part of install.sh: the one way in which the agent is started, whoever starts it. An update lies below the state directory. What
# asked for it wrote "next=" into "slots" there; it runs from here, and must log in: the agent itself then takes "next=" away. One that
# ends before, or says nothing for so long, is not started again, and the one before it is.
limit_seconds=120
most_tries=2
export FAIRLEAD_STATE_DIR="${FAIRLEAD_STATE_DIR:-$state}"
export FAIRLEAD_STARTER="$prefix/fairlead-agent"
# Read by glibc before the program begins: one arena, and what is freed goes back to the system.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}" MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-32768}" MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-65536}"
unset NODE_OPTIONS FAIRLEAD_STARTER_STAYS
# What the service has, for whoever may read it and says nothing else.
if [ -z "${HTTPS_PROXY:-}${https_proxy:-}${HTTP_PROXY:-}${http_proxy:-}" ] && [ -r "$prefix/proxy.env" ]; then
  # Nothing else: the account of an agent that has its own may write there, and root asks through here as well.
  while IFS= read -r said; do
    case "$said" in HTTPS_PROXY=* | HTTP_PROXY=* | NO_PROXY=*) export "$said" ;; esac
  done < "$prefix/proxy.env"
fi

programs=$FAIRLEAD_STATE_DIR/programs
slots=$programs/slots
# What another account may have written, this one does not start: root asks what was installed, where the agent has its own account.
ours() { [ -O "$1" ] && [ ! -L "$1" ]; }
read_slots() {
  now= before= next= tries=0
  if ours "$FAIRLEAD_STATE_DIR" && ours "$programs" && ours "$slots"; then
    while IFS='=' read -r key value; do
      case "$key" in
        now) now=$value ;;
        before) before=$value ;;
        next) next=$value ;;
        tries) tries=$value ;;
      esac
    done < "$slots"
  fi
  case "$tries" in '' | *[!0-9]*) tries=$most_tries ;; esac
}
# On the disk before anything is done after it.
write_whole() {
  cat > "$1.new" && { sync "$1.new" 2>/dev/null || sync; } && mv -f "$1.new" "$1" && { sync "$programs" 2>/dev/null || sync; }
}
write_slots() {
  { echo "now=$now"; echo "before=$before"; [ -z "$next" ] || { echo "next=$next"; echo "tries=$tries"; }; } | write_whole "$slots" 2>/dev/null
}
# The program of a slot: a name that only a hash can be, or what was installed.
find_file() {
  file=$installed
  case "$1" in
    '' | installed) return 0 ;;
    *[!0-9a-f.cjs]* | .* | *..*) return 1 ;;
  esac
  [ -f "$programs/$1" ] && ours "$programs/$1" && { [ -n "$node" ] || [ -x "$programs/$1" ]; } || return 1
  file=$programs/$1
}
start() {
  if [ -n "$node" ]; then exec "$node" --max-semi-space-size=1 "$file" "$@"; else exec "$file" "$@"; fi
}
give_back() {
  printf '%s %s\n' "$next" "$1" | write_whole "$programs/returned" 2>/dev/null || true
  next= tries=0
  write_slots || true
}
# Ends with what ended, or comes back and has given it back.
try_next() {
  name=$next child= stopped= waited=0
  if [ "$tries" -ge "$most_tries" ]; then
    give_back "It was started $tries times, and this machine or its service ended before it had logged in."
    return
  fi
  if ! find_file "$next"; then
    give_back "Its file is not there any more."
    return
  fi
  tries=$((tries + 1))
  # A try that cannot be counted might be made for ever.
  write_slots || return 0
  trap 'stopped=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT HUP
  export FAIRLEAD_STARTER_STAYS=$$
  start "$@" &
  child=$!
  # A signal that came before this was known.
  [ -z "$stopped" ] || kill -TERM "$child" 2>/dev/null
  while kill -0 "$child" 2>/dev/null; do
    read_slots
    [ "$next" = "$name" ] || break
    if [ -z "$stopped" ] && [ "$waited" -ge "$limit_seconds" ]; then
      kill -KILL "$child" 2>/dev/null
      wait "$child" 2>/dev/null
      give_back "It did not log in within $limit_seconds seconds."
      child=
      break
    fi
    sleep 1
    waited=$((waited + 1))
  done
  if [ -n "$child" ]; then
    code=0
    # A signal ends the waiting, not the agent.
    while :; do
      wait "$child" 2>/dev/null && code=0 || code=$?
      kill -0 "$child" 2>/dev/null || break
    done
    read_slots
    if [ "$next" != "$name" ] || [ -n "$stopped" ]; then
      # It asks for another program.
      if [ "$code" = 79 ] && [ -z "$stopped" ]; then exec "$FAIRLEAD_STARTER" "$@"; fi
      exit "$code"
    fi
    give_back "It ended with $code before it had logged in."
  fi
  trap - TERM INT HUP
  [ -z "$stopped" ] || exit 143
  unset FAIRLEAD_STARTER_STAYS
  read_slots
}

read_slots
case "${1:-}" in
  run) [ -z "$next" ] || try_next "$@" ;;
  # Whoever goes back has no use for what runs.
  rollback) now= ;;
esac
find_file "$now" || find_file "$before" || find_file installed
start "$@"
