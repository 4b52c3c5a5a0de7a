/** The last characters of an id, enough to tell rescues apart at a glance: the riders' receipts and the console have the same. */
export const shortId = (id: string): string => id.slice(-6).toUpperCase();
