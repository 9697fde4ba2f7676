/**
 * Two fingers on `element`, or the wheel with Ctrl (which a track pad's pinch sends): calls `zoom` with the factor
 * since last time and the point between the fingers. One finger scrolls as ever.
 */
export function followPinch(element: HTMLElement, zoom: (factor: number, x: number, y: number) => void): () => void {
  let apart = 0;

  function onStart(event: TouchEvent): void {
    if (event.touches.length === 2) apart = spread(event.touches);
  }
  function onMove(event: TouchEvent): void {
    if (event.touches.length !== 2 || apart === 0) return;
    event.preventDefault();
    const now = spread(event.touches);
    const [a, b] = [event.touches[0]!, event.touches[1]!];
    zoom(now / apart, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
    apart = now;
  }
  function onEnd(): void {
    apart = 0;
  }
  function onWheel(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 180), event.clientX, event.clientY);
  }

  element.addEventListener('touchstart', onStart, { passive: true });
  element.addEventListener('touchmove', onMove, { passive: false });
  element.addEventListener('touchend', onEnd, { passive: true });
  element.addEventListener('wheel', onWheel, { passive: false });
  return () => {
    element.removeEventListener('touchstart', onStart);
    element.removeEventListener('touchmove', onMove);
    element.removeEventListener('touchend', onEnd);
    element.removeEventListener('wheel', onWheel);
  };
}

function spread(touches: TouchList): number {
  const [a, b] = [touches[0]!, touches[1]!];
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
}
