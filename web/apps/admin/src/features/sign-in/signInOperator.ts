import type { Tokens } from "@supportcarr/client/http";
import axios from "axios";

interface SignInResponse extends Tokens {
  user: { roles: string[] };
}

/** The account is a rider's or a driver's. */
export class NotAnOperatorError extends Error {}

const OPERATOR_ROLES = new Set(["admin", "support"]);

/** Signs in an operator; for any other account the new session is ended again immediately. */
export async function signInOperator(credentials: { phone: string; password: string; totp_code?: string }): Promise<Tokens> {
  const { data } = await axios.post<SignInResponse>("/api/v1/auth/sign-in", credentials);
  const { access_token, refresh_token } = data;
  if (data.user.roles.some((role) => OPERATOR_ROLES.has(role))) return { access_token, refresh_token };
  await axios
    .post("/api/v1/auth/sign-out", null, { headers: { Authorization: `Bearer ${access_token}` } })
    .catch(() => undefined); // the session also ends when its refresh token expires
  throw new NotAnOperatorError();
}
