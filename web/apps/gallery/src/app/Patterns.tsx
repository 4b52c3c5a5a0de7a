import { AlertDialog } from "@supportcarr/ui/AlertDialog";
import { Avatar } from "@supportcarr/ui/Avatar";
import { BottomSheet, type Snap } from "@supportcarr/ui/BottomSheet";
import { Button } from "@supportcarr/ui/Button";
import { Chip } from "@supportcarr/ui/Chip";
import { Countdown } from "@supportcarr/ui/Countdown";
import { EmptyState } from "@supportcarr/ui/EmptyState";
import { ErrorState } from "@supportcarr/ui/ErrorState";
import { Notice } from "@supportcarr/ui/Notice";
import { OfflineBanner } from "@supportcarr/ui/OfflineBanner";
import { PriceLines } from "@supportcarr/ui/PriceLines";
import { Skeleton } from "@supportcarr/ui/Skeleton";
import { SlideToConfirm } from "@supportcarr/ui/SlideToConfirm";
import { StarInput } from "@supportcarr/ui/StarInput";
import { Stars } from "@supportcarr/ui/Stars";
import { StepProgress } from "@supportcarr/ui/StepProgress";
import { TabBar } from "@supportcarr/ui/TabBar";
import { Timeline } from "@supportcarr/ui/Timeline";
import { showToast } from "@supportcarr/ui/toasts";
import { Bell, Clock, History, House, MessageCircle, Phone, Truck, UserRound } from "lucide-react";
import { useState } from "react";

import { texts } from "../lib/texts.ts";
import { Section } from "./Section.tsx";

const { price, progress, offer, sheet, states, messages, tabs } = texts;
const OFFER_S = 20;

export const Price = () => (
  <Section title={texts.sections.price}>
    <PriceLines
      lines={[
        { label: price.base, amount: "$9.00" },
        { label: price.distance, detail: price.distanceDetail, amount: "$11.40" },
        { label: price.demand, detail: price.demandDetail, amount: "$4.10" },
      ]}
      total={{ label: price.total, detail: price.tax, amount: "$24.50" }}
    />
  </Section>
);

export const Progress = () => (
  <Section title={texts.sections.progress}>
    <StepProgress steps={5} current={3} />
    <div className="mt-6">
      <Timeline
        label={progress.label}
        steps={progress.steps.map(([key = "", title = "", detail = "", state = "ahead"]) => ({ key, title, detail, state: state as "done" | "current" | "ahead" }))}
      />
    </div>
  </Section>
);

export function Offer() {
  const [endsAt] = useState(() => Date.now() + OFFER_S * 1_000);
  const [accepted, setAccepted] = useState(false);
  return (
    <Section title={texts.sections.offer}>
      <div className="flex items-center gap-4">
        <div className="min-w-0 flex-1">
          <p className="font-semibold">{offer.title}</p>
          <p className="display mt-1 text-3xl leading-tight font-extrabold tabular-nums">{offer.pay}</p>
          <p className="mt-1 text-sm text-(--muted)">{offer.facts}</p>
        </div>
        <Countdown endsAt={endsAt} total={OFFER_S} label={offer.left} className="size-24 shrink-0" />
      </div>
      <div className="mt-5 space-y-2">
        <SlideToConfirm label={offer.accept} busy={accepted} onConfirm={() => setAccepted(true)} />
        <Button variant="quiet" block onClick={() => setAccepted(false)}>
          {offer.decline}
        </Button>
      </div>
    </Section>
  );
}

/** Streets of no city, so that the sheet has something under it. */
const MapGround = () => (
  <svg viewBox="0 0 400 420" preserveAspectRatio="xMidYMid slice" className="absolute inset-0 size-full bg-(--selected)" aria-hidden="true">
    <g fill="none" stroke="var(--surface)" strokeWidth="13" strokeLinecap="round">
      <path d="M-20 90 420 40M-20 200 420 150M-20 320 420 270M60 -20 110 440M190 -20 240 440M320 -20 370 440" />
    </g>
    <path d="M84 81 97 187 226 172 232 225" fill="none" stroke="var(--accent)" strokeWidth="5" strokeLinejoin="round" />
    <circle cx="84" cy="81" r="11" fill="var(--signal)" stroke="var(--surface)" strokeWidth="4" />
    <circle cx="232" cy="225" r="9" fill="var(--accent)" stroke="var(--surface)" strokeWidth="4" />
  </svg>
);

export function SheetOverMap() {
  const [snap, setSnap] = useState<Snap>("half");
  return (
    <Section title={texts.sections.sheet}>
      <div className="relative h-112 overflow-hidden rounded-2xl border border-(--border)">
        <MapGround />
        <BottomSheet label={sheet.label} snap={snap} onSnap={setSnap}>
          <div className="flex items-center gap-3">
            <Avatar name={sheet.name} />
            <div className="min-w-0 flex-1">
              <p className="font-semibold">{sheet.name}</p>
              <p className="text-sm text-(--muted)">{sheet.vehicle}</p>
            </div>
          </div>
          <div className="mt-4 flex flex-wrap items-center gap-2">
            <Chip icon={<Clock className="size-4" />}>{sheet.eta}</Chip>
            <Chip icon={<Truck className="size-4" />}>{sheet.pin}</Chip>
          </div>
          <div className="mt-4 grid grid-cols-2 gap-2">
            <Button variant="secondary" icon={<MessageCircle className="size-5" />}>
              {sheet.message}
            </Button>
            <Button icon={<Phone className="size-5" />}>{sheet.call}</Button>
          </div>
        </BottomSheet>
      </div>
      <div className="mt-4 overflow-hidden rounded-2xl border border-(--border)">
        <TabBar
          label={tabs.label}
          items={[
            { to: "#home", label: tabs.home, icon: <House className="size-5" /> },
            { to: "#history", label: tabs.history, icon: <History className="size-5" /> },
            { to: "#inbox", label: tabs.inbox, icon: <Bell className="size-5" />, badge: 3 },
            { to: "#account", label: tabs.account, icon: <UserRound className="size-5" /> },
          ]}
          renderLink={({ to }, className, children) => (
            <a key={to} href={to} className={className} {...(to === "#home" ? { "aria-current": "page" } : {})}>
              {children}
            </a>
          )}
        />
      </div>
    </Section>
  );
}

const UNREACHABLE = new Error("offline");

export const States = () => (
  <Section title={texts.sections.states} wide>
    <div className="grid gap-4 lg:grid-cols-2">
      <EmptyState icon={<History />} title={states.empty} action={<Button variant="secondary">{states.emptyAction}</Button>}>
        {states.emptyAbout}
      </EmptyState>
      <ErrorState error={UNREACHABLE} onRetry={() => undefined} />
      <Skeleton label={states.loading} />
      <div className="space-y-3">
        <div className="overflow-hidden rounded-card">
          <OfflineBanner />
        </div>
        <Notice tone="success">{messages.success}</Notice>
        <Notice tone="warning">{messages.dialogBody}</Notice>
        <Notice tone="info">{messages.info}</Notice>
      </div>
    </div>
  </Section>
);

export function Messages() {
  const [asking, setAsking] = useState(false);
  const [stars, setStars] = useState(4);
  return (
    <Section title={texts.sections.messages}>
      <div className="flex flex-wrap gap-2">
        {(["success", "info", "danger"] as const).map((tone) => (
          <Button key={tone} variant="secondary" onClick={() => showToast({ tone, message: messages[tone] })}>
            {messages[tone]}
          </Button>
        ))}
        <Button variant="quiet" onClick={() => setAsking(true)}>
          {messages.open}
        </Button>
      </div>
      <div className="mt-4 text-center">
        <p className="font-semibold">{messages.rate}</p>
        <StarInput label={messages.rate} value={stars} onChange={setStars} />
        <Stars stars={4} label={messages.rate} />
      </div>
      {asking ? (
        <AlertDialog
          danger
          title={messages.dialogTitle}
          body={messages.dialogBody}
          confirm={messages.confirm}
          cancel={messages.cancel}
          onConfirm={() => setAsking(false)}
          onCancel={() => setAsking(false)}
        />
      ) : null}
    </Section>
  );
}
