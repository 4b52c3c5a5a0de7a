/// <reference lib="webworker" />
import { start } from "@supportcarr/pwa/serviceWorker";

declare const self: ServiceWorkerGlobalScope;

start(self, { app: "driver", files: self.__WB_MANIFEST, scope: "/driver/", denylist: [] });
