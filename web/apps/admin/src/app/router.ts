import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, retainSearchParams, type RouterHistory } from "@tanstack/react-router";

import { report } from "@supportcarr/client/telemetry";

import { rescueQueries } from "../lib/api/rescues.ts";
import { parseSearch, stringifySearch, validateAuditSearch, validateDriverSearch, validateReviewSearch, validateSearch, validateUserSearch } from "../lib/search.ts";
import { hasSecondFactor, useSession } from "../lib/session.ts";
import { AuditLogRoute } from "./AuditLogRoute.tsx";
import { ConsoleLayout } from "./ConsoleLayout.tsx";
import { CrashPage } from "./CrashPage.tsx";
import { DriverRoute } from "./DriverRoute.tsx";
import { DriversRoute } from "./DriversRoute.tsx";
import { NotFoundPage } from "./NotFoundPage.tsx";
import { OfficeLayout } from "./OfficeLayout.tsx";
import { OwnAccountRoute } from "./OwnAccountRoute.tsx";
import { PartnerRoute } from "./PartnerRoute.tsx";
import { PartnersRoute } from "./PartnersRoute.tsx";
import { RatingsRoute } from "./RatingsRoute.tsx";
import { RescueRoute } from "./RescueRoute.tsx";
import { ReviewRoute } from "./ReviewRoute.tsx";
import { SessionGate } from "./SessionGate.tsx";
import { UsersRoute } from "./UsersRoute.tsx";

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: SessionGate,
  notFoundComponent: NotFoundPage,
  validateSearch,
  // The tab and the area stay selected while the operator moves between rescues.
  search: { middlewares: [retainSearchParams(["tab", "area"])] },
});

const consoleRoute = createRoute({ getParentRoute: () => rootRoute, id: "console", component: ConsoleLayout });

const indexRoute = createRoute({ getParentRoute: () => consoleRoute, path: "/" });

const rescueRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "rescues/$rescueId",
  component: RescueRoute,
  // Starts the request before the page is rendered; the page itself shows progress and errors.
  loader: ({ context, params }) => {
    if (hasSecondFactor(useSession.getState().token)) context.queryClient.query(rescueQueries.detail(params.rescueId)).catch(() => undefined);
  },
});

/** Pages without a map. */
const officeRoute = createRoute({ getParentRoute: () => rootRoute, id: "office", component: OfficeLayout });

const auditLogRoute = createRoute({ getParentRoute: () => officeRoute, path: "audit-log", component: AuditLogRoute, validateSearch: validateAuditSearch });

const driversRoute = createRoute({ getParentRoute: () => officeRoute, path: "drivers", component: DriversRoute, validateSearch: validateDriverSearch });

const driverRoute = createRoute({ getParentRoute: () => officeRoute, path: "drivers/$driverId", component: DriverRoute });

const reviewRoute = createRoute({ getParentRoute: () => officeRoute, path: "applications", component: ReviewRoute, validateSearch: validateReviewSearch });

const ratingsRoute = createRoute({ getParentRoute: () => officeRoute, path: "ratings", component: RatingsRoute });

const usersRoute = createRoute({ getParentRoute: () => officeRoute, path: "users", component: UsersRoute, validateSearch: validateUserSearch });

const partnersRoute = createRoute({ getParentRoute: () => officeRoute, path: "partners", component: PartnersRoute });

const partnerRoute = createRoute({ getParentRoute: () => officeRoute, path: "partners/$partnerId", component: PartnerRoute });

const ownAccountRoute = createRoute({ getParentRoute: () => officeRoute, path: "account", component: OwnAccountRoute });

const routeTree = rootRoute.addChildren([
  consoleRoute.addChildren([indexRoute, rescueRoute]),
  officeRoute.addChildren([reviewRoute, driversRoute, driverRoute, ratingsRoute, usersRoute, partnersRoute, partnerRoute, auditLogRoute, ownAccountRoute]),
]);

export const createConsoleRouter = (queryClient: QueryClient, history?: RouterHistory) =>
  createRouter({
    routeTree,
    basepath: "/admin",
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultErrorComponent: CrashPage,
    defaultOnCatch: report,
    // The console is one page: without this every navigation would scroll it to the top.
    scrollRestoration: () => false,
    ...(history ? { history } : {}),
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
