import { phoneApp } from "../session.ts";

export const { notificationQueries } = phoneApp;
