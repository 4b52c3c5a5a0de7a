import { Badge, type Tone } from "@supportcarr/ui/Badge";
import { Button } from "@supportcarr/ui/Button";
import { Fact, Facts } from "@supportcarr/ui/Facts";

import type { PartnerKey } from "../../lib/api/types.ts";
import { formatDate, formatDateTime } from "../../lib/format.ts";
import { texts } from "../../lib/texts.ts";
import { isUsable, keyState, type KeyState } from "./keyState.ts";

const text = texts.partners;

const TONES: Record<KeyState, Tone> = { active: "success", expiring: "warning", ending: "info", expired: "neutral", revoked: "neutral" };

interface KeyCardProps {
  apiKey: PartnerKey;
  /** The key that takes its place. */
  successor: PartnerKey | undefined;
  onRotate: () => void;
  onRevoke: () => void;
}

/** One key: what it may do, how long it works, when it was used. */
export function KeyCard({ apiKey, successor, onRotate, onRevoke }: KeyCardProps) {
  const state = keyState(apiKey, Date.now());
  const usable = isUsable(state);
  return (
    <li aria-label={apiKey.prefix} className={`rounded-xl border border-(--border) p-4 ${usable ? "bg-(--surface)" : ""}`}>
      <div className="flex flex-wrap items-center gap-2">
        <code className="mr-auto text-sm font-semibold wrap-anywhere">{apiKey.prefix}…</code>
        <Badge tone={apiKey.mode === "live" ? "warning" : "neutral"}>{text.modes[apiKey.mode].label}</Badge>
        <Badge tone={TONES[state]}>{text.keyStates[state]}</Badge>
      </div>
      <p className="mt-2 text-sm">{apiKey.scopes.map((scope) => text.scopeNames[scope] ?? scope).join(" · ")}</p>
      <div className="mt-3 flex flex-wrap items-end justify-between gap-4">
        <Facts>
          <Fact name={text.created}>{formatDate(apiKey.created_at)}</Fact>
          <Fact name={text.lastUsed}>{apiKey.last_used_at ? formatDateTime(apiKey.last_used_at) : text.neverUsed}</Fact>
          {apiKey.revoked_at ? (
            <Fact name={text.revokedAt}>{formatDateTime(apiKey.revoked_at)}</Fact>
          ) : (
            <Fact name={state === "expired" ? text.expired : text.expires}>{apiKey.expires_at ? formatDateTime(apiKey.expires_at) : text.never}</Fact>
          )}
        </Facts>
        {usable ? (
          <div className="flex gap-2">
            {apiKey.rotated_to ? null : (
              <Button variant="secondary" className="py-1.5! text-sm" aria-label={text.rotateKey(apiKey.prefix)} onClick={onRotate}>
                {text.rotate}
              </Button>
            )}
            <Button variant="secondary" className="py-1.5! text-sm" aria-label={text.revokeKey(apiKey.prefix)} onClick={onRevoke}>
              {text.revoke}
            </Button>
          </div>
        ) : null}
      </div>
      {successor ? <p className="mt-2 text-sm text-(--muted)">{text.replacedBy(successor.prefix)}</p> : null}
    </li>
  );
}
