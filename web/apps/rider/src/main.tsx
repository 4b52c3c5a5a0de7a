import "./start.ts";
import "@supportcarr/ui/theme.css";

import { startTransition, StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app/App.tsx";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root element");
// In a transition React lets the browser draw and answer in between.
startTransition(() =>
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
