import { queryOptions } from "@tanstack/react-query";

import { http, renewAccessToken } from "../session.ts";
import type { DriverApplication, DriverStatement, Vehicle, VehicleForm } from "./types.ts";

export const drivingQueries = {
  all: () => ["driving"] as const,
  application: () =>
    queryOptions({ queryKey: [...drivingQueries.all(), "application"], queryFn: async () => (await http.get<DriverApplication>("/me/driver-application")).data }),
  vehicles: () => queryOptions({ queryKey: [...drivingQueries.all(), "vehicles"], queryFn: async () => (await http.get<{ items: Vehicle[] }>("/me/vehicles")).data.items }),
};

/** Makes a rider a driver too. */
export async function becomeDriver(): Promise<void> {
  const { data } = await http.post<{ access_token: string }>("/me/roles", { role: "driver" });
  renewAccessToken(data.access_token);
}

export const saveStatement = async (statement: DriverStatement) => (await http.put<DriverApplication>("/me/driver-application", statement)).data;

export const submitApplication = async () => (await http.post<DriverApplication>("/me/driver-application/submission")).data;

export const addVehicle = async (vehicle: VehicleForm) => (await http.post<Vehicle>("/me/vehicles", vehicle)).data;

export const removeVehicle = async (id: string): Promise<void> => {
  await http.delete(`/me/vehicles/${encodeURIComponent(id)}`);
};
