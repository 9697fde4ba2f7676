/** A poster made from nothing but the title: the same title always gives the same picture. */
export type PosterArt = {
  ground: string;
  deep: string;
  shape: string;
  glow: string;
  ink: string;
  motif: number;
  turn: number;
  lines: string[];
  fontSize: number;
};

// Five colours each: ground, deep, shape, glow, ink. Ink on ground is at least 4.5:1 in every row.
const PALETTES: readonly (readonly [string, string, string, string, string])[] = [
  ['#3b0f1c', '#1c060d', '#d8355f', '#ffb547', '#fff3e4'],
  ['#0f2a3d', '#06121c', '#2f9fb8', '#ffd27a', '#eef9ff'],
  ['#2a1a45', '#120a22', '#8a5cf0', '#ff9a76', '#f7f0ff'],
  ['#12352c', '#07170f', '#3fae7d', '#f6d365', '#effff6'],
  ['#4a1f0a', '#200c03', '#f0763b', '#ffe08a', '#fff4e6'],
  ['#1a1f3d', '#090b1c', '#5570e8', '#ff7fa8', '#eef1ff'],
  ['#3d2b10', '#1a1104', '#d9a02c', '#fff0b8', '#fff8e8'],
  ['#3a1233', '#19061a', '#d14fb0', '#ffc38a', '#fff0fb'],
  ['#20302f', '#0b1413', '#7fb8a6', '#ff8d5c', '#f1fffb'],
  ['#2b2b30', '#111114', '#c9c2b8', '#ff5a4f', '#fbf7f2'],
];

export const POSTER_MOTIFS = 8;
const LINES_MAX = 5;
const TEXT_WIDTH = 164; // Of the poster's 200.
const TEXT_HEIGHT = 88; // Below the picture; lines are 1.06 of the font size apart.
const GLYPH_WIDTH = 0.64; // Of the font size, for Inter at weight 800 in capitals and lower case mixed.

export function posterArt(title: string): PosterArt {
  const hash = hashOf(title);
  const palette = PALETTES[hash % PALETTES.length]!;
  const { lines, fontSize } = setTitle(title);
  return {
    ground: palette[0],
    deep: palette[1],
    shape: palette[2],
    glow: palette[3],
    ink: palette[4],
    motif: Math.floor(hash / 16) % POSTER_MOTIFS,
    turn: (Math.floor(hash / 512) % 7) - 3,
    lines,
    fontSize,
  };
}

/** The largest size at which the words fit into at most five lines without breaking one. */
function setTitle(title: string): { lines: string[]; fontSize: number } {
  const words = title.trim().split(/\s+/);
  for (let fontSize = 38; fontSize >= 9; fontSize -= 1) {
    const lines = wrap(words, Math.floor(TEXT_WIDTH / (fontSize * GLYPH_WIDTH)));
    if (lines && lines.length <= Math.min(LINES_MAX, Math.floor(TEXT_HEIGHT / fontSize))) return { lines, fontSize };
  }
  return { lines: [`${title.slice(0, 18)}…`], fontSize: 13 };
}

function wrap(words: readonly string[], perLine: number): string[] | null {
  const lines: string[] = [];
  for (const word of words) {
    if (word.length > perLine) return null;
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= perLine) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}
