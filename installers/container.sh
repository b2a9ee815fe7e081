# A part of install.sh: the agent as a container, where a host takes nothing else. The engine keeps the image, the container and the
# volume with the agent's state; nothing of it lies in the host's own folders.
# Its folder is a temporary one: what was fetched goes with it.
begin_container() {
  [ -z "$least" ] || fail "--least-privilege is for a service; a container has no capability anyway."
  [ ! -e "$prefix/$mark" ] || blocked agent "there is one in $prefix already" "remove it (--uninstall), or leave --container out: two agents of one machine are two hosts."
  prefix=$(mktemp -d)
  trap 'rm -rf "$prefix"' EXIT
  docker_needed
  if [ -n "$uninstall" ]; then uninstall_container; exit 0; fi
  state=$(container_state)
  : "${state:=$prefix/state}"
  docker container inspect -f '{{range .Config.Env}}{{println .}}{{end}}' "$label" 2>/dev/null | grep '^[HN][A-Z]*_PROXY=' > "$prefix/proxy.env" || true
}
docker_needed() {
  has docker || blocked tools "the docker command is not here" "install it, or leave --container out: the agent then runs as a service."
  case "${DOCKER_HOST:-unix:///var/run/docker.sock}" in
    unix:///*)
      socket=${DOCKER_HOST:-unix:///var/run/docker.sock}
      socket=${socket#unix://}
      ;;
    *) blocked engine "DOCKER_HOST names another machine than this one" "unset DOCKER_HOST, and run this again on the host itself." ;;
  esac
  docker version >/dev/null 2>"$prefix/said" || blocked engine "$(tail -n 1 "$prefix/said")" "is the engine running, and may $(id -un) use $socket? As root it may."
}
there() { docker "$1" inspect "$2" >/dev/null 2>&1; }
container_state() { docker volume inspect -f '{{.Mountpoint}}' "$label" 2>/dev/null || true; }

uninstall_container() {
  removed=
  for what in container image volume; do
    there "$what" "$label" || continue
    case "$what" in
      container) docker rm -f "$label" >/dev/null ;;
      *) docker "$what" rm "$label" >/dev/null ;;
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
  if [ "$(docker image inspect -f '{{index .Config.Labels "fairlead.program"}}' "$label" 2>/dev/null)" = "$promised" ]; then
    note "the image is the newest one already."
    return
  fi
  get_program
  old=$(docker image inspect -f '{{.Id}}' "$label" 2>/dev/null || true)
  mkdir "$next/image"
  mv "$next/agent" "$next/image/$program"
  cat > "$next/image/Dockerfile" <<'RECIPE'
@RECIPE@
RECIPE
  docker build -q --build-arg "BASE=$base" --build-arg "PROCESSOR=$arch" --label "fairlead.program=$promised" -t "$label" "$next/image" >/dev/null ||
    blocked image "the image could not be made on $base; the engine's own words are above" "without a way to a registry: load the image (docker load), or any Debian or Ubuntu and name it behind --base."
}

# A mark on the host's files says whether what is mounted there later is to be seen, too: where nothing is shared, the engine would refuse.
host_files() {
  if awk '$5 == "/" { for (i = 7; $i != "-"; i++) if ($i ~ /^(shared|master):/) found = 1 } END { exit !found }' /proc/self/mountinfo; then echo /:/host:ro,rslave
  else echo /:/host:ro
  fi
}

run_container() {
  make_image
  version=$(docker run --rm --network none "$label" --version) || blocked start "the agent does not start in its image; its own words are above" "is $base a Debian or Ubuntu of the last five years?"
  was=$(docker container inspect -f '{{.State.Running}}' "$label" 2>/dev/null || true)
  # Two that are online with one key are a machine and its copy to the hub: one that runs makes room for its own enrolment.
  [ "$was" != true ] || docker stop "$label" >/dev/null
  if [ -n "$join" ] && ! printf %s "$join" | docker run -i --rm --network host --read-only --cap-drop ALL --env-file "$next/env" -v "$label:/var/lib/fairlead" "$label" enrol; then
    state=$(container_state)
    if [ "$(enrolled_with)" = "$hub" ]; then note "this line lets nobody in any more (why is above); the host stays enrolled as it was."
    else
      [ "$was" != true ] || docker start "$label" >/dev/null
      [ -n "$was" ] || docker volume rm "$label" >/dev/null 2>&1 || true
      fail "not enrolled; the reason is above.${was:+ The agent that was here stays as it was.}"
    fi
  fi
  [ -z "$was" ] || docker rm -f "$label" >/dev/null
  # The host's processes, network and files to look at, and no right to change them: what works on containers asks the engine.
  set -- run -d --name "$label" --restart unless-stopped --network host --pid host --read-only --cap-drop ALL \
    --security-opt no-new-privileges --memory 256m --pids-limit 256 \
    -e FAIRLEAD_HOST_ROOT=/host -e FAIRLEAD_POLICY=/host/etc/fairlead/policy.json \
    -v "$socket:/var/run/docker.sock" -v "$label:/var/lib/fairlead" -v "$(host_files)"
  # An engine that labels would keep the socket and the host's files from it.
  case "$(docker info -f '{{.SecurityOptions}}' 2>/dev/null)" in *name=selinux*) set -- "$@" --security-opt label=disable ;; esac
  # Under their own names: what a compose file mounts from there means the host's.
  for folder in $folders; do set -- "$@" -v "$folder:$folder"; done
  docker "$@" --env-file "$next/env" "$label" >/dev/null
  [ -z "$old" ] || docker image rm "$old" >/dev/null 2>&1 || true
  note "the agent $version runs as the container $label; see it in the console. Log: docker logs $label"
  note "it was started with: docker $* $label"
}
