// @vitest-environment jsdom
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import { PageAnnouncer } from "./PageAnnouncer.tsx";

afterEach(() => {
  cleanup();
  document.body.innerHTML = "";
});

test("a new page is announced, unless its title has the focus", async () => {
  document.title = "First · SupportCarr";
  render(
    <>
      <h1 tabIndex={-1}>{"Title"}</h1>
      <PageAnnouncer />
    </>,
  );
  expect(screen.getByRole("status").textContent).toBe("");
  document.title = "Second · SupportCarr";
  await waitFor(() => expect(screen.getByRole("status").textContent).toBe("Second · SupportCarr"));

  screen.getByRole("heading").focus();
  document.title = "Third · SupportCarr";
  await waitFor(() => expect(screen.getByRole("status").textContent).toBe(""));
});
