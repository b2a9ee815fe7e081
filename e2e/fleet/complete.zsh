# zsh -f complete.zsh SCRIPT LINE...: what an interactive zsh that loaded SCRIPT offers behind each LINE, one a line, "====" after each LINE.
# It runs on a terminal of its own.
zmodload zsh/zpty
zpty inner zsh -f -i
send() { zpty -w inner "$1" }
send "PROMPT= PROMPT2= ; stty -echo"
send "autoload -Uz compinit; compinit -D -u; source ${(q)1}"
send "zstyle ':completion:*' insert-tab false; bindkey '^I' complete-word; bindkey '^U' kill-whole-line"
# Each match is told as it is added, between two marks; what is to be called before and after is forgotten each time.
send 'mark() { print -r -- "<$1>" }'
send 'begin() { compprefuncs=(begin); comppostfuncs=(finish) }; finish() { mark finish }; begin'
send 'compadd() { if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
 local -a hits; builtin compadd -A hits "$@"; local hit; for hit in $hits; do mark "hit $hit"; done; builtin compadd "$@" }'
send 'print -r -- "<"ready">"'
zpty -r inner said '*<ready>*' || exit 1
shift
for line; do
  zpty -w -n inner $'\C-u'"$line"$'\t'
  zpty -r inner said '*<finish>*' || exit 1
  for found in ${(M)${(f)${said//$'\r'/}}:#*\<hit *}; do print -r -- ${${found#*\<hit }%\>*}; done
  print -r -- '===='
done
zpty -d inner
