import { create } from "zustand";

export interface ToastMessage {
  tone: "success" | "danger" | "info";
  message: string;
}

const useToasts = create<{ toasts: readonly (ToastMessage & { id: number })[] }>(() => ({ toasts: [] }));
let last = 0;

function show(toast: ToastMessage): void {
  last += 1;
  const id = last;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts, { ...toast, id }] }));
  setTimeout(() => useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((shown) => shown.id !== id) })), 6_000);
}

export const useToast = () => show;

export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div aria-live="polite" className="pointer-events-none fixed inset-x-4 top-4 z-50 mx-auto flex max-w-md flex-col gap-2">
      {toasts.map(({ id, message, tone }) => (
        <p key={id} className={`rounded-xl px-4 py-3 text-sm text-white shadow-lg ${tone === "danger" ? "bg-rose-800" : "bg-[#0b2b2f]"}`}>{message}</p>
      ))}
    </div>
  );
}
