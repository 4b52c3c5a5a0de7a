import { expect, test } from "vitest";

import { formatPhone } from "./formatPhone.ts";

test.each([
  ["+15145550142", "+1 514 555 0142"],
  ["+33612345678", "+33612345678"],
  ["+1 438 ••• ••02", "+1 438 ••• ••02"],
])("%s is shown as %s", (phone, shown) => expect(formatPhone(phone).replaceAll("\u00a0", " ")).toBe(shown));
