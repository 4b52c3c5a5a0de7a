import { endSession, TIMEOUT_MS } from "@supportcarr/client/http";
import { appHeader } from "@supportcarr/client/webSession";
import axios from "axios";

interface SignInResponse {
  access_token: string;
  user: { roles: string[] };
}

/** The account is a rider's or a driver's. */
export class NotAnOperatorError extends Error {}

const OPERATOR_ROLES = new Set(["admin", "support"]);

/** Signs in an operator and returns the access token; for any other account the new session is ended again immediately. */
export async function signInOperator(credentials: { phone: string; password: string; totp_code?: string }): Promise<string> {
  const { data } = await axios.post<SignInResponse>("/api/v1/auth/sign-in", credentials, { timeout: TIMEOUT_MS, headers: appHeader("admin") });
  if (data.user.roles.some((role) => OPERATOR_ROLES.has(role))) return data.access_token;
  await endSession("admin", data.access_token);
  throw new NotAnOperatorError();
}
