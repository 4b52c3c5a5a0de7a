import type { Tokens } from "@supportcarr/client/src/http.ts";
import axios from "axios";

interface SignedIn extends Tokens {
  user: { roles: string[] };
}

/** The account is a rider's or a driver's. */
export class NotAnOperator extends Error {}

const OPERATORS = new Set(["admin", "support"]);

/** Signs in an operator; a session of anybody else is ended again at once. */
export async function openSession(credentials: { phone: string; password: string }): Promise<Tokens> {
  const { data } = await axios.post<SignedIn>("/api/v1/auth/sign-in", credentials);
  const { access_token, refresh_token } = data;
  if (data.user.roles.some((role) => OPERATORS.has(role))) return { access_token, refresh_token };
  await axios
    .post("/api/v1/auth/sign-out", null, { headers: { Authorization: `Bearer ${access_token}` } })
    .catch(() => undefined); // it ends by itself as well
  throw new NotAnOperator();
}
