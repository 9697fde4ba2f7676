import wasmFile from 'zxing-wasm/reader/zxing_reader.wasm';

export type QrReader = (picture: ImageData) => Promise<string | null>;

type Detected = { rawValue: string };
type Detector = { detect(picture: ImageData): Promise<Detected[]> };
type DetectorClass = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> };

/** The browser's own reader where it has one; else ZXing as WebAssembly, from our own server, loaded only here. */
export async function loadQrReader(): Promise<QrReader> {
  return (await nativeReader()) ?? (await wasmReader());
}

async function nativeReader(): Promise<QrReader | null> {
  const Native = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  if (!Native) return null;
  try {
    // Present but empty on desktops whose system has no reader.
    if (!(await Native.getSupportedFormats()).includes('qr_code')) return null;
    const detector = new Native({ formats: ['qr_code'] });
    return async (picture) => (await detector.detect(picture))[0]?.rawValue ?? null;
  } catch {
    return null;
  }
}

async function wasmReader(): Promise<QrReader> {
  const zxing = await import('zxing-wasm/reader');
  // Without this the package fetches its WebAssembly from a foreign network.
  await zxing.prepareZXingModule({
    overrides: { locateFile: () => new URL(wasmFile, document.baseURI).href },
    fireImmediately: true,
  });
  return async (picture) => {
    const [first] = await zxing.readBarcodes(picture, { formats: ['QRCode'], maxNumberOfSymbols: 1, tryHarder: true });
    return first?.isValid ? first.text : null;
  };
}
