import { create } from "zustand";

export interface ToastMessage {
  tone: "success" | "danger" | "info";
  message: string;
}

export interface ShownToast extends ToastMessage {
  id: number;
}

/** The messages that are shown now. */
export const useToasts = create<{ toasts: readonly ShownToast[] }>(() => ({ toasts: [] }));

let last = 0;

/** Shows a message for some seconds. */
export function showToast(toast: ToastMessage): void {
  last += 1;
  const id = last;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), { ...toast, id }] }));
}

export const dismissToast = (id: number): void => useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((shown) => shown.id !== id) }));

export const useToast = () => showToast;
