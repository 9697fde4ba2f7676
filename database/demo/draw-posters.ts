import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// Draws the posters of the demo programme: shapes and letters of our own, one idea per film.
// Run `node database/demo/draw-posters.ts` after a change; the drawings are kept beside this file.

type Poster = {
  slug: string;
  lines: string[];
  small: string;
  /** Background, ink, accent. */
  colours: [string, string, string];
  face: 'serif' | 'sans' | 'mono';
  size: number;
  art: (ink: string, accent: string) => string;
  anchor?: 'start' | 'middle';
};

const FACES = {
  serif: "Didot,'Bodoni MT','Playfair Display',Georgia,serif",
  sans: "Futura,'Century Gothic','Avenir Next','Helvetica Neue',Arial,sans-serif",
  mono: "'Courier Prime','Courier New',monospace",
};

const times = (count: number, draw: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => draw(i)).join('');
const round = (value: number) => Math.round(value * 10) / 10;
const circle = (x: number, y: number, r: number, paint: string) =>
  `<circle cx="${round(x)}" cy="${round(y)}" r="${round(r)}" ${paint}/>`;
const rect = (x: number, y: number, w: number, h: number, paint: string) =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}" ${paint}/>`;
const path = (d: string, paint: string) => `<path d="${d}" ${paint}/>`;
const fill = (colour: string, opacity = 1) => `fill="${colour}"${opacity < 1 ? ` fill-opacity="${opacity}"` : ''}`;
const line = (colour: string, width: number) => `fill="none" stroke="${colour}" stroke-width="${width}"`;
const polar = (cx: number, cy: number, r: number, degrees: number): [number, number] => [
  round(cx + r * Math.cos((degrees * Math.PI) / 180)),
  round(cy + r * Math.sin((degrees * Math.PI) / 180)),
];

const POSTERS: Poster[] = [
  {
    slug: 'limite',
    lines: ['limite'],
    small: 'Mário Peixoto · 1931',
    colours: ['#e8e2d4', '#1d2a30', '#a3412a'],
    face: 'serif',
    size: 128,
    art: (ink, accent) =>
      circle(300, 250, 92, fill(accent)) +
      times(26, (i) => path(`M0 ${300 + i * 13}q150 ${-18 + i * 1.4} 300 0t300 0`, line(ink, 1 + i * 0.22))) +
      path('M196 520h208l-34 44h-140z', fill(ink)),
  },
  {
    slug: 'nosferatu',
    lines: ['Nosferatu'],
    small: 'uma sinfonia do horror · F. W. Murnau · 1922',
    colours: ['#10130f', '#d9e0c6', '#8f9c6d'],
    face: 'serif',
    size: 104,
    art: (ink, accent) =>
      times(9, (i) => rect(40 + i * 60, 90 + (i % 2) * 14, 40, 610 - (i % 2) * 30, fill(accent, 0.1 + i * 0.02))) +
      path('M330 640c-8-150-4-250 22-330 6-34 34-50 58-40 26 10 32 40 24 66-18 74-20 190-16 304z', fill(ink)) +
      path('M352 420c-60 10-110 54-150 118l-52 8 46 6-56 26 60-8-44 40 60-28c40-60 90-88 140-92z', fill(ink)) +
      path('M366 292l-12-34 22 20zM416 286l20-30-6 38z', fill(ink)),
  },
  {
    slug: 'metropolis',
    lines: ['METRO', 'POLIS'],
    small: 'Fritz Lang · 1927',
    colours: ['#0e1a24', '#e9c46a', '#d98b3a'],
    face: 'sans',
    size: 116,
    art: (ink, accent) =>
      times(24, (i) => path(`M300 250L${polar(300, 250, 620, i * 15).join(' ')}`, line(accent, i % 2 ? 1 : 3))) +
      times(11, (i) => {
        const height = [180, 260, 210, 340, 290, 470, 300, 350, 220, 270, 170][i]!;
        return (
          rect(14 + i * 52, 660 - height, 48, height, fill(i === 5 ? ink : '#1b3143')) +
          times(Math.floor(height / 26), (k) =>
            rect(22 + i * 52, 670 - height + k * 26, 32, 6, fill(i === 5 ? '#0e1a24' : accent, 0.7)),
          )
        );
      }) +
      circle(300, 176, 40, fill(ink)),
  },
  {
    slug: 'caligari',
    lines: ['O gabinete', 'do Dr. Caligari'],
    small: 'Robert Wiene · 1920',
    colours: ['#f1e6cf', '#15110e', '#c2491d'],
    face: 'serif',
    size: 72,
    art: (ink, accent) =>
      path('M60 640L190 120 330 90 250 640z', fill(ink)) +
      path('M300 640L420 60 560 160 500 640z', fill(accent)) +
      path('M210 200l70-20-20 80-66 12zM430 150l60 30-10 90-66-20zM180 380l66-10-10 110-74 6z', fill('#f1e6cf')) +
      path('M0 640L600 560V700H0z', fill(ink)) +
      times(7, (i) => path(`M${i * 90} 700l60-130 14-6-40 136z`, fill('#f1e6cf', 0.9))),
  },
  {
    slug: 'potemkin',
    lines: ['O ENCOURAÇADO', 'POTEMKIN'],
    small: 'Serguei Eisenstein · 1925',
    colours: ['#c8202c', '#fdf6e9', '#14100f'],
    face: 'sans',
    size: 62,
    art: (ink, accent) =>
      times(9, (i) => path(`M0 ${620 - i * 46}L600 ${420 - i * 46}`, line(ink, 9))) +
      circle(360, 300, 130, fill(accent)) +
      circle(360, 300, 92, fill(ink)) +
      circle(360, 300, 62, fill(accent)) +
      path('M-10 700L470 120 520 170 40 720z', fill(accent)),
  },
  {
    slug: 'viagem-a-lua',
    lines: ['Viagem', 'à Lua'],
    small: 'Georges Méliès · 1902',
    colours: ['#172554', '#fbe9b7', '#ef8354'],
    face: 'serif',
    size: 112,
    art: (ink, accent) =>
      times(46, (i) => circle((i * 137.5) % 600, (i * 83.3) % 640, 1 + (i % 3), fill(ink, 0.8))) +
      circle(320, 330, 190, fill(ink)) +
      circle(262, 290, 20, fill('#172554')) +
      path('M240 420q80 54 160 0q-80 90-160 0z', fill('#172554')) +
      path('M360 300l96-150 52 34-96 150q-40 20-52-34z', fill(accent)) +
      path('M470 130l52 34 22-80z', fill('#fff')),
  },
  {
    slug: 'a-general',
    lines: ['A General'],
    small: 'Buster Keaton · Clyde Bruckman · 1926',
    colours: ['#efe7da', '#22313f', '#b5452c'],
    face: 'serif',
    size: 104,
    art: (ink, accent) =>
      times(7, (i) => circle(210 - i * 26, 300 - i * 34, 34 + i * 12, fill(ink, 0.12))) +
      rect(170, 400, 260, 110, fill(ink)) +
      rect(410, 330, 110, 180, fill(accent)) +
      rect(196, 320, 44, 90, fill(ink)) +
      path('M170 510l-70 60h90zM180 320h76l-14-30h-48z', fill(ink)) +
      times(4, (i) => circle(210 + i * 92, 556, 46, line(ink, 12)) + circle(210 + i * 92, 556, 9, fill(accent))) +
      rect(0, 606, 600, 8, fill(ink)) +
      times(16, (i) => rect(6 + i * 38, 622, 24, 10, fill(ink))),
  },
  {
    slug: 'sherlock-jr',
    lines: ['Sherlock', 'Jr.'],
    small: 'Buster Keaton · 1924',
    colours: ['#f4c430', '#1b1b1b', '#fffaf0'],
    face: 'sans',
    size: 116,
    art: (ink, accent) =>
      path('M70 120L520 40 560 560 90 520z', fill(accent)) +
      path('M70 120L520 40 560 560 90 520z', line(ink, 10)) +
      circle(300, 290, 130, line(ink, 26)) +
      path('M392 384L530 540', line(ink, 34)) +
      path('M215 250h170l-18-74H232z M190 250h220v18H190z', fill(ink)),
  },
  {
    slug: 'o-garoto',
    lines: ['O garoto'],
    small: 'Charles Chaplin · 1921',
    colours: ['#dfe7e4', '#27302f', '#d1603d'],
    face: 'serif',
    size: 116,
    art: (ink, accent) =>
      rect(80, 110, 440, 540, fill('#c3cfca')) +
      rect(220, 220, 160, 430, fill('#27302f', 0.16)) +
      circle(270, 300, 60, fill(ink)) +
      rect(196, 270, 148, 16, fill(ink)) +
      rect(222, 200, 96, 80, fill(ink)) +
      path('M200 650q0-230 70-260 70 30 70 260z', fill(ink)) +
      circle(392, 490, 36, fill(accent)) +
      path('M346 650q0-110 46-124 46 14 46 124z', fill(accent)) +
      path('M350 478q42-54 84 0l16 6H336z', fill(ink)),
  },
  {
    slug: 'ganga-bruta',
    lines: ['GANGA', 'BRUTA'],
    small: 'Humberto Mauro · 1933',
    colours: ['#20382c', '#f0dfb8', '#d9772b'],
    face: 'sans',
    size: 124,
    art: (ink, accent) =>
      circle(300, 300, 180, fill(accent)) +
      times(7, (i) =>
        path(
          `M300 640C${120 + i * 60} ${520 - (i % 3) * 30} ${40 + i * 86} ${320 - (i % 2) * 60} ${20 + i * 93} ${180 + Math.abs(3 - i) * 40}`,
          line(i % 2 ? ink : '#2f5c46', 14),
        ),
      ) +
      path('M210 640l90-130 90 130z', fill(ink)),
  },
  {
    slug: 'fantasma-da-opera',
    lines: ['O fantasma', 'da ópera'],
    small: 'Rupert Julian · 1925',
    colours: ['#2b0d14', '#f6e7d7', '#b3122c'],
    face: 'serif',
    size: 88,
    art: (ink, accent) =>
      times(
        6,
        (i) =>
          path(`M${i * 50 - 10} 0q20 330-30 690h70q30-360 0-690z`, fill(accent, 0.9 - i * 0.1)) +
          path(`M${610 - i * 50} 0q-20 330 30 690h-70q-30-360 0-690z`, fill(accent, 0.9 - i * 0.1)),
      ) +
      path('M190 220q110-70 220 0 10 190-60 300-50 50-100 0-70-110-60-300z', fill(ink)) +
      path('M222 320q40-34 66 8-34 26-66-8zM378 320q-40-34-66 8 34 26 66-8z', fill('#2b0d14')) +
      path('M300 350l-18 76h36zM262 470q38-16 76 0-38 34-76 0z', fill('#2b0d14')),
  },
  {
    slug: 'joana-darc',
    lines: ['A paixão de', "Joana d'Arc"],
    small: 'Carl Theodor Dreyer · 1928',
    colours: ['#f7f4ee', '#2a2a2a', '#c96f3b'],
    face: 'serif',
    size: 84,
    art: (ink, accent) =>
      times(5, (i) =>
        path(
          `M300 ${110 + i * 60}C${170 + i * 20} ${300 + i * 40} ${160 + i * 26} 520 300 640C${440 - i * 26} 520 ${430 - i * 20} ${300 + i * 40} 300 ${110 + i * 60}z`,
          fill(i % 2 ? '#f7f4ee' : accent, 1 - i * 0.08),
        ),
      ) +
      rect(294, 300, 12, 330, fill(ink)) +
      rect(240, 380, 120, 12, fill(ink)),
  },
  {
    slug: 'homem-com-uma-camera',
    lines: ['UM HOMEM', 'COM UMA', 'CÂMERA'],
    small: 'Dziga Vertov · 1929',
    colours: ['#f2efe6', '#121212', '#e3342f'],
    face: 'sans',
    size: 76,
    art: (ink, accent) =>
      circle(300, 270, 210, fill(ink)) +
      circle(300, 270, 168, fill('#f2efe6')) +
      circle(300, 270, 130, fill(accent)) +
      circle(300, 270, 78, fill(ink)) +
      circle(336, 236, 22, fill('#f2efe6')) +
      times(12, (i) => path(`M300 270L${polar(300, 270, 210, i * 30 + 8).join(' ')}`, line(ink, 5))) +
      path('M270 470h60l120 150h-40L300 520 190 620h-40z', fill(ink)),
  },
  {
    slug: 'aurora',
    lines: ['Aurora'],
    small: 'F. W. Murnau · 1927',
    colours: ['#f7d9c4', '#3b2a4a', '#ef6f52'],
    face: 'serif',
    size: 140,
    art: (ink, accent) =>
      times(8, (i) => circle(300, 470, 360 - i * 42, fill(accent, 0.1 + i * 0.05))) +
      rect(0, 470, 600, 220, fill(ink)) +
      times(12, (i) => rect(300 - (150 - i * 11), 486 + i * 16, (150 - i * 11) * 2, 4, fill('#f7d9c4', 0.75))) +
      path('M246 520q60 34 124 0l-16 30h-92zM304 440l6 84h-6z', fill('#1f1528')),
  },
  {
    slug: 'homem-mosca',
    lines: ['O homem', 'mosca'],
    small: 'Fred Newmeyer · Sam Taylor · 1923',
    colours: ['#bfe0e2', '#1e2c3a', '#e0533d'],
    face: 'sans',
    size: 108,
    art: (ink, accent) =>
      path('M330 0h270v690H330z', fill('#e9e2d3')) +
      times(20, (i) => rect(370 + (i % 2) * 110, 30 + Math.floor(i / 2) * 66, 70, 40, fill(ink, 0.5))) +
      circle(330, 290, 140, fill('#fff')) +
      circle(330, 290, 140, line(ink, 16)) +
      times(12, (i) => circle(...polar(330, 290, 112, i * 30), 7, fill(ink))) +
      path('M330 290l-78 56', line(ink, 14)) +
      path('M330 290l-20-96', line(ink, 10)) +
      path('M252 346q-14 60-6 120l-26 70 20 8 34-70 20 76 22-6-18-90 4-92z', fill(accent)) +
      circle(256, 346, 20, fill(accent)),
  },
  {
    slug: 'fausto',
    lines: ['Fausto'],
    small: 'F. W. Murnau · 1926',
    colours: ['#1a1622', '#f1d9a7', '#c7512e'],
    face: 'serif',
    size: 140,
    art: (ink, accent) =>
      path(
        'M300 90C120 150 20 360 0 640h130c20-90 60-140 90-150l20-90 60 60 60-60 20 90c30 10 70 60 90 150h130C580 360 480 150 300 90z',
        fill('#0c0912'),
      ) +
      path('M250 300l34 26h32l34-26-12 60h-76z', fill(accent)) +
      times(
        15,
        (i) =>
          rect(30 + i * 37, 640 - (i % 4) * 16, 26, 60 + (i % 4) * 16, fill(ink, 0.9)) +
          path(`M${30 + i * 37} ${640 - (i % 4) * 16}l13-22 13 22z`, fill(ink, 0.9)),
      ),
  },
  {
    slug: 'em-busca-do-ouro',
    lines: ['Em busca', 'do ouro'],
    small: 'Charles Chaplin · 1925',
    colours: ['#eaf1f6', '#26323d', '#e0a526'],
    face: 'serif',
    size: 104,
    art: (ink, accent) =>
      path('M0 690L190 240l90 170 90-250 230 530z', fill(ink)) +
      path('M190 240l-60 142 46-30 30 40 44-40zM370 160l-66 182 50-34 34 50 36-44 42 30z', fill('#fff')) +
      times(11, (i) => circle(60 + i * 50, 560 + (i % 3) * 34, 8 + (i % 4) * 3, fill(accent))) +
      times(30, (i) => circle((i * 97) % 600, (i * 61) % 420, 3, fill(ink, 0.25))),
  },
  {
    slug: 'principe-achmed',
    lines: ['As aventuras do', 'príncipe Achmed'],
    small: 'Lotte Reiniger · 1926',
    colours: ['#0d3b4f', '#fbe6c2', '#e27d3f'],
    face: 'serif',
    size: 70,
    art: (ink, accent) =>
      circle(410, 200, 110, fill(ink)) +
      circle(370, 180, 100, fill('#0d3b4f')) +
      times(20, (i) => circle((i * 113) % 600, (i * 71) % 420, 2 + (i % 2), fill(ink))) +
      path(
        'M60 640v-150q0-60 50-90 50 30 50 90v150zM210 640V400q0-90 90-140 90 50 90 140v240zM440 640v-130q0-60 50-90 50 30 50 90v130z',
        fill('#071f2b'),
      ) +
      path('M110 400v-40M300 260v-60M490 420v-40', line('#071f2b', 8)) +
      path('M120 250q90-60 170-10 60 10 70-30 20 60-40 74-40 60-110 40l-30 40 4-50q-40-20-64-64z', fill(accent)),
  },
];

function draw(poster: Poster): string {
  const [background, ink, accent] = poster.colours;
  const x = poster.anchor === 'start' ? 40 : 300;
  const anchor = poster.anchor ?? 'middle';
  const lowest = 828;
  const top = lowest - (poster.lines.length - 1) * poster.size * 0.94;
  // The art keeps away from the letters, and moves up as much as they need.
  const paper = Math.min(700, top - poster.size * 0.86);
  const words = poster.lines.map((text, index) => {
    const y = top + index * poster.size * 0.94;
    return `<text x="${x}" y="${round(y)}" font-size="${poster.size}">${text}</text>`;
  });
  // Letters differ from machine to machine: the width is bound so that a title never leaves its paper.
  const bound = words.map((word, index) => {
    const length = poster.lines[index]!.length * poster.size * 0.6;
    return length > 500 ? word.replace('<text ', '<text textLength="520" lengthAdjust="spacingAndGlyphs" ') : word;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 900" role="img" aria-label="${poster.lines.join(' ')}">
<clipPath id="c"><path d="M0 0h600v${round(paper)}H0z"/></clipPath>
<rect width="600" height="900" fill="${background}"/>
<g clip-path="url(#c)"><g transform="translate(0 ${round(paper - 700)})">${poster.art(ink, accent)}</g></g>
<g fill="${ink}" text-anchor="${anchor}" font-family="${FACES[poster.face]}" font-weight="${poster.face === 'sans' ? 800 : 500}">
${bound.join('\n')}
<text x="${x}" y="876" font-size="19" font-weight="500" letter-spacing="2">${poster.small}</text>
</g>
</svg>
`;
}

for (const poster of POSTERS) {
  await writeFile(join(import.meta.dirname, 'posters', `${poster.slug}.svg`), draw(poster));
}
