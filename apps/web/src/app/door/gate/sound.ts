import type { Tone } from './verdict-look.ts';

type Note = { hertz: number; at: number; seconds: number; shape: OscillatorType };

// Told apart without looking and by rhythm too, for who does not hear pitch: one rise, two knocks, one long low buzz.
const TUNES: Record<Tone, readonly Note[]> = {
  go: [
    { hertz: 880, at: 0, seconds: 0.09, shape: 'sine' },
    { hertz: 1318, at: 0.1, seconds: 0.14, shape: 'sine' },
  ],
  check: [
    { hertz: 660, at: 0, seconds: 0.12, shape: 'triangle' },
    { hertz: 660, at: 0.2, seconds: 0.12, shape: 'triangle' },
  ],
  stop: [{ hertz: 150, at: 0, seconds: 0.55, shape: 'sawtooth' }],
  none: [
    { hertz: 300, at: 0, seconds: 0.15, shape: 'square' },
    { hertz: 220, at: 0.2, seconds: 0.25, shape: 'square' },
  ],
};

const TREMBLES: Record<Tone, number[]> = { go: [70], check: [90, 90, 90], stop: [450], none: [60, 60, 60, 60, 60] };

const LOUDNESS = 0.35;

/** Beeps without files. Browsers allow sound only after a touch or key, so `wake` is called from one. */
export function createSound() {
  let context: AudioContext | undefined;
  return {
    wake(): void {
      context ??= typeof AudioContext === 'undefined' ? undefined : new AudioContext();
      if (context?.state === 'suspended') void context.resume();
    },
    play(tone: Tone, loud: boolean): void {
      if ('vibrate' in navigator) navigator.vibrate(TREMBLES[tone]);
      if (!context || !loud) return;
      for (const note of TUNES[tone]) playNote(context, note);
    },
    async close(): Promise<void> {
      await context?.close();
    },
  };
}

function playNote(context: AudioContext, note: Note): void {
  const start = context.currentTime + note.at;
  const tone = context.createOscillator();
  const gain = context.createGain();
  tone.type = note.shape;
  tone.frequency.value = note.hertz;
  // A short slope at both ends: without it each note clicks.
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(LOUDNESS, start + 0.01);
  gain.gain.setValueAtTime(LOUDNESS, start + note.seconds - 0.03);
  gain.gain.linearRampToValueAtTime(0, start + note.seconds);
  tone.connect(gain).connect(context.destination);
  tone.start(start);
  tone.stop(start + note.seconds);
}
