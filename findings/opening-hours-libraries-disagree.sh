#!/usr/bin/env bash
# opening_hours 3.15.0 (Node), opening-hours-py 2.1.4 (Python): both evaluate OpenStreetMap's opening_hours
#
# Input: three values as shops carry them, asked for on a Wednesday at 10:00 and on a Saturday at 10:00.
# Expected: one specification, one answer.
# Seen: they disagree about each of them.
#   "Mo-Fr 08:00-12:00; 13:00-17:00": by the specification a rule after ";" replaces the earlier ones on its days, and
#     one without days is for every day, so the mornings are gone. Python follows that; Node keeps them.
#   "Mo-Su 09:00+" (no closing time given): Node says "unknown" all day; Python says open.
#   '... || "by appointment"': outside the hours Node says "unknown"; Python says open, with the words as a comment.
# What follows: evaluate in one place (server or browser, not both), and read the comment before you trust "open".
. "$(dirname "$0")/support/common.sh"
python_with opening-hours-py==2.1.4
node_with opening_hours@3.15.0
export TZ=UTC

cat > questions.json <<'JSON'
[["Mo-Fr 08:00-12:00; 13:00-17:00", "2026-03-04T10:00"],
 ["Mo-Su 09:00+", "2026-03-04T10:00"],
 ["Mo-Fr 09:00-17:00 || \"by appointment\"", "2026-03-07T10:00"]]
JSON
cat > hours.py <<'PY'
import datetime
import json
import pathlib

import opening_hours

for text, time in json.loads(pathlib.Path("questions.json").read_text()):
    state, comment = opening_hours.OpeningHours(text).state(datetime.datetime.fromisoformat(time))
    print(f"python: {text}, {time}: {str(state).removeprefix('State.').lower()} ({comment})")
PY
cat > hours.cjs <<'JS'
const OpeningHours = require("opening_hours");
for (const [text, time] of require("./questions.json")) {
  const hours = new OpeningHours(text, null);
  const at = new Date(time);
  console.log(`node:   ${text}, ${time}: ${hours.getStateString(at)} (${hours.getComment(at) ?? ""})`);
}
JS
seen=$(python hours.py; node hours.cjs)

unchanged "$seen" <<'END'
python: Mo-Fr 08:00-12:00; 13:00-17:00, 2026-03-04T10:00: closed ()
python: Mo-Su 09:00+, 2026-03-04T10:00: open ()
python: Mo-Fr 09:00-17:00 || "by appointment", 2026-03-07T10:00: open (by appointment)
node:   Mo-Fr 08:00-12:00; 13:00-17:00, 2026-03-04T10:00: open ()
node:   Mo-Su 09:00+, 2026-03-04T10:00: unknown (Specified as open end. Closing time was guessed.)
node:   Mo-Fr 09:00-17:00 || "by appointment", 2026-03-07T10:00: unknown (by appointment)
END
