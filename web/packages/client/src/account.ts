import type { AxiosInstance } from "axios";

import type { components } from "./api";

type Schemas = components["schemas"];

export type Account = Schemas["AccountView"];
export type SignedIn = Schemas["SignedIn"];
export type OpenSession = Schemas["SessionView"];
export type DataExport = Schemas["ExportView"];
export type Deletion = Schemas["DeletionView"];

/** New access token of the same session: what it says of the person has changed. */
export type Renewal = Pick<Schemas["AccessRenewed"], "access_token">;

/** The routes of a person's own account; `http` sends the session's access token. */
export function createAccountApi(http: AxiosInstance, onRenewed: (accessToken: string) => void) {
  const renewed = (renewal: Renewal) => {
    onRenewed(renewal.access_token);
    return renewal;
  };
  return {
    me: async () => (await http.get<Account>("/me")).data,

    verifyPhone: async (code: string) => renewed((await http.post<Renewal>("/auth/phone-verification", { code })).data),
    resendCode: async () => {
      await http.post("/auth/phone-verification/codes");
    },

    requestPasswordReset: async (phone: string) => {
      await http.post("/auth/password-resets", { phone });
    },
    resetPassword: async (reset: { phone: string; code: string; password: string }) => {
      await http.post("/auth/password-resets/confirmation", reset);
    },
    changePassword: async (passwords: { current_password: string; new_password: string }) => renewed((await http.put<Renewal>("/auth/password", passwords)).data),

    sessions: async () => (await http.get<{ items: OpenSession[] }>("/auth/sessions", { params: { limit: 200 } })).data.items,
    endSession: async (id: string) => {
      await http.delete(`/auth/sessions/${encodeURIComponent(id)}`);
    },
    endOtherSessions: async () => {
      await http.delete("/auth/sessions");
    },

    beginTotp: async () => (await http.post<Schemas["TotpSecret"]>("/auth/totp")).data,
    confirmTotp: async (code: string) => {
      const { data } = await http.post<Schemas["TotpConfirmed"]>("/auth/totp/confirmation", { code });
      onRenewed(data.access_token);
      return data.recovery_codes;
    },
    /** Ends all sessions. */
    removeTotp: async () => {
      await http.delete("/auth/totp");
    },
    stepUp: async (code: string) => {
      renewed((await http.post<Renewal>("/auth/step-up", { totp_code: code })).data);
    },

    requestExport: async () => (await http.post<DataExport>("/me/exports")).data,
    exportOf: async (id: string) => (await http.get<DataExport>(`/me/exports/${encodeURIComponent(id)}`)).data,
    archiveOf: async (id: string) => (await http.get<Blob>(`/me/exports/${encodeURIComponent(id)}/archive`, { responseType: "blob", timeout: 120_000 })).data,

    deletion: async () => (await http.get<Deletion>("/me/deletion")).data,
    requestDeletion: async () => (await http.delete<Deletion>("/me")).data,
    keepAccount: async () => {
      await http.delete("/me/deletion");
    },
  };
}

export type AccountApi = ReturnType<typeof createAccountApi>;
