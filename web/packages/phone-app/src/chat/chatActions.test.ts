import { expect, test } from "vitest";

import type { Message } from "../api/types.ts";
import { isWriting, messageAction, withMessage } from "./chatActions.ts";

const message = (id: string): Message => ({ id, rescue_id: "res_1", sender: { role: "rider", id: "usr_1" }, text: id, at: "2026-05-01T10:00:00Z" });

test("a message that was sent is in the list once, also if the list was loaded meanwhile", () => {
  expect(withMessage(undefined, message("a")).map(({ id }) => id)).toEqual(["a"]);
  expect(withMessage([message("a")], message("b")).map(({ id }) => id)).toEqual(["a", "b"]);
  expect(withMessage([message("a"), message("b")], message("b")).map(({ id }) => id)).toEqual(["a", "b"]);
});

test("a chat is being written to while a message of it is kept", () => {
  expect(isWriting([messageAction("res_1", "Hello")], "res_1")).toBe(true);
  expect(isWriting([messageAction("res_2", "Hello"), { subject: "res_1" }], "res_1")).toBe(false);
});
