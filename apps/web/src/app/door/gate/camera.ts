import type { QrReader } from './read-qr.ts';

const LOOK_EVERY_MS = 110; // Nine looks a second: a QR is read before the hand is still, and the battery lasts a shift.
const PICTURE_MAX = 720; // Pixels of the square that is looked at; more costs time and reads no better.

export type CameraRefusal = 'insecure' | 'absent' | 'denied' | 'busy' | 'reader';

export type Camera = { stop(): void; torch: ((on: boolean) => Promise<void>) | null };

/** Opens the back camera into `video` and calls `seen` for each QR. Answers why not, never throws. */
export async function openCamera(
  video: HTMLVideoElement,
  load: () => Promise<QrReader>,
  seen: (text: string) => void,
): Promise<{ camera: Camera } | { refusal: CameraRefusal }> {
  if (!isSecureContext) return { refusal: 'insecure' };
  if (!navigator.mediaDevices) return { refusal: 'absent' };
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: { ideal: 'environment' }, width: { ideal: 1280 }, height: { ideal: 720 } },
      audio: false,
    });
  } catch (error) {
    return { refusal: refusalOf(error) };
  }
  const stopTracks = () => stream.getTracks().forEach((track) => track.stop());
  try {
    video.srcObject = stream;
    await video.play();
    const stopLooking = lookForCodes(video, await load(), seen);
    return {
      camera: {
        torch: torchOf(stream),
        stop() {
          stopLooking();
          stopTracks();
          video.srcObject = null;
        },
      },
    };
  } catch {
    stopTracks();
    return { refusal: 'reader' };
  }
}

function refusalOf(error: unknown): CameraRefusal {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'absent';
}

function lookForCodes(video: HTMLVideoElement, read: QrReader, seen: (text: string) => void): () => void {
  const canvas = document.createElement('canvas');
  const drawing = canvas.getContext('2d', { willReadFrequently: true });
  let stopped = false;
  async function look(): Promise<void> {
    if (stopped || !drawing) return;
    if (document.visibilityState === 'visible' && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
      const side = Math.min(video.videoWidth, video.videoHeight);
      const size = Math.min(side, PICTURE_MAX);
      if (size > 0) {
        canvas.width = size;
        canvas.height = size;
        drawing.drawImage(
          video,
          (video.videoWidth - side) / 2,
          (video.videoHeight - side) / 2,
          side,
          side,
          0,
          0,
          size,
          size,
        );
        const text = await read(drawing.getImageData(0, 0, size, size)).catch(() => null);
        if (text !== null && !stopped) seen(text);
      }
    }
    if (!stopped) setTimeout(() => void look(), LOOK_EVERY_MS);
  }
  void look();
  return () => (stopped = true);
}

function torchOf(stream: MediaStream): Camera['torch'] {
  const track = stream.getVideoTracks()[0];
  const abilities = track?.getCapabilities?.() as { torch?: boolean } | undefined;
  if (!track || !abilities?.torch) return null;
  return (on) => track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
}
