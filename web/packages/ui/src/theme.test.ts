import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { describe, expect, test } from "vitest";

const css = readFileSync(resolve(import.meta.dirname, "theme.css"), "utf8");

/** The colours of a block of the theme, by name. */
function coloursOf(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`\n${selector} {`)).split("\n}")[0] ?? "";
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = "", colour = ""]) => [name, colour] as const));
}

/** Relative luminance of WCAG 2.2. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ["background", "surface", "surface-raised", "hover"];
const TEXTS = ["text", "muted", "accent-text", "danger-text"];
const PAIRS = [
  ["on-accent", "accent"],
  ["on-accent", "accent-hover"],
  ["on-signal", "signal"],
  ["on-danger", "danger"],
  ["on-danger", "danger-hover"],
  ["on-ink", "ink"],
  ["text", "selected"],
  ["accent-text", "selected"],
  ["danger-text", "danger-soft"],
  ["success-text", "success-soft"],
  ["info-text", "info-soft"],
  ["warning-text", "warning-soft"],
] as const;

describe.each([
  ["light", ":root"],
  ["dark", '[data-theme="dark"]'],
])("%s", (_, selector) => {
  const colours = coloursOf(selector);
  const of = (name: string) => colours[name] ?? expect.fail(`no colour --${name}`);

  test("text is readable on every ground", () => {
    const texts = [...GROUNDS.flatMap((ground) => TEXTS.map((text) => [text, ground] as const)), ...PAIRS];
    expect(texts.filter(([text, ground]) => contrast(of(text), of(ground)) < 4.5).map((pair) => pair.join(" on "))).toEqual([]);
  });

  test("edges of controls and what is drawn are seen on every ground", () => {
    const drawn = ["border-strong", "signal-line", "accent", "danger", "success"];
    const pairs = ["background", "surface", "surface-raised"].flatMap((ground) => drawn.map((line) => [line, ground] as const));
    expect(pairs.filter(([line, ground]) => contrast(of(line), of(ground)) < 3).map((pair) => pair.join(" on "))).toEqual([]);
  });
});
