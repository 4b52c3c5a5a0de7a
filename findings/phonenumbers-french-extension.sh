#!/usr/bin/env bash
# phonenumbers 9.0.43 (Python), libphonenumber-js 1.13.16 (Node)
#
# Input: a Montréal number with an extension, written as in Québec: "poste 12". Region CA.
# Expected: what "ext. 12" gives: the number and the extension 12. French is an official language of Canada, and the
#   library knows the extension words of several languages ("anexo" of Spanish, "доб" of Russian).
# Seen: "poste" is no extension word. Without brackets phonenumbers reads its letters as those on a telephone's
#   keys (p-o-s-t-e, 7-6-7-8-3) and returns one longer number, valid in no country, and no error, unless that number
#   becomes longer than any. With the customary brackets and comma it refuses the text. libphonenumber-js finds no
#   number in any of these.
# What follows: replace the French word before parsing, and check is_valid_number: parsing alone accepts it.
. "$(dirname "$0")/support/common.sh"
python_with phonenumbers==9.0.43
node_with libphonenumber-js@1.13.16

cat > texts.json <<'JSON'
["514-555-0123 ext. 12", "514-555-0123 poste 12", "514-555-0123 poste 204", "(514) 555-0123, poste 12"]
JSON
cat > numbers.py <<'PY'
import json
import pathlib

import phonenumbers

for text in json.loads(pathlib.Path("texts.json").read_text()):
    try:
        number = phonenumbers.parse(text, "CA")
    except phonenumbers.NumberParseException:
        print(f"phonenumbers: {text}: refused")
        continue
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    valid = "valid" if phonenumbers.is_valid_number(number) else "not valid"
    print(f"phonenumbers: {text}: {e164}, extension {number.extension}, {valid}")
PY
cat > numbers.cjs <<'JS'
const { parsePhoneNumberFromString } = require("libphonenumber-js");
for (const text of require("./texts.json")) {
  const number = parsePhoneNumberFromString(text, "CA");
  console.log(`libphonenumber-js: ${text}: ${number ? `${number.number}, extension ${number.ext}` : "no number"}`);
}
JS
seen=$(python numbers.py; node numbers.cjs)

unchanged "$seen" <<'END'
phonenumbers: 514-555-0123 ext. 12: +15145550123, extension 12, valid
phonenumbers: 514-555-0123 poste 12: +151455501237678312, extension None, not valid
phonenumbers: 514-555-0123 poste 204: refused
phonenumbers: (514) 555-0123, poste 12: refused
libphonenumber-js: 514-555-0123 ext. 12: +15145550123, extension 12
libphonenumber-js: 514-555-0123 poste 12: no number
libphonenumber-js: 514-555-0123 poste 204: no number
libphonenumber-js: (514) 555-0123, poste 12: no number
END
