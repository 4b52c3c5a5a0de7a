import { createStepUp, repeatAfterStepUp } from "@supportcarr/client/stepUp";

import { ownAccount } from "./api/ownAccount.ts";
import { http } from "./session.ts";

/** Money and roles need a fresh code of the operator's authenticator app. */
export const stepUp = createStepUp(ownAccount.stepUp);
repeatAfterStepUp(http, stepUp);
