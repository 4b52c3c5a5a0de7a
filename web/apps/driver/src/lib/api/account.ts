import { phoneApp } from "../session.ts";

export const { account, accountQueries, becomeDriver } = phoneApp;
