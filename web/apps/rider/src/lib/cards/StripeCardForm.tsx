import type { StripeElements, Stripe } from "@stripe/stripe-js";
import { Button } from "@supportcarr/ui/Button";
import { Notice } from "@supportcarr/ui/Notice";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { useEffect, useRef, useState } from "react";
import { useLocale, useTranslations } from "use-intl";

import { loadStripeForm } from "./stripeForm.ts";

interface StripeCardFormProps {
  publishableKey: string;
  clientSecret: string;
  /** The card was entered, and confirmed if the bank wanted that. */
  onEntered: (setupIntent: string) => void;
}

/** Stripe's own form (Payment Element): the number goes from its frame to Stripe and never comes to us. */
export function StripeCardForm({ publishableKey, clientSecret, onEntered }: StripeCardFormProps) {
  const text = useTranslations("cards");
  const locale = useLocale();
  const place = useRef<HTMLDivElement>(null);
  const form = useRef<{ stripe: Stripe; elements: StripeElements } | null>(null);
  const [ready, setReady] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    let mounted = true;
    loadStripeForm(publishableKey).then(
      (stripe) => {
        if (!mounted || !place.current) return;
        const night = document.documentElement.dataset.theme === "dark";
        const elements = stripe.elements({ clientSecret, locale: locale.slice(0, 2) as "en", appearance: { theme: night ? "night" : "stripe" } });
        elements.create("payment").mount(place.current);
        form.current = { stripe, elements };
        setReady(true);
      },
      () => setProblem(text("formFailed")),
    );
    return () => {
      mounted = false;
    };
  }, [publishableKey, clientSecret, locale, text]);

  async function save() {
    if (!form.current) return;
    setBusy(true);
    setProblem(null);
    try {
      const { error, setupIntent } = await form.current.stripe.confirmSetup({ elements: form.current.elements, confirmParams: { return_url: location.href }, redirect: "if_required" });
      if (error) setProblem(error.message ?? text("formFailed"));
      else onEntered(setupIntent.id);
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="space-y-4">
      {ready || problem ? null : <Skeleton label={text("adding")} lines={3} />}
      <div ref={place} />
      {problem ? <Notice tone="danger">{problem}</Notice> : null}
      <Button size="lg" block busy={busy} disabled={!ready} onClick={() => void save()}>
        {text("add")}
      </Button>
    </div>
  );
}
