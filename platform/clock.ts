/** The process's clock. Rules about money and seats use database time instead; this is for the edges. */
export type Clock = { now(): Date };

export const systemClock: Clock = { now: () => new Date() };
