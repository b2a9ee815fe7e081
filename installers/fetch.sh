# A part of install.sh: fetches what the hub serves, says why where it cannot, and takes nothing whose hash was not promised.
port_of() {
  case "$host" in
    *]:* | *[!]:]:*[0-9]) printf %s "${host##*:}" ;;
    *) case "$hub" in http:*) echo 80 ;; *) echo 443 ;; esac ;;
  esac
}
# Why curl or wget came back without a file.
explain() {
  proxy=
  [ -z "$https$http" ] || proxy=1
  case "$1" in
    dns) blocked DNS "the name $name does not resolve here" "mend this machine's DNS (/etc/resolv.conf), or make the line for an address that it knows." ;;
    tcp)
      [ -z "$proxy" ] || blocked proxy "nothing comes back from the proxy of this shell" "check HTTPS_PROXY; if this machine reaches $host without, add $name to NO_PROXY."
      blocked TCP "$host cannot be reached" "let this machine out to $name, port $(port_of) (firewall, route); is the hub running? Behind a proxy, set HTTPS_PROXY and paste the line again."
      ;;
    tls) blocked TLS "what answers at $host speaks no TLS, or something on the way ends it" "is the port the hub's https one? Behind a proxy that looks inside, let $name through." ;;
    proxy) blocked proxy "the proxy refuses to open a way to $host" "let the proxy open a tunnel to $name, port $(port_of); if it wants a password, put it into HTTPS_PROXY." ;;
    disk) blocked disk "the download could not be written to $next" "make room there, and run this again." ;;
    status) blocked hub "it answered, and not with $2" "is this the hub's own address? If it was upgraded since, take a new line from the console." ;;
    *) blocked hub "could not fetch $hub/dl/$2" "can this machine reach the hub? Try: curl -vk $hub/healthz" ;;
  esac
}
if has curl; then
  fetch() {
    code=0
    curl -fsSLk --connect-timeout 15 -D "$next/head" "$hub/dl/$1" -o "$next/$1" || code=$?
    case "$code" in
      0) ;;
      5 | 97) explain tcp "$1" ;;
      6) explain dns "$1" ;;
      7 | 28) explain tcp "$1" ;;
      35 | 60) explain tls "$1" ;;
      23) explain disk "$1" ;;
      22 | 56)
        # With a proxy the first answer is its own.
        if [ -n "$https$http" ] && sed -n 1p "$next/head" 2>/dev/null | grep -q '^HTTP/[0-9.]* \(403\|407\|5..\)'; then explain proxy "$1"; fi
        if [ "$code" = 22 ]; then explain status "$1"; else explain other "$1"; fi
        ;;
      *) explain other "$1" ;;
    esac
  }
elif has wget; then
  fetch() {
    wget -q --no-check-certificate "$hub/dl/$1" -O "$next/$1" && return
    if has getent && [ -z "$https$http" ] && ! getent hosts "$name" >/dev/null 2>&1; then explain dns "$1"; fi
    explain other "$1"
  }
else blocked tools "neither curl nor wget is here" "install one of them, and run this again."
fi

# What TLS cannot promise here, the hashes do.
same() { [ -f "$1" ] && echo "$2  $1" | sha256sum -c - >/dev/null 2>&1; }
get() {
  fetch "$1"
  same "$next/$1" "$(hash_of "$1")" || fail "$1 is not what the hub's line promised; nothing was installed."
}
get_program() {
  if same "$prefix/agent" "$(hash_of "$program")"; then
    note "the program is the newest one already."
    return
  fi
  if has xz && [ -n "$(hash_of "$program.xz")" ]; then get "$program.xz"; xz -dc "$next/$program.xz" > "$next/agent" || explain disk "$program"
  elif has gzip && [ -n "$(hash_of "$program.gz")" ]; then get "$program.gz"; gzip -dc "$next/$program.gz" > "$next/agent" || explain disk "$program"
  else get "$program"; mv "$next/$program" "$next/agent"
  fi
  same "$next/agent" "$(hash_of "$program")" || fail "$program is not what the hub's line promised; nothing was installed."
  chmod 755 "$next/agent"
}
