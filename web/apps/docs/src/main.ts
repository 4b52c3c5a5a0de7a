import SwaggerUIBundle from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";

import "./brand.css";

const dark = matchMedia("(prefers-color-scheme: dark)");
const applyScheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", applyScheme);
applyScheme();

/** What the renderer leaves out for people who use a keyboard or a screen reader. */
function mend(): void {
  for (const example of document.querySelectorAll("pre.microlight:not([tabindex])")) example.setAttribute("tabindex", "0"); // it scrolls
  // A link within a button: the button opens the operation and puts its address into the page's.
  for (const link of document.querySelectorAll(".opblock-summary-control a[href]")) link.removeAttribute("href");
}
new MutationObserver(mend).observe(document.documentElement, { childList: true, subtree: true });

// Everything comes from our own server; without a validator nothing is sent to the renderer's makers.
SwaggerUIBundle({
  dom_id: "#reference",
  url: "/openapi.json",
  validatorUrl: null,
  deepLinking: true,
  filter: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 2,
  displayRequestDuration: true,
  persistAuthorization: false,
  requestSnippetsEnabled: true,
  // Its label is empty.
  onComplete: () => document.querySelector("#servers")?.setAttribute("aria-label", "Server"),
});
