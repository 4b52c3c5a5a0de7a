import { type LinkProps, useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";

import type { AppLink } from "./createPhoneApp.ts";

/** For the router's components, whose types know the paths of one app only. */
export const linkProps = ({ to, params }: AppLink): LinkProps => ({ to, params }) as unknown as LinkProps;

/** Opens a screen of the app. */
export function useGoTo(): (link: AppLink) => Promise<void> {
  const navigate = useNavigate();
  return useCallback(({ to, params }: AppLink) => navigate({ to, params } as never), [navigate]);
}
