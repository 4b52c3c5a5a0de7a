import "@supportcarr/ui/theme.css";

import { type PublicTelemetry, startTelemetry } from "@supportcarr/client/telemetry";
import { whenIdle } from "@supportcarr/client/whenIdle";
import { applyTheme } from "@supportcarr/ui/theme";
import axios from "axios";
import { startTransition, StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app/App.tsx";

applyTheme();

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

// Traces alone: reports of errors would hold the address, which ends with the token of the link.
void whenIdle()
  .then(() => axios.get<PublicTelemetry>("/config.json"))
  .then(({ data }) => startTelemetry({ tracing: data.tracing ?? null }))
  .catch(() => undefined);
