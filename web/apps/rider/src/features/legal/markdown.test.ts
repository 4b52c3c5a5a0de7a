import { expect, test } from "vitest";

import { blocksOf } from "./markdown.ts";

test("a text is cut into its headings, notes, paragraphs and lists", () => {
  expect(blocksOf("# Terms\n\n> A template\n> of ours.\n\n## Price\n\nYou see it\nfirst.\n\n- one\n- two\n")).toEqual([
    { kind: "title", text: "Terms" },
    { kind: "note", text: "A template of ours." },
    { kind: "heading", text: "Price" },
    { kind: "paragraph", text: "You see it first." },
    { kind: "list", items: ["one", "two"] },
  ]);
});
