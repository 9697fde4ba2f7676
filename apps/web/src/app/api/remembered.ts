// Small choices kept on this device. Private windows and full disks refuse storage: then nothing is remembered.

export type Remembered =
  | 'language'
  | 'theme'
  | 'city'
  | 'account'
  | 'seat-view'
  | 'tickets'
  | 'gate'
  | 'door-list'
  | 'door-theater'
  | 'door-sound';

export function recall(name: Remembered): string | null {
  try {
    return localStorage.getItem(`poltrona.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: Remembered, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`poltrona.${name}`);
    else localStorage.setItem(`poltrona.${name}`, value);
  } catch {
    // Nothing to do: the choice lasts as long as the page.
  }
}
