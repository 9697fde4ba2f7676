declare module 'base45' {
  export function encode(bytes: Uint8Array): string;
  /** Lenient: takes characters and sizes that no encoder makes. Encode again and compare. */
  export function decode(text: string): Buffer;
}
