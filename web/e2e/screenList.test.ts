// @vitest-environment jsdom
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { describe, expect, test } from "vitest";

import { SCREENS } from "./support/screens.ts";

const APPS = resolve(import.meta.dirname, "../apps");

/** The paths that an app's own router knows. */
async function routesOf(app: string): Promise<string[]> {
  const module = (await import(join(APPS, app, "src/app/router.ts"))) as Record<string, () => { routesByPath: object }>;
  const create = module.createAppRouter ?? module.createConsoleRouter;
  return Object.keys(create?.().routesByPath ?? {});
}

describe("the list of screens", () => {
  test("has every app with a router", () => {
    const withRouter = readdirSync(APPS).filter((app) => existsSync(join(APPS, app, "src/app/router.ts")));
    expect(withRouter.filter((app) => !(app in SCREENS))).toEqual([]);
  });

  for (const [app, screens] of Object.entries(SCREENS)) {
    test(`has every route of ${app}, and no other`, async () => {
      const routes = (await routesOf(app)).map((route) => (route.length > 1 ? route.replace(/\/$/, "") : route));
      expect([...new Set(routes)].sort()).toEqual([...new Set(screens.map(({ route }) => route))].sort());
    });

    test(`names only tests that exist, for ${app}`, () => {
      const named = screens.flatMap((screen) => ("checkedBy" in screen ? [screen.checkedBy] : []));
      expect(named.filter((name) => !existsSync(join(import.meta.dirname, name)))).toEqual([]);
    });
  }
});
