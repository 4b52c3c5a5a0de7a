import { createStepUp, repeatAfterStepUp } from "@supportcarr/client/stepUp";

import { account } from "./api/account.ts";
import { http } from "./session.ts";

export const stepUp = createStepUp(account.stepUp);
repeatAfterStepUp(http, stepUp);
