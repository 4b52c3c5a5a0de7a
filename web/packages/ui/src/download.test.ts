// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";

import { download } from "./download.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the link of a file works until the browser has read it, and not for ever", () => {
  vi.useFakeTimers();
  const revoked = vi.fn();
  vi.stubGlobal("URL", { createObjectURL: () => "blob:1", revokeObjectURL: revoked });
  const clicked: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    clicked.push(`${this.href} ${this.download}`);
  });
  download(new Blob(["codes"]), "codes.txt");
  expect(clicked).toEqual(["blob:1 codes.txt"]);
  expect(revoked).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(revoked).toHaveBeenCalledWith("blob:1");
});
