import type { Stripe, StripeElementLocale, StripeElements, StripePaymentElement } from "@stripe/stripe-js";
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

/** Stripe's own words, or a sentence of ours. */
type Problem = { sentence: string } | { code: "formFailed" | "notSaved" };

/** Stripe's own form (Payment Element): the number goes from its frame to Stripe and never comes to us. */
export function StripeCardForm({ publishableKey, clientSecret, onEntered }: StripeCardFormProps) {
  const text = useTranslations("cards");
  const locale = useLocale();
  const place = useRef<HTMLDivElement>(null);
  const form = useRef<{ stripe: Stripe; elements: StripeElements } | null>(null);
  const [ready, setReady] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const language = useRef<StripeElementLocale>("en");
  language.current = locale.slice(0, 2) as StripeElementLocale;

  useEffect(() => {
    let mounted = true;
    let element: StripePaymentElement | null = null;
    loadStripeForm(publishableKey).then(
      (stripe) => {
        if (!mounted || !place.current) return;
        const night = document.documentElement.dataset.theme === "dark";
        const elements = stripe.elements({ clientSecret, locale: language.current, appearance: { theme: night ? "night" : "stripe" } });
        element = elements.create("payment");
        element.mount(place.current);
        form.current = { stripe, elements };
        setReady(true);
      },
      () => {
        if (mounted) setProblem({ code: "formFailed" });
      },
    );
    return () => {
      mounted = false;
      form.current = null;
      element?.destroy();
    };
  }, [publishableKey, clientSecret]);

  // What the person has entered stays when the language changes.
  useEffect(() => {
    form.current?.elements.update({ locale: language.current }).catch(() => undefined);
  }, [locale]);

  async function save() {
    if (!form.current) return;
    setBusy(true);
    setProblem(null);
    try {
      const { error, setupIntent } = await form.current.stripe.confirmSetup({ elements: form.current.elements, confirmParams: { return_url: location.href }, redirect: "if_required" });
      // After a lost response: the card was confirmed by the attempt before.
      const confirmed = error ? (error.setup_intent?.status === "succeeded" ? error.setup_intent : null) : setupIntent;
      if (confirmed) onEntered(confirmed.id);
      else setProblem(error?.message ? { sentence: error.message } : { code: "notSaved" });
    } catch {
      setProblem({ code: "notSaved" }); // the network, or Stripe's frame
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="space-y-4">
      {ready || problem ? null : <Skeleton label={text("adding")} lines={3} />}
      <div ref={place} />
      {problem ? <Notice tone="danger">{"code" in problem ? text(problem.code) : problem.sentence}</Notice> : null}
      <Button size="lg" block busy={busy} disabled={!ready} onClick={() => void save()}>
        {text("add")}
      </Button>
    </div>
  );
}
