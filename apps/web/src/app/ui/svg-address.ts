/** An SVG text as the address of an image: pictures from the server are shown, never run. */
export function svgAddress(svg: string): string {
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
