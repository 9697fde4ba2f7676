/** The process's clock. Rules about money and expiry use database time instead; this is for the edges. */
export type Clock = { now(): Date };

export const systemClock: Clock = { now: () => new Date() };
