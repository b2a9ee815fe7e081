# A part of install.sh: the agent as a container, where a host takes nothing else. The engine keeps the image, the container and the
# volume with the agent's state; nothing of it lies in the host's own folders.
# Its folder is a temporary one: what was fetched goes with it.
begin_container() {
  [ -z "$least" ] || fail "--least-privilege is for a service; a container has no capability anyway."
  [ ! -e "$prefix/$mark" ] || blocked agent "there is one in $prefix already" "remove it (--uninstall), or leave --container out: two agents of one machine are two hosts."
  prefix=$(mktemp -d)
  trap 'rm -rf "$prefix"' EXIT
  engine_needed
  if [ -n "$uninstall" ]; then uninstall_container; exit 0; fi
  state=$(container_state)
  : "${state:=$prefix/state}"
  "$engine" container inspect -f '{{range .Config.Env}}{{println .}}{{end}}' "$label" 2>/dev/null | grep '^[HN][A-Z]*_PROXY=' > "$prefix/proxy.env" || true
}
# Podman takes the words of Docker. What calls itself docker may be Podman all the same.
engine_needed() {
  engine=podman
  if has docker; then case "$(docker --version 2>/dev/null)" in *[Pp]odman*) ;; *) engine=docker ;; esac; fi
  has "$engine" || blocked tools "neither docker nor podman is here" "install one, or leave --container out: the agent then runs as a service."
  if [ "$engine" = podman ]; then podman_needed; return; fi
  case "${DOCKER_HOST:-unix:///var/run/docker.sock}" in
    unix:///*)
      socket=${DOCKER_HOST:-unix:///var/run/docker.sock}
      socket=${socket#unix://}
      ;;
    *) blocked engine "DOCKER_HOST names another machine than this one" "unset DOCKER_HOST, and run this again on the host itself." ;;
  esac
  docker version >/dev/null 2>"$prefix/said" || blocked engine "$(tail -n 1 "$prefix/said")" "is the engine running, and may $(id -un) use $socket? As root it may."
}
podman_needed() {
  [ -n "$root" ] || blocked engine "without root, Podman shows the containers of $(id -un) alone, and no container sees the host" "as root, run this again; or leave --container out: the agent then runs as a service of $(id -un)."
  case "${CONTAINER_HOST:-unix:///}" in
    unix:///*) ;;
    *) blocked engine "CONTAINER_HOST names another machine than this one" "unset CONTAINER_HOST, and run this again on the host itself." ;;
  esac
  socket=$(podman info -f '{{.Host.RemoteSocket.Path}}' 2>"$prefix/said") || blocked engine "$(tail -n 1 "$prefix/said")" "does \"podman info\" work here?"
  [ -z "${CONTAINER_HOST:-}" ] || socket=$CONTAINER_HOST
  socket=${socket#unix://}
  [ -S "$socket" ] || blocked engine "Podman runs, and nobody may ask it: $socket is not there" "systemctl enable --now podman.socket, and run this again."
}
there() { "$engine" "$1" inspect "$2" >/dev/null 2>&1; }
container_state() { "$engine" volume inspect -f '{{.Mountpoint}}' "$label" 2>/dev/null || true; }

uninstall_container() {
  removed=
  for what in container image volume; do
    there "$what" "$label" || continue
    case "$what" in
      container) "$engine" rm -f "$label" >/dev/null ;;
      *) "$engine" "$what" rm "$label" >/dev/null ;;
    esac
    removed="$removed
  the $what $label"
  done
  [ -n "$removed" ] || fail "no container, image or volume of an agent is here."
  note "removed:$removed"
  note "Other containers, volumes and images, compose files and all else of yours were not touched. The console still lists the host until you remove it there."
}

# The recipe of installers/agent.Dockerfile, of the program that the hub promised. One that was loaded from elsewhere has its hash, too.
old=
make_image() {
  promised=$(hash_of "$program")
  if [ "$("$engine" image inspect -f '{{index .Config.Labels "fairlead.program"}}' "$label" 2>/dev/null)" = "$promised" ]; then
    note "the image is the newest one already."
    return
  fi
  get_program
  old=$("$engine" image inspect -f '{{.Id}}' "$label" 2>/dev/null || true)
  mkdir "$next/image"
  mv "$next/agent" "$next/image/$program"
  cat > "$next/image/Dockerfile" <<'RECIPE'
@RECIPE@
RECIPE
  "$engine" build -q --build-arg "BASE=$base" --build-arg "PROCESSOR=$arch" --label "fairlead.program=$promised" -t "$label" "$next/image" >/dev/null ||
    blocked image "the image could not be made on $base; the engine's own words are above" "without a way to a registry: load the image ($engine load), or any Debian or Ubuntu and name it behind --base."
}

# A mark on the host's files says whether what is mounted there later is to be seen, too: where nothing is shared, the engine would refuse.
host_files() {
  if awk '$5 == "/" { for (i = 7; $i != "-"; i++) if ($i ~ /^(shared|master):/) found = 1 } END { exit !found }' /proc/self/mountinfo; then echo /:/host:ro,rslave
  else echo /:/host:ro
  fi
}

labels() {
  if [ "$engine" = podman ]; then [ "$(podman info -f '{{.Host.Security.SELinuxEnabled}}' 2>/dev/null)" = true ]
  else case "$(docker info -f '{{.SecurityOptions}}' 2>/dev/null)" in *name=selinux*) ;; *) return 1 ;; esac
  fi
}

run_container() {
  make_image
  version=$("$engine" run --rm --network none "$label" --version) || blocked start "the agent does not start in its image; its own words are above" "is $base a Debian or Ubuntu of the last five years?"
  was=$("$engine" container inspect -f '{{.State.Running}}' "$label" 2>/dev/null || true)
  # Two that are online with one key are a machine and its copy to the hub: one that runs makes room for its own enrolment.
  [ "$was" != true ] || "$engine" stop "$label" >/dev/null
  if [ -n "$join" ] && ! printf %s "$join" | "$engine" run -i --rm --network host --read-only --cap-drop ALL --env-file "$next/env" -v "$label:/var/lib/fairlead" "$label" enrol; then
    state=$(container_state)
    if [ "$(enrolled_with)" = "$hub" ]; then note "this line lets nobody in any more (why is above); the host stays enrolled as it was."
    else
      [ "$was" != true ] || "$engine" start "$label" >/dev/null
      [ -n "$was" ] || "$engine" volume rm "$label" >/dev/null 2>&1 || true
      fail "not enrolled; the reason is above.${was:+ The agent that was here stays as it was.}"
    fi
  fi
  [ -z "$was" ] || "$engine" rm -f "$label" >/dev/null
  again=unless-stopped
  # No daemon of Podman starts anything after a restart of the machine: a unit of its own does, and looks for this word alone.
  [ "$engine" = docker ] || again=always
  # The host's processes, network and files to look at, and no right to change them: what works on containers asks the engine.
  set -- run -d --name "$label" --restart "$again" --network host --pid host --read-only --cap-drop ALL \
    --security-opt no-new-privileges --memory 256m --pids-limit 256 \
    -e FAIRLEAD_HOST_ROOT=/host -e FAIRLEAD_POLICY=/host/etc/fairlead/policy.json \
    -v "$socket:/var/run/docker.sock" -v "$label:/var/lib/fairlead" -v "$(host_files)"
  # An engine that labels would keep the socket and the host's files from it.
  if labels; then set -- "$@" --security-opt label=disable; fi
  # Under their own names: what a compose file mounts from there means the host's.
  for folder in $folders; do set -- "$@" -v "$folder:$folder"; done
  "$engine" "$@" --env-file "$next/env" "$label" >/dev/null
  [ -z "$old" ] || "$engine" image rm "$old" >/dev/null 2>&1 || true
  note "the agent $version runs as the container $label; see it in the console. Log: $engine logs $label"
  note "it was started with: $engine $* $label"
  if [ "$engine" = podman ] && has systemctl && ! systemctl is-enabled --quiet podman-restart.service 2>/dev/null; then
    warn "note" "after a restart of this machine nothing starts it" "systemctl enable podman-restart.service; it starts every container of --restart always."
  fi
}
