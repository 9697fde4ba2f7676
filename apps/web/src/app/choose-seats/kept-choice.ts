import type { ChosenSeat } from './seat-map-selection.ts';

// What was chosen survives reloads, sign-in and going back, for this tab only: another tab is another wish.

export type KeptChoice = { chosen: readonly ChosenSeat[]; orderId: string | null };

export function recallChoice(screeningId: number): KeptChoice {
  try {
    const text = sessionStorage.getItem(`poltrona.choice.${screeningId}`);
    if (text) return JSON.parse(text) as KeptChoice;
  } catch {
    // Storage refused or spoilt: start with nothing chosen.
  }
  return { chosen: [], orderId: null };
}

export function keepChoice(screeningId: number, choice: KeptChoice): void {
  try {
    sessionStorage.setItem(`poltrona.choice.${screeningId}`, JSON.stringify(choice));
  } catch {
    // The choice lasts as long as the page.
  }
}
