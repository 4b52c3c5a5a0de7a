import { describe } from "vitest";

import { demoCityAvailable } from "../support/browser.ts";
import { approveDriver } from "../support/driverPhone.ts";
import { photograph } from "../support/papers.ts";
import { person } from "../support/people.ts";
import { phoneTest as test } from "../support/phone.ts";
import { wholeWay } from "../support/wholeWay.ts";

const PEOPLE = {
  es: { rider: person("Elena Ríos", "2111"), driver: { ...person("Diego Soto", "2112"), plate: "ESP 112" } },
  fr: { rider: person("Fanny Roy", "2113"), driver: { ...person("Félix Caron", "2114"), plate: "FRA 114" } },
};

describe.skipIf(!demoCityAvailable)("from sign-up to rated and paid, both apps", () => {
  for (const language of ["es", "fr"] as const) {
    test(`in ${language}`, async ({ browser, openPhone }) => {
      const { rider, driver } = PEOPLE[language];
      const photo = await photograph(browser, { title: "PERMIS DE CONDUIRE", lines: { Name: driver.name, Class: "5" } });
      await wholeWay({ openPhone, language, rider, driver, photo, approve: () => approveDriver(driver.phone) });
    });
  }
});
