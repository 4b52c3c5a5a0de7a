const REVOKE_MS = 60_000; // iPhones ask first, and read the file when that was answered

/** Gives the person a file, as a link to it would. */
export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
}
