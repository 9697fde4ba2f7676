/** Keeps the screen lit while the gate is open. The lock is lost when the page is hidden, so it is taken again. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let over = false;
  async function take(): Promise<void> {
    if (over || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    // Refused on low battery: then the screen sleeps as it always did.
    lock = await navigator.wakeLock.request('screen').catch(() => undefined);
    if (over) void lock?.release();
  }
  const again = () => void take();
  document.addEventListener('visibilitychange', again);
  void take();
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', again);
    void lock?.release();
  };
}
