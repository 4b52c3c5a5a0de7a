import { Component, type ReactNode } from "react";

import { CrashPage } from "./CrashPage.tsx";

/** Catches what is thrown outside the router, which catches errors of its own routes. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError(): { crashed: boolean } {
    return { crashed: true };
  }

  override render(): ReactNode {
    return this.state.crashed ? <CrashPage /> : this.props.children;
  }
}
