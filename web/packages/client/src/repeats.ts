import { AxiosError, type AxiosInstance, type InternalAxiosRequestConfig } from "axios";

/** What makes something new each time that it is sent, unless it has a key; requests that give their own key are left alone. */
const CREATES = [/^\/quotes$/, /^\/me\/(places|bikes|vehicles|exports|payment-methods)$/, /^\/rescues\/[^/]+\/share-links$/, /^\/auth\/sign-up$/, /^\/admin\/partners(\/[^/]+\/keys)?$/];

const HEADER = "Idempotency-Key";

/** The marker is a string key because Axios copies a request's config key by key and drops symbols. */
type KeyedRequest = InternalAxiosRequestConfig & { repeated?: string };

/** Whether the platform may have carried out a request that failed so: there was no answer, or not its own. */
const isUnknown = (error: unknown): boolean => {
  const status = error instanceof AxiosError ? (error.response?.status ?? 0) : 0;
  return status === 0 || status === 408 || status === 409 || status >= 500;
};

/**
 * Gives requests that create something an Idempotency-Key.  If nobody knows what became of one, the same request again,
 * by the person who presses once more, has the same key: the platform carries it out once.
 */
export function keepKeys(http: AxiosInstance): void {
  const keys = new Map<string, string>();
  http.interceptors.request.use((request: KeyedRequest) => {
    if (request.method !== "post" || request.headers.has(HEADER) || !CREATES.some((path) => path.test(request.url ?? ""))) return request;
    const what = JSON.stringify([request.url, request.data]);
    const key = keys.get(what) ?? crypto.randomUUID();
    keys.set(what, key);
    request.headers.set(HEADER, key);
    request.repeated = what;
    return request;
  });
  const forget = (request: KeyedRequest | undefined) => {
    if (request?.repeated !== undefined) keys.delete(request.repeated);
  };
  http.interceptors.response.use(
    (response) => {
      forget(response.config);
      return response;
    },
    (error: unknown) => {
      if (error instanceof AxiosError && !isUnknown(error) && error.response?.status !== 401) forget(error.config); // after 401 it is sent again
      throw error;
    },
  );
}
