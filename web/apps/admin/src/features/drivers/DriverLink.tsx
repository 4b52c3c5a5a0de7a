import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** A link to the page of a driver. */
export function DriverLink({ driverId, className, children }: { driverId: string; className: string; children: ReactNode }) {
  return (
    <Link to="/drivers/$driverId" params={{ driverId }} className={className}>
      {children}
    </Link>
  );
}
