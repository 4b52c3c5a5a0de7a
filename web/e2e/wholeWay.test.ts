import { describe } from "vitest";

import { demoCityAvailable } from "./support/browser.ts";
import { approveInConsole } from "./support/operatorDesk.ts";
import { photograph } from "./support/papers.ts";
import { person } from "./support/people.ts";
import { phoneTest as test } from "./support/phone.ts";
import { wholeWay } from "./support/wholeWay.ts";

const DRIVER = { ...person("Wanda Wheeler", "2101"), plate: "WAN 101" };

describe.skipIf(!demoCityAvailable)("a rider and a driver, each with their own app", () => {
  test("from sign-up to rated and paid, the driver approved in the console", async ({ browser, openPhone }) => {
    const photo = await photograph(browser, { title: "PERMIS DE CONDUIRE", lines: { Name: DRIVER.name, Class: "5" } });
    await wholeWay({ openPhone, language: "en", rider: person("Wilma Walker", "2102"), driver: DRIVER, photo, approve: () => approveInConsole(browser, DRIVER), looked: false });
  });
});
