import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { create, type Font } from 'fontkit';
import type PDFDocument from 'pdfkit';
import { assert } from '#platform/fault';

type Doc = InstanceType<typeof PDFDocument>;
type Element = PDFKit.PDFStructureElement;

export const COLOURS = {
  night: '#140f12',
  paper: '#ffffff',
  amber: '#ffb547',
  ink: '#231519',
  soft: '#5f4f50',
  faint: '#6f5f5f',
  line: '#cdbfb2',
  tint: '#fdf0d9',
  onNight: '#f8f1ea',
  onNightSoft: '#c3b4b3',
};

// Official colours (Portaria MJ 502/2021) with the ink that is read on each.
export const RATING_COLOURS: Record<string, [fill: string, ink: string]> = {
  L: ['#0c9447', '#ffffff'],
  '10': ['#0f7dc2', '#ffffff'],
  '12': ['#f8c411', '#1d1d1b'],
  '14': ['#e67824', '#1d1d1b'],
  '16': ['#db2827', '#ffffff'],
  '18': ['#1d1d1b', '#ffffff'],
};

const FONT_FILES = {
  regular: '400Regular/Inter_400Regular.ttf',
  strong: '600SemiBold/Inter_600SemiBold.ttf',
  display: '800ExtraBold/Inter_800ExtraBold.ttf',
};
export type FontName = keyof typeof FONT_FILES;

const fonts = new Map<FontName, Font>();

/**
 * Whole typefaces (Latin, Greek, Cyrillic); a PDF carries only the letters that it uses. Parsed once per process and
 * shared by all documents: reading their tables afresh made a one-page PDF cost 127 ms instead of 27.
 */
export function registerFonts(doc: Doc): void {
  for (const [name, file] of Object.entries(FONT_FILES) as [FontName, string][]) {
    if (!fonts.has(name)) {
      const path = fileURLToPath(import.meta.resolve(`@expo-google-fonts/inter/${file}`));
      const font = create(readFileSync(path));
      assert('layout' in font, `${file} is one font, not a collection`);
      fonts.set(name, font);
    }
    // pdfkit takes a parsed font, its types know only files and bytes.
    doc.registerFont(name, fonts.get(name) as unknown as Uint8Array);
  }
}

export type TextStyle = {
  font: FontName;
  size: number;
  colour: string;
  width?: number;
  /** Longest text in lines; what is beyond ends in an ellipsis. */
  linesMax?: number;
  align?: 'left' | 'center' | 'right';
  spacing?: number;
};

/** Draws on one page so that a screen reader hears it in the order of drawing. */
export function createPage(doc: Doc, parent: Element) {
  const plainText = (text: string, x: number, y: number, style: TextStyle): number => {
    doc.font(style.font).fontSize(style.size).fillColor(style.colour);
    const options = {
      ...(style.width === undefined ? { lineBreak: false } : { width: style.width }),
      ...(style.align ? { align: style.align } : {}),
      ...(style.spacing === undefined ? {} : { characterSpacing: style.spacing }),
      ...(style.linesMax ? { height: style.linesMax * doc.currentLineHeight(true) + 1, ellipsis: true } : {}),
    };
    doc.text(text, x, y, options);
    return style.width === undefined ? y + doc.currentLineHeight() : doc.y;
  };

  const tagged = (type: string, draw: () => void, options: { alt?: string; actual?: string } = {}): void => {
    const element = doc.struct(type, options);
    parent.add(element);
    element.add(doc.markStructureContent(type));
    draw();
    doc.endMarkedContent();
    element.end();
  };

  return {
    doc,
    /** Lines and fills that say nothing: a screen reader passes over them. */
    decoration(draw: () => void): void {
      doc.markContent('Artifact', { type: 'Layout' });
      draw();
      doc.endMarkedContent();
    },
    figure(alt: string, draw: () => void): void {
      tagged('Figure', draw, { alt });
    },
    /** Returns where the text ends, downwards. */
    text(text: string, x: number, y: number, style: TextStyle, type: 'H1' | 'H2' | 'P' = 'P'): number {
      let end = y;
      tagged(type, () => {
        end = plainText(text, x, y, style);
      });
      return end;
    },
    /** A small caption and its value below, read as one sentence. */
    fact(caption: string, value: string, x: number, y: number, style: TextStyle): number {
      let end = y;
      tagged(
        'P',
        () => {
          plainText(caption.toLocaleUpperCase(), x, y, CAPTION);
          end = plainText(value, x, y + 12, style);
        },
        { actual: `${caption}: ${value}` },
      );
      return end;
    },
    /** The largest of `sizes` at which `text` fits into the lines. */
    fittingSize(text: string, font: FontName, sizes: number[], width: number, lines: number): number {
      const fits = sizes.find((size) => {
        doc.font(font).fontSize(size);
        return doc.heightOfString(text, { width }) <= lines * doc.currentLineHeight(true) + 1;
      });
      return fits ?? sizes.at(-1)!;
    },
  };
}
export type Page = ReturnType<typeof createPage>;

export const CAPTION: TextStyle = { font: 'strong', size: 7, colour: COLOURS.faint, spacing: 0.35 };

/** Our mark, drawn in a 24-unit square. */
export function drawMark(doc: Doc, x: number, y: number, side: number): void {
  doc
    .save()
    .translate(x, y)
    .scale(side / 24)
    .translate(-4, -4);
  doc.lineWidth(2.4).lineCap('round').lineJoin('round').strokeColor(COLOURS.amber);
  doc.path('M10 15V9.6A3.6 3.6 0 0 1 13.6 6h4.8A3.6 3.6 0 0 1 22 9.6V15').stroke();
  doc.path('M6.5 16.2v5.3A2.5 2.5 0 0 0 9 24h14a2.5 2.5 0 0 0 2.5-2.5v-5.3').stroke();
  doc.path('M10.4 19h11.2').stroke();
  doc.path('M10 24v2.4M22 24v2.4').stroke();
  doc.restore();
}
