// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, test } from "vitest";

import { StarInput } from "./StarInput.tsx";

const LABEL = "How was it?";

afterEach(cleanup);

function Rating() {
  const [stars, setStars] = useState(0);
  return <StarInput label={LABEL} value={stars} onChange={setStars} />;
}

test("stars are radio buttons of one group that say how many they are", () => {
  render(<Rating />);
  expect(screen.getByRole("group", { name: LABEL })).toBeDefined();
  const stars = screen.getAllByRole<HTMLInputElement>("radio");
  expect(stars.map((star) => star.getAttribute("aria-label"))).toEqual(["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]);
  expect(stars.some((star) => star.checked)).toBe(false);
  fireEvent.click(screen.getByRole("radio", { name: "4 stars" }));
  expect(stars.map((star) => star.checked)).toEqual([false, false, false, true, false]);
  expect(new Set(stars.map((star) => star.name)).size).toBe(1);
});
