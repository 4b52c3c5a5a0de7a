/// <reference lib="webworker" />
import { start } from "@supportcarr/pwa/serviceWorker";

declare const self: ServiceWorkerGlobalScope;

// What else is served at this origin.
const NOT_OURS = [/^\/(?:driver|admin|account|track|docs|gallery|sandbox|api|files)(?:[/?]|$)/, /\.json$/];
start(self, { app: "rider", files: self.__WB_MANIFEST, scope: "/", denylist: NOT_OURS });
